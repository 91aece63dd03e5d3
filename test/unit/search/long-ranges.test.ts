import * as fc from 'fast-check';
import { LongRanges, rangeOf } from '../../../src/search/shapes/long-ranges.js';

/** Few numbers, so that ends meet. */
const number = fc.integer({ min: -3, max: 3 });
const comparison = fc.record({ operator: fc.constantFrom('gt', 'gte', 'lt', 'lte'), value: number });
const tests = fc.array(comparison, { minLength: 1, maxLength: 3 });

const HOLDS = {
  gt: (a: number, b: number) => a > b,
  gte: (a: number, b: number) => a >= b,
  lt: (a: number, b: number) => a < b,
  lte: (a: number, b: number) => a <= b,
};

function countOf(values: readonly number[], asked: readonly { operator: keyof typeof HOLDS; value: number }[]): number {
  return values.filter((one) => asked.every(({ operator, value }) => HOLDS[operator](one, value))).length;
}

test('what is known of ranges never says more than there is, and all that was counted within', () => {
  fc.assert(
    fc.property(
      fc.array(number, { maxLength: 50 }),
      fc.array(tests, { maxLength: 10 }),
      tests,
      (values, counted, asked) => {
        const known = new LongRanges();
        counted.forEach((one) =>
          known.remember('n', { range: rangeOf({ tests: one })!, count: countOf(values, one), countedAtMs: 0 }),
        );
        const least = known.leastOf('n', rangeOf({ tests: asked })!, 0);
        expect(least).toBeLessThanOrEqual(countOf(values, asked));
        const [again] = counted;
        if (again !== undefined) expect(known.leastOf('n', rangeOf({ tests: again })!, 0)).toBe(countOf(values, again));
      },
    ),
  );
});

test('a range tells of those that contain it, of the same numbers, for as long as it is asked to', () => {
  const known = new LongRanges();
  const above = (value: number) => rangeOf({ tests: [{ operator: 'gt', value }] })!;
  known.remember('temperature', { range: above(50), count: 2_000, countedAtMs: 1_000 });
  expect(known.leastOf('temperature', above(49), 1_000)).toBe(2_000);
  expect(known.leastOf('temperature', above(50), 1_000)).toBe(2_000);
  expect(known.leastOf('temperature', above(51), 1_000)).toBe(0);
  expect(known.leastOf('temperature', rangeOf({ tests: [{ operator: 'lt', value: 60 }] })!, 1_000)).toBe(0);
  expect(known.leastOf('humidity', above(49), 1_000)).toBe(0);
  expect(known.leastOf('temperature', above(49), 1_001)).toBe(0);
});

test.each([
  [[{ operator: 'in', values: [1] }]],
  [[{ operator: 'gt', value: '1' }]],
  [[{ operator: 'startsWith', value: '1' }]],
  [
    [
      { operator: 'gt', value: 1 },
      { operator: 'in', values: [2, 3] },
    ],
  ],
] as const)('%j is not a range of numbers', (others) => {
  expect(rangeOf({ tests: others })).toBeUndefined();
});
