import { parseValue } from 'graphql';
import { DateTime } from '../../../../src/graphql/scalars/date-time.scalar.js';

function parse(input: unknown): string {
  return DateTime.parseValue(input).toISOString();
}

describe('the DateTime scalar', () => {
  it.each([
    ['2019-04-29T23:01:18.280Z', '2019-04-29T23:01:18.280Z'],
    ['2019-04-29t23:01:18z', '2019-04-29T23:01:18.000Z'],
    ['2019-04-30T01:01:18.28+02:00', '2019-04-29T23:01:18.280Z'],
    ['2019-04-29T19:31:18.28-03:30', '2019-04-29T23:01:18.280Z'],
    ['2020-02-29T00:00:00-00:00', '2020-02-29T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('reads %s', (text, instant) => {
    expect(parse(text)).toBe(instant);
    expect(DateTime.parseLiteral(parseValue(JSON.stringify(text))).toISOString()).toBe(instant);
  });

  it('cuts off what is finer than a millisecond, before 1970 too', () => {
    expect(parse('2019-04-29T23:01:18.280999Z')).toBe('2019-04-29T23:01:18.280Z');
    expect(parse('1969-12-31T23:59:59.999999999Z')).toBe('1969-12-31T23:59:59.999Z');
  });

  it.each([
    ['a day alone', '2019-04-29'],
    ['a time without offset', '2019-04-29T23:01:18'],
    ['a time without seconds', '2019-04-29T23:01Z'],
    ['a space for the T', '2019-04-29 23:01:18Z'],
    ['a day that does not exist', '2019-02-29T00:00:00Z'],
    ['the hour 24', '2019-04-29T24:00:00Z'],
    ['the second 60', '2016-12-31T23:59:60Z'],
    ['an offset of 24 hours', '2019-04-29T00:00:00+24:00'],
    ['an offset of 60 minutes', '2019-04-29T00:00:00+01:60'],
    ['the year 0', '0000-01-01T00:00:00Z'],
    ['a year 0 by its offset', '0001-01-01T00:00:00+01:00'],
    ['a year 10000 by its offset', '9999-12-31T23:59:59-01:00'],
    ['a year of five digits', '+10000-01-01T00:00:00Z'],
    ['text around a time', ' 2019-04-29T23:01:18Z'],
    ['a line end after a time', '2019-04-29T23:01:18Z\n'],
    ['a fraction without digits', '2019-04-29T23:01:18.Z'],
    ['digits of another script', '２019-04-29T23:01:18Z'],
    ['a number', 1_556_578_878_280],
    ['a list', ['2019-04-29T23:01:18Z']],
    ['null', null],
    ['the empty text', ''],
  ])('refuses %s and says what would be right', (_name, input) => {
    expect(() => DateTime.parseValue(input)).toThrow(/^DateTime: a time with offset as in RFC 3339, such as "2019-/);
  });

  it('refuses a literal that is no string, and tells where it is', () => {
    const literal = parseValue('1556578878280');
    expect(() => DateTime.parseLiteral(literal)).toThrow(expect.objectContaining({ nodes: [literal] }));
  });

  it('does not repeat a long wrong text as a whole', () => {
    expect(() => DateTime.parseValue('9'.repeat(100_000))).toThrow(/^.{1,200}$/);
  });

  it('shows dates and milliseconds in UTC, and refuses to show anything else', () => {
    expect(DateTime.serialize(new Date(1_556_578_878_280))).toBe('2019-04-29T23:01:18.280Z');
    expect(DateTime.serialize(1_556_578_878_280)).toBe('2019-04-29T23:01:18.280Z');
    expect(() => DateTime.serialize('yesterday')).toThrow('no time');
    expect(() => DateTime.serialize(new Date(Number.NaN))).toThrow(RangeError);
  });
});
