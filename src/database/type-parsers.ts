import { types } from 'pg';

/** Of `2026-11-21 18:05:09+00` and of `2026-11-21 18:05:09.123+00`. */
const LENGTHS = [22, 26];

/**
 * pg's parsers, but for times in UTC, of which a page has hundreds: where each digit stands is known, and to read them there
 * takes a third of the time.
 */
export const getTypeParser: typeof types.getTypeParser = (type, format) => {
  const parse = types.getTypeParser(type, format) as (text: string) => unknown;
  if (type !== types.builtins.TIMESTAMPTZ || format === 'binary') return parse;
  return (text: string) => (isCommon(text) ? parseCommon(text) : parse(text));
};

/** Of the years from 1000 to 9999, with all digits or none of milliseconds. */
function isCommon(text: string): boolean {
  return LENGTHS.includes(text.length) && text.endsWith('+00') && !text.startsWith('0');
}

function parseCommon(text: string): Date {
  const milliseconds = text.length === LENGTHS[0] ? 0 : digit(text, 20) * 100 + twoDigits(text, 21);
  return new Date(
    Date.UTC(
      twoDigits(text, 0) * 100 + twoDigits(text, 2),
      twoDigits(text, 5) - 1,
      twoDigits(text, 8),
      twoDigits(text, 11),
      twoDigits(text, 14),
      twoDigits(text, 17),
      milliseconds,
    ),
  );
}

function digit(text: string, index: number): number {
  return text.charCodeAt(index) - 48;
}

function twoDigits(text: string, index: number): number {
  return digit(text, index) * 10 + digit(text, index + 1);
}
