import { badInput, limitExceeded } from '../errors.js';

/**
 * Text from outside that the database can keep: no NUL (which Postgres refuses), no unpaired surrogate (which has no
 * UTF-8 form). Throws BAD_USER_INPUT naming `field`.
 */
export function parseText(input: unknown, field: string): string {
  if (typeof input !== 'string') throw badInput(field, `a string, got ${describe(input)}`);
  if (input.includes('\0')) throw badInput(field, 'must not contain the character NUL (U+0000)');
  if (!input.isWellFormed()) throw badInput(field, 'must not contain an unpaired surrogate');
  return input;
}

/** Text of 1 to `most` Unicode characters. */
export function parseShortText(input: unknown, field: string, most: number): string {
  const text = parseText(input, field);
  if (text === '') throw badInput(field, `must have 1 to ${most} characters, got none`);
  // UTF-16 units are at least as many as characters, so most texts need no count.
  if (text.length > most && [...text].length > most) {
    throw limitExceeded(field, `at most ${most} characters, got ${[...text].length}`);
  }
  return text;
}

/** Text of at most `most` bytes in UTF-8; may be empty. */
export function parseTextOfBytes(input: unknown, field: string, most: number): string {
  const text = parseText(input, field);
  const bytes = text.length * 3 > most ? Buffer.byteLength(text) : 0;
  if (bytes > most) throw limitExceeded(field, `at most ${most} bytes in UTF-8, got ${bytes}`);
  return text;
}

/** What a wrong value is, in the words of JSON: "an array", "null", "a number". */
export function describe(input: unknown): string {
  if (input === null) return 'null';
  if (Array.isArray(input)) return 'an array';
  if (typeof input === 'object') return 'an object';
  if (input === undefined) return 'nothing';
  return `a ${typeof input}`;
}

/** For reading, where what is echoed may be as long as the request. */
export function shorten(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}
