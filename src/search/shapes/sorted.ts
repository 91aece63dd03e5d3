import { splitText } from '../../attributes/long-text.js';
import type { AttributeKey } from '../../attributes/keys.js';
import { POSTING_KIND_OF, POSTING_TABLES } from '../../attributes/postings.js';
import { allOf, sql, type SqlFragment } from '../../database/sql.js';
import type { OrderKey, SortValue } from '../order.js';

/** A list of (device_id, value) in the order of an attribute's values. */
export interface SortedList {
  readonly found: SqlFragment;
  /** The strongest sort key: the values as their index gives them, so that only equal ones have to be sorted. */
  readonly orderBy: SqlFragment;
}

interface SortedRequest {
  readonly order: readonly OrderKey[];
  /** In use under the names of the order. */
  readonly keys: readonly AttributeKey[];
  readonly projectId: string;
  readonly backward: boolean;
  /** Where the page begins, by the first sort key; undefined: at the end of the list. */
  readonly from: SortValue | undefined;
}

/**
 * Reads a broad search that is sorted by an attribute along the index of its values, so that it ends with the page.
 * Only devices that have the attribute are found so: a page that they do not fill has to be read otherwise.
 *
 * Undefined where the index does not have that order: several keys or arrays have one name, or the devices without the
 * attribute come first.
 */
export function sortedListOf({ order, keys, projectId, backward, from }: SortedRequest): SortedList | undefined {
  const [first] = order;
  if (first === undefined || !('attribute' in first) || from === null) return undefined;
  const { name, scope, source } = first.attribute;
  const [key, another] = keys.filter(
    (one) =>
      one.name === name &&
      (scope === undefined || one.scope === scope) &&
      (source === undefined || one.source === source),
  );
  if (key === undefined || another !== undefined || !SCALARS.has(key.type)) return undefined;
  const nullsFirst = (first.nulls === 'FIRST') !== backward;
  if (nullsFirst) return undefined;
  const isDescending = (first.direction === 'DESC') !== backward;
  const beginning = from === undefined ? [] : beginningAt(key, from, isDescending);
  if (beginning === undefined) return undefined;
  const direction = isDescending ? sql`desc` : sql`asc`;
  const where = allOf([sql`p.project_id = ${projectId}`, sql`p.key_id = ${key.id}`, ...beginning]);
  return {
    found: sql`(select p.device_id, p.value from ${POSTING_TABLES[POSTING_KIND_OF[key.type]]} p
                where ${where} order by p.value ${direction} offset 0)`,
    orderBy: sql`found.value ${direction}`,
  };
}

const SCALARS: ReadonlySet<string> = new Set(['STRING', 'NUMBER', 'BOOLEAN']);

/** Undefined if the cursor's value is of another type than the key's: then it stands before or after all of them. */
function beginningAt(key: AttributeKey, from: SortValue, isDescending: boolean): SqlFragment[] | undefined {
  const comparison = isDescending ? sql`<=` : sql`>=`;
  if (key.type === 'STRING' && typeof from === 'string') {
    return [sql`p.value ${comparison} ${splitText(from).value}::text`];
  }
  if (key.type === 'NUMBER' && typeof from === 'number') return [sql`p.value ${comparison} ${from}::double precision`];
  if (key.type === 'BOOLEAN' && typeof from === 'boolean') return [sql`p.value ${comparison} ${from}::boolean`];
  return undefined;
}
