import { GraphQLError, GraphQLScalarType, Kind, print, type ValueNode } from 'graphql';

const FORM = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const MINUTE_MS = 60_000;

/**
 * An instant, exact to the millisecond; further digits are cut off, never rounded, so that a time is never later than
 * the one given.
 */
export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: [
    'An instant as text in the form of RFC 3339. On input the offset from UTC is required and any offset is accepted:',
    '`2019-04-29T23:01:18.280Z` or `2019-04-30T01:01:18.280+02:00`. Output is in UTC and always has three digits of',
    'milliseconds. Times are kept to the millisecond: further digits are cut off. Years 0001 to 9999. Anything else',
    'is an error.',
  ].join('\n'),
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  parseValue(value) {
    if (typeof value !== 'string') throw wrong(JSON.stringify(value) ?? String(value));
    return parseDateTime(value);
  },
  parseLiteral(node) {
    if (node.kind !== Kind.STRING) throw wrong(print(node), undefined, node);
    return parseDateTime(node.value, node);
  },
  /** Rows carry dates; the read model of attributes carries milliseconds since 1970. */
  serialize(value) {
    const time = typeof value === 'number' ? new Date(value) : value;
    if (!(time instanceof Date)) throw new TypeError('DateTime cannot show a value that is no time');
    return time.toISOString();
  },
});

function parseDateTime(text: string, node?: ValueNode): Date {
  const refuse = (reason?: string) => wrong(JSON.stringify(text), reason, node);
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

function wrong(shown: string, reason?: string, node?: ValueNode): GraphQLError {
  const got = shown.length > 60 ? `${shown.slice(0, 60)}...` : shown;
  const form = 'a time with offset as in RFC 3339, such as "2019-04-29T23:01:18.280Z"';
  return new GraphQLError(`DateTime: ${form}, got ${got}${reason === undefined ? '' : `: ${reason}`}`, { nodes: node });
}
