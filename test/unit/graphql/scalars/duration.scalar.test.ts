import { parseValue } from 'graphql';
import { Duration } from '../../../../src/graphql/scalars/duration.scalar.js';

const DAY_MS = 86_400_000;

describe('the Duration scalar', () => {
  it.each([
    ['P1W', 7 * DAY_MS],
    ['P7D', 7 * DAY_MS],
    ['P1W2D', 9 * DAY_MS],
    ['PT15M', 900_000],
    ['P1DT12H', 1.5 * DAY_MS],
    ['PT36H', 1.5 * DAY_MS],
    ['P1DT1H1M1.5S', DAY_MS + 3_661_500],
    ['PT0,5S', 500],
    ['PT0.001999S', 1],
    ['P36525D', 36_525 * DAY_MS],
  ])('reads %s', (text, milliseconds) => {
    expect(Duration.parseValue(text)).toBe(milliseconds);
    expect(Duration.parseLiteral(parseValue(JSON.stringify(text)))).toBe(milliseconds);
  });

  it.each(['P1Y', 'P1M', 'P1Y2M3D', 'P2MT5M', '-P1Y', 'p1m'])(
    'refuses %s, because years and months have no fixed length',
    (text) => {
      expect(() => Duration.parseValue(text)).toThrow('no fixed length');
    },
  );

  it.each(['PT0S', 'P0D', 'PT0.0009S', '-P1D'])('refuses %s, which is not positive', (text) => {
    expect(() => Duration.parseValue(text)).toThrow(/at least a millisecond|must be positive/);
  });

  it.each(['P36525DT0.001S', 'P99999999999999999999D'])('refuses %s, which is over 100 years', (text) => {
    expect(() => Duration.parseValue(text)).toThrow('at most 100 years');
  });

  it.each([
    ['P alone', 'P'],
    ['a T without a part', 'P1DT'],
    ['hours without T', 'P1H'],
    ['the wrong order', 'P1D1W'],
    ['a fraction of hours', 'PT1.5H'],
    ['a part twice', 'P1D1D'],
    ['small letters', 'p1d'],
    ['text around it', ' P1D'],
    ['a line end after it', 'P1D\n'],
    ['plain words', '7 days'],
    ['a number', 5],
    ['null', null],
    ['the empty text', ''],
  ])('refuses %s and says what would be right', (_name, input) => {
    expect(() => Duration.parseValue(input)).toThrow(/^Duration: an ISO 8601 duration such as "P7D" or "PT15M", got /);
  });

  it('tells where a wrong literal is', () => {
    const literal = parseValue('"P1M"');
    expect(() => Duration.parseLiteral(literal)).toThrow(expect.objectContaining({ nodes: [literal] }));
  });

  it('does not repeat a long wrong text as a whole', () => {
    expect(() => Duration.parseValue(`P${'1'.repeat(100_000)}X`)).toThrow(/^.{1,200}$/);
  });

  it.each(['P7D', 'PT15M', 'P1DT12H', 'PT0.5S', 'P1DT1H1M1.001S'])('shows %s as it was read', (text) => {
    expect(Duration.serialize(Duration.parseValue(text))).toBe(text);
  });
});
