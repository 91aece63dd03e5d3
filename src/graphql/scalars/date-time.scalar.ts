import { GraphQLError, GraphQLScalarType, Kind, print, type ValueNode } from 'graphql';
import { notADateTime, parseDateTime } from '../../model/date-time.js';

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
    if (typeof value !== 'string') throw wrong(notADateTime(JSON.stringify(value) ?? String(value)));
    return parse(value);
  },
  parseLiteral(node) {
    if (node.kind !== Kind.STRING) throw wrong(notADateTime(print(node)), node);
    return parse(node.value, node);
  },
  /** Rows carry dates; the read model of attributes carries milliseconds since 1970. */
  serialize(value) {
    const time = typeof value === 'number' ? new Date(value) : value;
    if (!(time instanceof Date)) throw new TypeError('DateTime cannot show a value that is no time');
    return time.toISOString();
  },
});

function parse(text: string, node?: ValueNode): Date {
  try {
    return parseDateTime(text);
  } catch (fault) {
    throw wrong(fault, node);
  }
}

function wrong(fault: unknown, node?: ValueNode): GraphQLError {
  return new GraphQLError(`DateTime: ${fault instanceof Error ? fault.message : String(fault)}`, { nodes: node });
}
