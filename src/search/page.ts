import { badInput } from '../errors.js';
import { LIMITS } from '../model/limits.js';

/** Which part of a result is asked for: from one end, `size` rows, beyond a cursor or a number of rows. */
export interface PageRequest {
  readonly backward: boolean;
  readonly size: number;
  readonly after: string | undefined;
  readonly before: string | undefined;
  readonly offset: number;
}

interface PageInput {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
  readonly offset?: number | null;
}

/**
 * Relay's paging arguments; null is as good as absent, since clients send null for "from the start".
 * Throws BAD_USER_INPUT naming the argument: a page size out of range is never clamped.
 */
export function parsePage(input: PageInput): PageRequest {
  const first = input.first ?? undefined;
  const last = input.last ?? undefined;
  const after = input.after ?? undefined;
  const before = input.before ?? undefined;
  const offset = input.offset ?? undefined;
  if (first !== undefined && last !== undefined) throw badInput('last', 'give either first or last, not both');
  const size = last ?? first ?? LIMITS.defaultPageSize;
  if (size < 0 || size > LIMITS.pageSize) {
    throw badInput(last === undefined ? 'first' : 'last', `a number from 0 to ${LIMITS.pageSize}, got ${size}`);
  }
  if (offset !== undefined) {
    if (after !== undefined || before !== undefined || last !== undefined) {
      throw badInput('offset', 'goes with first alone, not with after, before or last');
    }
    if (offset < 0 || offset > LIMITS.offset) {
      throw badInput('offset', `a number from 0 to ${LIMITS.offset}, got ${offset}; page on with cursors`);
    }
  }
  return { backward: last !== undefined, size, after, before, offset: offset ?? 0 };
}

/** One page of rows with what Relay's connections tell of it. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly cursorOf: (row: Row) => string;
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/**
 * Makes a page of the rows that were found: one more than asked tells whether it goes on, and rows read from the end
 * are turned round. What lies on the side one came from is known from the cursor or offset itself.
 */
export function toPage<Row>(found: readonly Row[], request: PageRequest, cursorOf: (row: Row) => string): Page<Row> {
  const goesOn = found.length > request.size;
  const rows = found.slice(0, request.size);
  return {
    rows: request.backward ? rows.toReversed() : rows,
    cursorOf,
    hasNextPage: request.backward ? request.before !== undefined : goesOn,
    hasPreviousPage: request.backward ? goesOn : request.after !== undefined || request.offset > 0,
  };
}
