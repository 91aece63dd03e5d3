import { splitText } from '../../attributes/long-text.js';
import type { AttributeKey } from '../../attributes/keys.js';
import { POSTING_KIND_OF, POSTING_TABLES } from '../../attributes/postings.js';
import { allOf, sql, type SqlFragment } from '../../database/sql.js';
import type { OrderKey, SortValue } from '../order.js';

/** Devices in the order of an index. */
export interface SortedList {
  /** Rows (id, value), to be called `found`. */
  readonly select: SqlFragment;
  /** Of the values, which are the strongest sort key: as the index gives them, only equal ones have to be sorted. */
  readonly direction: SqlFragment;
  /** The list is sorted by id too where values tie, as the order has it: it can be cut anywhere. */
  readonly isTotal: boolean;
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
 * Reads a broad search that is sorted by serial or by an attribute along the index of the values, so that it ends with
 * the page. Only devices that have the attribute are found so: a page that they do not fill has to be read otherwise.
 *
 * Undefined where no index has that order: several keys or arrays have one name, or the devices without the attribute
 * come first.
 */
export function sortedListOf(request: SortedRequest): SortedList | undefined {
  const [first] = request.order;
  if (first === undefined || request.from === null) return undefined;
  if ('attribute' in first) return byAttribute(first, request);
  return first.field === 'DEVICE_SERIAL' ? bySerial(first, request) : undefined;
}

function bySerial({ direction: asked }: OrderKey, { projectId, backward, from }: SortedRequest): SortedList {
  const isDescending = (asked === 'DESC') !== backward;
  const direction = isDescending ? sql`desc` : sql`asc`;
  const beginning = from === undefined ? [] : [sql`s.device_serial ${isDescending ? sql`<=` : sql`>=`} ${from}::text`];
  return {
    select: sql`select s.id, s.device_serial as value from device s
                where ${allOf([sql`s.project_id = ${projectId}`, ...beginning])} order by s.device_serial ${direction}`,
    direction,
    isTotal: true,
  };
}

function byAttribute(
  first: Extract<OrderKey, { attribute: unknown }>,
  { order, keys, projectId, backward, from }: SortedRequest,
): SortedList | undefined {
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
  const isTotal = key.type !== 'STRING' && isById(order[1], isDescending !== backward);
  // Half of a fleet may tie, and would have to be sorted.
  if (key.type === 'BOOLEAN' && !isTotal) return undefined;
  const beginning = from === undefined || from === null ? [] : beginningAt(key, from, isDescending);
  if (beginning === undefined) return undefined;
  const direction = isDescending ? sql`desc` : sql`asc`;
  const where = allOf([sql`p.project_id = ${projectId}`, sql`p.key_id = ${key.id}`, ...beginning]);
  return {
    select: sql`select p.device_id as id, p.value from ${POSTING_TABLES[POSTING_KIND_OF[key.type]]} p
                where ${where} order by ${isTotal ? sql`p.value ${direction}, p.device_id ${direction}` : sql`p.value ${direction}`}`,
    direction,
    isTotal,
  };
}

function isById(second: OrderKey | undefined, isDescending: boolean): boolean {
  return (
    second !== undefined && 'field' in second && second.field === 'ID' && (second.direction === 'DESC') === isDescending
  );
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
