import { GraphQLError, GraphQLScalarType, Kind, print, type ValueNode } from 'graphql';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** A hundred years of 365.25 days. */
const LONGEST_MS = 36_525 * DAY_MS;

const FORM = /^P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,](\d+))?S)?)?$/;
const YEARS_OR_MONTHS = /^[+-]?P[^T]*\d[YM]/i;

/** A length of time in milliseconds. */
export const Duration = new GraphQLScalarType<number, string>({
  name: 'Duration',
  description: [
    'A length of time as text in the form of ISO 8601: `P7D` is seven days, `PT15M` fifteen minutes, `P1DT12H` a day and',
    'a half, `PT0.5S` half a second. Weeks, days, hours, minutes and seconds, in this order; only seconds may have a',
    'fraction, of which milliseconds count. A day is 24 hours. Years and months are refused, because their length',
    'varies: write days. At least one millisecond, at most 100 years (`P36525D`).',
  ].join('\n'),
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339#appendix-A',
  parseValue(value) {
    if (typeof value !== 'string') throw wrong(JSON.stringify(value) ?? String(value));
    return parseDuration(value);
  },
  parseLiteral(node) {
    if (node.kind !== Kind.STRING) throw wrong(print(node), undefined, node);
    return parseDuration(node.value, node);
  },
  serialize(value) {
    if (typeof value !== 'number')
      throw new TypeError('Duration cannot show a value that is no number of milliseconds');
    return printDuration(value);
  },
});

function parseDuration(text: string, node?: ValueNode): number {
  const refuse = (reason?: string) => wrong(JSON.stringify(text), reason, node);
  if (YEARS_OR_MONTHS.test(text)) {
    throw refuse('years and months have no fixed length, write days, such as "P30D" or "P365D"');
  }
  if (/^-P/i.test(text)) throw refuse('it must be positive');
  const parts = FORM.exec(text);
  if (parts === null) throw refuse();
  const [weeks, days, hours, minutes, seconds] = parts.slice(1, 6).map((digits) => Number(digits ?? 0));
  const milliseconds = Number((parts[6] ?? '').slice(0, 3).padEnd(3, '0'));
  const total =
    (weeks ?? 0) * WEEK_MS +
    (days ?? 0) * DAY_MS +
    (hours ?? 0) * HOUR_MS +
    (minutes ?? 0) * MINUTE_MS +
    (seconds ?? 0) * SECOND_MS +
    milliseconds;
  if (total < 1) throw refuse('it must be at least a millisecond');
  if (total > LONGEST_MS) throw refuse('it must be at most 100 years, "P36525D"');
  return total;
}

/** The shortest form that parses back to the same milliseconds. */
function printDuration(totalMs: number): string {
  const days = Math.floor(totalMs / DAY_MS);
  const hours = Math.floor((totalMs % DAY_MS) / HOUR_MS);
  const minutes = Math.floor((totalMs % HOUR_MS) / MINUTE_MS);
  const seconds = (totalMs % MINUTE_MS) / SECOND_MS;
  const clock = [hours > 0 ? `${hours}H` : '', minutes > 0 ? `${minutes}M` : '', seconds > 0 ? `${seconds}S` : ''].join(
    '',
  );
  return `P${days > 0 ? `${days}D` : ''}${clock === '' ? '' : `T${clock}`}`;
}

function wrong(shown: string, reason?: string, node?: ValueNode): GraphQLError {
  const got = shown.length > 60 ? `${shown.slice(0, 60)}...` : shown;
  const form = 'an ISO 8601 duration such as "P7D" or "PT15M"';
  return new GraphQLError(`Duration: ${form}, got ${got}${reason === undefined ? '' : `: ${reason}`}`, { nodes: node });
}
