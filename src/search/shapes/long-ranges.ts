/** Ranges of which it is known that they have many devices: whatever contains one has as many. */
import type { AttributeFilter } from '../compile-filter.js';

/** Numbers between two ends, which belong to it or not. */
export interface NumberRange {
  readonly low: number;
  readonly hasLow: boolean;
  readonly high: number;
  readonly hasHigh: boolean;
}

/** What all tests leave of the numbers; undefined if one of them is not a comparison with a number. */
export function rangeOf({ tests }: Pick<AttributeFilter, 'tests'>): NumberRange | undefined {
  let range: NumberRange = { low: -Infinity, hasLow: true, high: Infinity, hasHigh: true };
  for (const test of tests) {
    if (!('value' in test) || typeof test.value !== 'number') return undefined;
    const { operator, value } = test;
    const isLow = operator === 'gt' || operator === 'gte';
    const has = operator === 'gte' || operator === 'lte';
    range = isLow ? fromLow(range, value, has) : fromHigh(range, value, has);
  }
  return range;
}

function fromLow(range: NumberRange, low: number, hasLow: boolean): NumberRange {
  return low < range.low || (low === range.low && !range.hasLow) ? range : { ...range, low, hasLow };
}

function fromHigh(range: NumberRange, high: number, hasHigh: boolean): NumberRange {
  return high > range.high || (high === range.high && !range.hasHigh) ? range : { ...range, high, hasHigh };
}

function contains(outer: NumberRange, inner: NumberRange): boolean {
  return (
    (outer.low < inner.low || (outer.low === inner.low && (outer.hasLow || !inner.hasLow))) &&
    (outer.high > inner.high || (outer.high === inner.high && (outer.hasHigh || !inner.hasHigh)))
  );
}

interface LongRange {
  readonly range: NumberRange;
  /** It has so many devices at least. */
  readonly count: number;
  readonly countedAtMs: number;
}

/** Of the numbers under one name; the newest are kept. */
const MAX_RANGES = 16;
/** Names, of which the oldest are forgotten. */
const MAX_NAMES = 2_000;

export class LongRanges {
  /** By what numbers are meant; the oldest first. */
  readonly #known = new Map<string, readonly LongRange[]>();

  /** How many devices `range` of these numbers has at least, by what has been counted since. */
  leastOf(numbers: string, range: NumberRange, sinceMs: number): number {
    const known = this.#known.get(numbers) ?? [];
    const within = known.filter((one) => one.countedAtMs >= sinceMs && contains(range, one.range));
    return Math.max(0, ...within.map(({ count }) => count));
  }

  remember(numbers: string, counted: LongRange): void {
    const { range, count } = counted;
    // What they tell, the new one tells too, and for longer.
    const others = (this.#known.get(numbers) ?? []).filter((one) => one.count > count || !contains(one.range, range));
    this.#known.delete(numbers);
    this.#known.set(numbers, [...others.slice(1 - MAX_RANGES), counted]);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_NAMES) break;
      this.#known.delete(oldest);
    }
  }
}
