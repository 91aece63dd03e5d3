import { hash as hashOf } from 'node:crypto';
import { AppError, badInput } from '../errors.js';
import { LIMITS } from '../model/limits.js';
import type { Filter } from './filter.js';
import type { SortValue } from './order.js';

/**
 * A place in the result of one search: the sort values of a row. It carries a digest of what was searched, so that it
 * cannot be used with another search, and the instant from which relative times count, so that they do not creep from
 * page to page. It is not a secret and not signed: one that was made up is read like any other input.
 */
export interface Cursor {
  readonly digest: string;
  /** Milliseconds since 1970. */
  readonly instantMs: number;
  readonly values: readonly unknown[];
}

/**
 * Longest cursor that is read. A cursor holds the values its row is sorted by, and those may be long strings and arrays
 * of a thousand of them; a lower limit would refuse cursors that this server itself has made.
 */
const MAX_CURSOR_LENGTH = LIMITS.bodyBytes;

export function formatCursor(digest: string, instantMs: number, values: readonly SortValue[]): string {
  return Buffer.from(JSON.stringify([1, digest, instantMs, ...values])).toString('base64url');
}

/** Throws BAD_USER_INPUT if it is not a cursor of this API, CURSOR_MISMATCH if it is of another search. */
export function parseCursor(text: string, digest: string, keyCount: number, field: string): Cursor {
  const [version, ownDigest, instantMs, ...values] = decode(text, field);
  if (version !== 1 || typeof ownDigest !== 'string' || typeof instantMs !== 'number' || !isInstant(instantMs)) {
    throw badInput(field, 'not a cursor of this API');
  }
  if (ownDigest !== digest) {
    throw new AppError(
      'CURSOR_MISMATCH',
      `${field}: this cursor was made by a search with another filter, order or parent; start again from the first page`,
      { field },
    );
  }
  if (values.length !== keyCount) throw badInput(field, 'not a cursor of this API');
  return { digest: ownDigest, instantMs, values };
}

/** Of the years in which operations can have begun; relative times count back from it by up to 100 years. */
function isInstant(ms: number): boolean {
  return Number.isInteger(ms) && ms >= 0 && ms < Date.UTC(10_000, 0);
}

function decode(text: string, field: string): unknown[] {
  if (text.length > MAX_CURSOR_LENGTH || !/^[A-Za-z0-9_-]+$/.test(text)) {
    throw badInput(field, 'not a cursor of this API');
  }
  try {
    const decoded: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (Array.isArray(decoded)) return decoded;
  } catch {
    // Not JSON: refused below like any other text that is not a cursor.
  }
  throw badInput(field, 'not a cursor of this API');
}

/** A digest of everything that decides the order and the rows of a search. */
export function digestOf(search: { readonly filter: Filter; readonly [part: string]: unknown }): string {
  return hash({ ...search, filter: digestOfFilter(search.filter) }).slice(0, 16);
}

/**
 * The same for filters whose parts come in another order, as a client may send the keys of its JSON in any. Each part
 * is a digest before it is sorted: texts within texts would double their escapes at every level of nesting.
 */
function digestOfFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return hash([filter.kind, filter.parts.map(digestOfFilter).toSorted()]);
    case 'not':
      return hash([filter.kind, digestOfFilter(filter.part)]);
    case 'attribute':
    case 'text':
    case 'time':
      return hash({
        ...filter,
        // Where a name or an expression stands in the input does not matter.
        path: undefined,
        tests: filter.tests.map((test) => hash('path' in test ? { ...test, path: '' } : test)).toSorted(),
      });
    default:
      return hash({ ...filter, path: undefined });
  }
}

function hash(value: unknown): string {
  return hashOf('sha256', JSON.stringify(value), 'base64url');
}
