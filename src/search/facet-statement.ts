import type { SqlFragment } from '../database/sql.js';

/** Order of types among equal counts: numbers, strings, booleans. */
export const VALUE_KINDS = { number: 1, text: 2, boolean: 3 } as const;

/** How the buckets of a facet are counted; facets.ts takes the largest of them and puts the statement together. */
export interface FacetStatement {
  /**
   * Definitions of common table expressions, in order. The last is `bucket`, rows (parent, kind, number, text, rest,
   * flag, n): one of number, text (with its rest) and flag is the value, as kind says, and n its devices.
   */
  readonly definitions: readonly SqlFragment[];
  /**
   * Rows (parent, found, present, beyond), at most one for each parent: its devices, those with a value, and those with
   * a value that is not in `shown`, which has the columns of `bucket`. `beyond` is null where each device has one value
   * at most, so that it is what remains of `present`.
   */
  readonly totals: SqlFragment;
}
