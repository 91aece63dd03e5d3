import { INDEXED_CHARACTERS, splitText } from '../../attributes/long-text.js';
import type { AttributeKey } from '../../attributes/keys.js';
import { POSTING_KIND_OF, POSTING_TABLES } from '../../attributes/postings.js';
import { allOf, integerLiteral, sql, type SqlFragment } from '../../database/sql.js';
import type { OrderKey, SortValue } from '../order.js';

/** Devices in the order of an index. */
export interface SortedList {
  /** Rows (id, value), to be called `found`. */
  readonly select: SqlFragment;
  /** Of the values, which are the strongest sort key: as the index gives them, only equal ones have to be sorted. */
  readonly direction: SqlFragment;
  /** The list is sorted by id too where values tie, as the order has it: it can be cut anywhere. */
  readonly isTotal: boolean;
  readonly idDirection: SqlFragment;
}

interface SortedRequest {
  readonly order: readonly OrderKey[];
  /** In use under the names of the order. */
  readonly keys: readonly AttributeKey[];
  readonly projectId: string;
  readonly backward: boolean;
  /** The sort values of the device before the page; undefined: it begins at the end of the list. */
  readonly begin: readonly SortValue[] | undefined;
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
  if (first === undefined || request.begin?.[0] === null) return undefined;
  if ('attribute' in first) return byAttribute(first, request);
  return first.field === 'DEVICE_SERIAL' ? bySerial(first, request) : undefined;
}

function bySerial({ direction: asked }: OrderKey, { projectId, backward, begin }: SortedRequest): SortedList {
  const isDescending = (asked === 'DESC') !== backward;
  const direction = isDescending ? sql`desc` : sql`asc`;
  const comparison = isDescending ? sql`<=` : sql`>=`;
  const beginning = begin === undefined ? [] : [sql`s.device_serial ${comparison} ${begin[0]}::text`];
  return {
    select: sql`select s.id, s.device_serial as value from device s
                where ${allOf([sql`s.project_id = ${projectId}`, ...beginning])} order by s.device_serial ${direction}`,
    direction,
    isTotal: true,
    idDirection: direction,
  };
}

function byAttribute(first: AttributeOrder, request: SortedRequest): SortedList | undefined {
  const index = indexOf(first, request);
  if (index === undefined) return undefined;
  const { key, isDescending, beginning } = index;
  const isTotal = key.type !== 'STRING' && isById(request, isDescending);
  // Half of a fleet may tie, and would have to be sorted.
  if (key.type === 'BOOLEAN' && !isTotal) return undefined;
  const direction = isDescending ? sql`desc` : sql`asc`;
  const where = allOf([...index.ofKey, ...beginning]);
  return {
    select: sql`select p.device_id as id, p.value from ${index.table} p
                where ${where} order by ${isTotal ? sql`p.value ${direction}, p.device_id ${direction}` : sql`p.value ${direction}`}`,
    direction,
    isTotal,
    idDirection: direction,
  };
}

/** The devices that tie under the first sort key where the page begins. */
export interface SortedGroup {
  /** Rows (device_id). */
  readonly devices: SqlFragment;
  readonly sorted: SortedList;
}

/**
 * Where many devices have the value at which the page begins, and ids decide among them, the page need not look beyond
 * them. Undefined where that cannot be, or is told by `sortedListOf` as well.
 */
export function firstGroupOf(request: SortedRequest): SortedGroup | undefined {
  const [first, second] = request.order;
  if (first === undefined || !('attribute' in first)) return undefined;
  if (second === undefined || !('field' in second) || second.field !== 'ID') return undefined;
  const [from, fromId] = request.begin ?? [];
  // Long texts that begin alike are not told apart by the index.
  if (from === null || (typeof from === 'string' && from.length >= INDEXED_CHARACTERS)) return undefined;
  const index = indexOf(first, request);
  // Numbers of which many are equal are rare.
  if (index === undefined || index.key.type === 'NUMBER') return undefined;
  const { key, isDescending, table, ofKey, value } = index;
  const direction = isDescending ? sql`desc` : sql`asc`;
  const short = key.type === 'STRING' ? sql`case when length(p.value) < ${SHORTER} then p.value end` : sql`p.value`;
  const firstValue = sql`(select ${short} from ${table} p where ${allOf(ofKey)} order by p.value ${direction} limit 1)`;
  const idDescends = (second.direction === 'DESC') !== request.backward;
  const idDirection = idDescends ? sql`desc` : sql`asc`;
  const ofValue = allOf([...ofKey, sql`p.value = ${value ?? firstValue}`]);
  const beyond = fromId === undefined ? sql`` : sql`and p.device_id ${idDescends ? sql`<` : sql`>`} ${fromId}::bigint`;
  return {
    devices: sql`select p.device_id from ${table} p where ${ofValue}`,
    sorted: {
      select: sql`select p.device_id as id, p.value from ${table} p where ${ofValue} ${beyond}
                  order by p.device_id ${idDirection}`,
      direction,
      isTotal: true,
      idDirection,
    },
  };
}

type AttributeOrder = Extract<OrderKey, { attribute: unknown }>;

/** The index that has a sort key's values in order; undefined if there is none. */
function indexOf(
  { attribute: { name, scope, source }, direction, nulls }: AttributeOrder,
  { keys, projectId, backward, begin }: SortedRequest,
) {
  const [from] = begin ?? [];
  const [key, another] = keys.filter(
    (one) =>
      one.name === name &&
      (scope === undefined || one.scope === scope) &&
      (source === undefined || one.source === source),
  );
  if (key === undefined || another !== undefined || !SCALARS.has(key.type)) return undefined;
  const nullsFirst = (nulls === 'FIRST') !== backward;
  if (nullsFirst) return undefined;
  const isDescending = (direction === 'DESC') !== backward;
  const value = from === undefined || from === null ? undefined : valueOf(key, from);
  // A cursor whose value is of another type than the key's stands before or after all of them.
  if (from !== undefined && value === undefined) return undefined;
  const comparison = isDescending ? sql`<=` : sql`>=`;
  return {
    key,
    isDescending,
    table: POSTING_TABLES[POSTING_KIND_OF[key.type]],
    ofKey: [sql`p.project_id = ${projectId}`, sql`p.key_id = ${key.id}`],
    value,
    beginning: value === undefined ? [] : [sql`p.value ${comparison} ${value}`],
  };
}

/** Whether ids alone decide among devices that tie, in the direction of the values. */
function isById({ order: [, second], backward }: SortedRequest, isDescending: boolean): boolean {
  return (
    second !== undefined &&
    'field' in second &&
    second.field === 'ID' &&
    (second.direction === 'DESC') === (isDescending !== backward)
  );
}

const SHORTER = integerLiteral(INDEXED_CHARACTERS);

const SCALARS: ReadonlySet<string> = new Set(['STRING', 'NUMBER', 'BOOLEAN']);

/** As the index has it: a long text is cut. */
function valueOf(key: AttributeKey, from: SortValue): SqlFragment | undefined {
  if (key.type === 'STRING' && typeof from === 'string') return sql`${splitText(from).value}::text`;
  if (key.type === 'NUMBER' && typeof from === 'number') return sql`${from}::double precision`;
  if (key.type === 'BOOLEAN' && typeof from === 'boolean') return sql`${from}::boolean`;
  return undefined;
}
