import * as fc from 'fast-check';
import { isExactInteger, parseJson } from '../../../src/model/json.js';
import { runs } from '../../support/property.js';

describe('parseJson', () => {
  test('reads whatever JSON.parse reads, as it does, but for integers beyond 2^53', () => {
    // Beyond 1e21 JavaScript itself writes an exponent.
    const isTooLarge = (value: unknown) =>
      typeof value === 'number' && Number.isInteger(value) && Math.abs(value) > 2 ** 53 && Math.abs(value) < 1e21;
    const reference = (text: string): unknown =>
      JSON.parse(text, (_, value: unknown) => (isTooLarge(value) ? Math.sign(Number(value)) * Infinity : value));
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJson(text)).toEqual(reference(text));
        // A long run of digits makes it look twice.
        const withDigits = `[${text}, "1234567890123456789", 9007199254740992]`;
        expect(parseJson(withDigits)).toEqual(reference(withDigits));
      }),
      runs(300),
    );
  });

  test.each([
    ['9007199254740992', 2 ** 53],
    ['-9007199254740992', -(2 ** 53)],
    ['9007199254740993', Infinity],
    ['-9007199254740993', -Infinity],
    ['12345678901234567890', Infinity],
    ['[1, -12345678901234567890]', [1, -Infinity]],
    ['{"a":12345678901234567890}', { a: Infinity }],
    ['"12345678901234567890"', '12345678901234567890'],
    ['"\\"12345678901234567890"', '"12345678901234567890'],
    ['["\\\\",12345678901234567890]', ['\\', Infinity]],
    ['{"12345678901234567890":1}', { '12345678901234567890': 1 }],
    ['0.12345678901234567890', Number('0.12345678901234567890')],
    ['12345678901234567890.5', Number('12345678901234567890.5')],
    ['12345678901234567890e-5', Number('12345678901234567890e-5')],
    ['1e0000000000000000001', 10],
    ['1234567890123456e1', 12345678901234560],
  ])('reads %s without rounding', (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  test.each([
    '00000000000000000001',
    '-00000000000000000001',
    '12345678901234567890x',
    '1234567890123456.',
    '1234567890123456--1',
    '"12345678901234567890',
    '"\\',
    '--12345678901234567890',
    '+12345678901234567890',
    '[12345678901234567890',
  ])('refuses %s, which is not JSON', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  // Each of these took minutes to hours, and blocks everybody, if characters are read again and again.
  test.each([
    ['digits that turn out to be no integer', `${'1'.repeat(1_000_000)}.5`],
    ['escaped quotes without an end', `"${'\\"'.repeat(1_000_000)}1234567890123456`],
    ['quotes', `[${'"",'.repeat(300_000)}"1234567890123456"]`],
    ['signs', `1234567890123456${'-'.repeat(1_000_000)}`],
    ['digits of one integer', '9'.repeat(2_000_000)],
  ])('reads each character once: %s', (_, text) => {
    let outcome: unknown;
    try {
      outcome = parseJson(text);
    } catch (error) {
      outcome = error;
    }
    expect(outcome instanceof SyntaxError || typeof outcome === 'number' || Array.isArray(outcome)).toBe(true);
  });
});

test('isExactInteger holds up to 2^53 on either side of zero', () => {
  const limit = 2n ** 53n;
  expect([limit, -limit, 0n].map(isExactInteger)).toEqual([true, true, true]);
  expect([limit + 1n, -limit - 1n].map(isExactInteger)).toEqual([false, false]);
});
