import { shorten } from './text.js';

const FORM = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const MINUTE_MS = 60_000;
const LONGEST_SHOWN = 60;

/**
 * An instant in the form of RFC 3339, exact to the millisecond; further digits are cut off, never rounded, so that a time
 * is never later than the one given. Throws a RangeError that says what would be right.
 */
export function parseDateTime(text: string): Date {
  const refuse = (reason?: string) => notADateTime(JSON.stringify(text), reason);
  const [, day, clock, fraction = '', sign, offsetHours = '00', offsetMinutes = '00'] = FORM.exec(text) ?? [];
  if (day === undefined || clock === undefined) throw refuse();
  const local = `${day}T${clock}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
  const localTime = new Date(local);
  // Date turns 30 February into 2 March; only a day and a clock that exist come back as they went in.
  if (Number.isNaN(localTime.getTime()) || localTime.toISOString() !== local) {
    throw refuse('there is no such day or time of day');
  }
  if (Number(offsetHours) > 23 || Number(offsetMinutes) > 59) {
    throw refuse('offsets run from -23:59 to +23:59');
  }
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * MINUTE_MS;
  const time = new Date(localTime.getTime() + (sign === '-' ? offset : -offset));
  const year = time.getUTCFullYear();
  if (year < 1 || year > 9999) throw refuse('years run from 0001 to 9999 in UTC');
  return time;
}

/** What to tell whoever gave something else; `shown` is that in his own words. */
export function notADateTime(shown: string, reason?: string): RangeError {
  const form = 'a time with offset as in RFC 3339, such as "2019-04-29T23:01:18.280Z"';
  const got = shorten(shown, LONGEST_SHOWN);
  return new RangeError(`${form}, got ${got}${reason === undefined ? '' : `: ${reason}`}`);
}
