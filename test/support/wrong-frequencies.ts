import type { Executor } from '../../src/database/query.js';
import { type CountedList, Frequencies, type Frequency } from '../../src/search/shapes/frequencies.js';
import type { StoredFixture } from './fixtures.js';
import type { FilterInput } from './matches.js';

/** Says of each list, whatever it has, that it is rare or that it goes beyond any bound. */
export class WrongFrequencies extends Frequencies {
  readonly #seed: number;

  constructor(seed: number) {
    super();
    this.#seed = seed;
  }

  override async count(_executor: Executor, lists: readonly CountedList[], bound: number): Promise<Frequency[]> {
    return lists.map((_, index) => {
      const isBound = ((this.#seed >>> (index % 30)) & 1) === 1;
      return { count: isBound ? bound : (this.#seed + index * 37) % 400, isBound };
    });
  }

  override async ofProject(): Promise<number> {
    return this.#seed % 2_000_000;
  }
}

/** Says of each list that it goes beyond any bound. */
export const ALL_MANY = new WrongFrequencies(2 ** 30 - 1);

/** Filters that each ask for the devices of one list. */
export function listFilters(devices: readonly StoredFixture[]): FilterInput[] {
  const boolean = devices.flatMap(({ attributes }) => attributes).find(({ value }) => typeof value === 'boolean');
  if (boolean === undefined) throw new Error('no device has a boolean');
  const { name, scope, source } = boolean;
  return [
    ...['beta', 'default', 'nowhere'].map((eq) => ({ cohort: { eq } })),
    { group: { eq: 'lab' } },
    ...[true, false].map((eq) => ({ attributes: [{ name, scope, source, eq }] })),
  ];
}
