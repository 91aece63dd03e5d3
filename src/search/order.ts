/** Sort keys: from a caller's input to plain data, and from there to SQL. */
import { AppError, assertNever, badInput, limitExceeded } from '../errors.js';
import { allOf, anyOf, commaSeparated, FALSE, integerLiteral, sql, type SqlFragment } from '../database/sql.js';
import { compareByPrecedence } from '../attributes/documents.js';
import type { AttributeKey } from '../attributes/keys.js';
import { type AttributeValue, parseAttributeValue } from '../model/attribute-value.js';
import { parseText } from '../model/text.js';
import { ORDER_FIELDS, type OrderField } from './fields.js';
import type { AttributeName } from './filter.js';
import { type AttributeKeyInput, parseAttributeKey } from './parse-attribute-key.js';

export const MAX_ORDER_KEYS = 5;

export type OrderKey = {
  readonly direction: 'ASC' | 'DESC';
  readonly nulls: 'FIRST' | 'LAST';
} & ({ readonly field: OrderField } | { readonly attribute: AttributeName });

/** Where a row stands under one sort key: null if it has no value. Times are milliseconds since 1970. */
export type SortValue = AttributeValue | null;

/** A DeviceOrder as the schema lets it through. */
interface OrderInput {
  readonly field?: OrderField | null;
  readonly attribute?: AttributeKeyInput | null;
  readonly direction?: 'ASC' | 'DESC' | null;
  readonly nulls?: 'FIRST' | 'LAST' | null;
}

/** Keys in order of weight; always ends with the device id, so that no two rows tie. Throws with the path. */
export function parseOrder(input: readonly OrderInput[] | null | undefined, field = 'orderBy'): readonly OrderKey[] {
  const inputs = input ?? [];
  if (inputs.length > MAX_ORDER_KEYS)
    throw limitExceeded(field, `at most ${MAX_ORDER_KEYS} keys, got ${inputs.length}`);
  const seen = new Set<string>();
  const keys = inputs.map((one, index): OrderKey => {
    const key = parseOrderKey(one, `${field}[${index}]`);
    const identity = JSON.stringify('field' in key ? key.field : key.attribute);
    if (seen.has(identity)) throw badInput(`${field}[${index}]`, 'this key stands in the order already');
    seen.add(identity);
    return key;
  });
  const hasId = keys.some((key) => 'field' in key && key.field === 'ID');
  return hasId ? keys : [...keys, { field: 'ID', direction: 'ASC', nulls: 'LAST' }];
}

function parseOrderKey(input: OrderInput, path: string): OrderKey {
  const field = input.field ?? undefined;
  const attribute = input.attribute ?? undefined;
  if ((field === undefined) === (attribute === undefined)) {
    throw badInput(path, 'give exactly one of field and attribute');
  }
  const sense = { direction: input.direction ?? 'DESC', nulls: input.nulls ?? 'LAST' } as const;
  return attribute === undefined
    ? { field: field!, ...sense }
    : { attribute: parseAttributeKey(attribute, `${path}.attribute`), ...sense };
}

/** One sort key in SQL. */
export interface CompiledOrderKey {
  /** A join that the expressions need, placed after `device d`. */
  readonly join?: SqlFragment;
  readonly orderBy: readonly SqlFragment[];
  /** What to select so that `read` can tell where the row stands. */
  readonly selected: SqlFragment;
  readonly read: (selected: unknown) => SortValue;
  /** A value out of a cursor; throws BAD_USER_INPUT if no row could stand there. */
  readonly parse: (value: unknown, path: string) => SortValue;
  /** Rows that come after a row with this value. */
  readonly after: (value: SortValue) => SqlFragment;
  /** Rows that tie with a row with this value. */
  readonly equal: (value: SortValue) => SqlFragment;
}

export interface Sense {
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/**
 * `keys` are the attribute keys in use under the names that the order sorts by. With `backward` everything is turned
 * round, to page from the end.
 */
export function compileOrder(
  order: readonly OrderKey[],
  keys: readonly AttributeKey[],
  projectId: string,
  backward: boolean,
): readonly CompiledOrderKey[] {
  const compiled = order.map((key, index) => {
    const sense: Sense = {
      descending: (key.direction === 'DESC') !== backward,
      nullsFirst: (key.nulls === 'FIRST') !== backward,
    };
    return 'field' in key
      ? compileColumn(ORDER_FIELDS[key.field], sense)
      : compileAttribute(key.attribute, sense, keys, index);
  });
  const firstAttribute = order.findIndex((key) => 'attribute' in key);
  return compiled.map((key, index) =>
    index === firstAttribute ? { ...key, join: sql`${joinDocument(projectId)} ${key.join ?? sql``}` } : key,
  );
}

/** Rows after the position that `values` give, most significant key first. */
export function compileAfter(keys: readonly CompiledOrderKey[], values: readonly SortValue[]): SqlFragment {
  const [key, ...lesser] = keys;
  if (key === undefined) return FALSE;
  const value = values[0] ?? null;
  if (lesser.length === 0) return key.after(value);
  return anyOf([key.after(value), allOf([key.equal(value), compileAfter(lesser, values.slice(1))])]);
}

/** A column that rows are sorted by, with how its values are written in cursors. */
export interface OrderColumn {
  readonly column: SqlFragment;
  readonly type: 'id' | 'text' | 'time';
  readonly nullable: boolean;
}

export function compileColumn({ column, type, nullable }: OrderColumn, sense: Sense): CompiledOrderKey {
  const operand = (value: SortValue) => {
    switch (type) {
      case 'id':
        return sql`${value}::bigint`;
      case 'text':
        return sql`${value}::text`;
      case 'time':
        return sql`${new Date(Number(value))}::timestamptz`;
      default:
        return assertNever(type);
    }
  };
  return {
    orderBy: [inOrder(column, sense, nullable)],
    selected: column,
    read: (selected) => (selected instanceof Date ? selected.getTime() : (selected as SortValue)),
    parse: (value, path) => parseFieldValue(type, nullable, value, path),
    after: (value) => afterValue(column, sense, nullable, value === null ? null : operand(value)),
    equal: (value) => (value === null ? sql`${column} is null` : sql`${column} = ${operand(value)}`),
  };
}

/** Years 1 to 9999, which are those that the API takes. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z');
const LATEST_MS = Date.UTC(10_000, 0);

function parseFieldValue(type: 'id' | 'text' | 'time', nullable: boolean, value: unknown, path: string): SortValue {
  if (value === null && nullable) return null;
  if (type === 'id' && typeof value === 'string' && /^[1-9]\d{0,17}$/.test(value)) return value;
  if (type === 'time' && typeof value === 'number' && value >= EARLIEST_MS && value < LATEST_MS) return value;
  if (type === 'text' && typeof value === 'string') return parseText(value, path);
  throw badInput(path, 'not a cursor of this API');
}

/** The document of the device `d`, for all attributes that an order sorts by. */
function joinDocument(projectId: string): SqlFragment {
  return sql`join device_document od on od.project_id = ${projectId} and od.device_id = d.id`;
}

/**
 * Sorts by the value that counts, read from the device's document: the first present one in order of precedence.
 * Values of different types sort as numbers, strings, booleans, arrays (of numbers, then of strings).
 */
function compileAttribute(
  attribute: AttributeName,
  sense: Sense,
  keys: readonly AttributeKey[],
  index: number,
): CompiledOrderKey {
  const candidates = keys
    .filter(
      (key) =>
        key.name === attribute.name &&
        (attribute.scope === undefined || key.scope === attribute.scope) &&
        (attribute.source === undefined || key.source === attribute.source),
    )
    .toSorted(compareByPrecedence);
  const types = new Set(candidates.map(({ type }) => type));
  const [type, another] = types;
  const isScalar = type === 'NUMBER' || type === 'STRING' || type === 'BOOLEAN';
  return isScalar && another === undefined
    ? compileScalars(type, candidates, sense)
    : compileMixed(candidates, sense, index);
}

type ScalarType = 'NUMBER' | 'STRING' | 'BOOLEAN';

/** All values are of one type, so that they compare as they are. */
function compileScalars(type: ScalarType, candidates: readonly AttributeKey[], sense: Sense): CompiledOrderKey {
  const texts = candidates.map(({ id }) => sql`od.attributes -> ${String(id)}::text ->> 0`);
  const text = texts.length === 1 ? texts[0]! : sql`coalesce(${commaSeparated(texts)})`;
  const value = {
    NUMBER: sql`(${text})::double precision`,
    STRING: sql`(${text}) collate "C"`,
    BOOLEAN: sql`(${text})::boolean`,
  }[type];
  const rank = { NUMBER: 1, STRING: 2, BOOLEAN: 3 }[type];
  return {
    orderBy: [inOrder(value, sense, true)],
    selected: value,
    read: (selected) => (selected ?? null) as SortValue,
    parse: (cursorValue, path) => (cursorValue === null ? null : parseCursorValue(cursorValue, path)),
    after: (cursorValue) => {
      if (cursorValue === null) return afterValue(value, sense, true, null);
      const operand = operandOf(cursorValue);
      if (operand.rank === rank) return afterValue(value, sense, true, operand.sql);
      // A cursor of when there were values of another type: all values stand on one side of it.
      const isBeyond = sense.descending ? rank < operand.rank : rank > operand.rank;
      if (isBeyond) return sense.nullsFirst ? sql`${value} is not null` : sql`true`;
      return sense.nullsFirst ? FALSE : sql`${value} is null`;
    },
    equal: (cursorValue) => {
      if (cursorValue === null) return sql`${value} is null`;
      const operand = operandOf(cursorValue);
      return operand.rank === rank ? sql`${value} = ${operand.sql}` : FALSE;
    },
  };
}

/** Values of several types, or arrays. */
function compileMixed(candidates: readonly AttributeKey[], sense: Sense, index: number): CompiledOrderKey {
  const values = candidates.map(({ id }) => sql`od.attributes -> ${String(id)}::text -> 0`);
  const table = ORDER_TABLES[index]!;
  const found = values.length === 0 ? sql`null::jsonb` : sql`coalesce(${commaSeparated(values)})`;
  const value = sql`${table}.value`;
  const rank = sql`${table}.rank`;
  const parts = {
    number: sql`(case when ${rank} = 1 then (${value})::double precision end)`,
    text: sql`(case when ${rank} = 2 then (${value} #>> '{}') collate "C" end)`,
    boolean: sql`(case when ${rank} = 3 then (${value})::boolean end)`,
    numbers: sql`(case when ${rank} = 4 then array(select (e.one #>> '{}')::double precision
                    from jsonb_array_elements(${value}) with ordinality as e(one, n) order by e.n) end)`,
    texts: sql`(case when ${rank} = 5 then array(select (e.one #>> '{}') collate "C"
                    from jsonb_array_elements(${value}) with ordinality as e(one, n) order by e.n) end)`,
  };
  return {
    join: sql`cross join lateral (
        select f.value,
               case jsonb_typeof(f.value) when 'number' then 1 when 'string' then 2 when 'boolean' then 3
                 when 'array' then case when jsonb_typeof(f.value -> 0) = 'string' then 5 else 4 end end as rank
        from (select ${found} as value) f) ${table}`,
    orderBy: [
      inOrder(rank, sense, true),
      ...Object.values(parts).map((part) => inOrder(part, { ...sense, nullsFirst: false }, false)),
    ],
    selected: value,
    read: (selected) => (selected ?? null) as SortValue,
    parse: (cursorValue, path) => (cursorValue === null ? null : parseCursorValue(cursorValue, path)),
    after: (cursorValue) => {
      if (cursorValue === null) return afterValue(rank, sense, true, null);
      const operand = operandOf(cursorValue);
      return anyOf([
        afterValue(rank, sense, true, integerLiteral(operand.rank)),
        allOf([
          sql`${rank} = ${integerLiteral(operand.rank)}`,
          afterValue(parts[operand.part], sense, false, operand.sql),
        ]),
      ]);
    },
    equal: (cursorValue) => {
      if (cursorValue === null) return sql`${rank} is null`;
      const operand = operandOf(cursorValue);
      return allOf([sql`${rank} = ${integerLiteral(operand.rank)}`, sql`${parts[operand.part]} = ${operand.sql}`]);
    },
  };
}

/** A caller knows nothing of what is inside a cursor, so a wrong element of it is just a wrong cursor. */
function parseCursorValue(value: unknown, path: string): AttributeValue {
  try {
    return parseAttributeValue(value, path);
  } catch (error) {
    if (error instanceof AppError) throw badInput(path, 'not a cursor of this API');
    throw error;
  }
}

/** One alias for each place in the order. */
const ORDER_TABLES = [sql`o0`, sql`o1`, sql`o2`, sql`o3`, sql`o4`] as const;

interface Operand {
  readonly sql: SqlFragment;
  /** Among the types. */
  readonly rank: number;
  readonly part: 'number' | 'text' | 'boolean' | 'numbers' | 'texts';
}

function operandOf(value: AttributeValue): Operand {
  if (typeof value === 'number') return { sql: sql`${value}::double precision`, rank: 1, part: 'number' };
  if (typeof value === 'string') return { sql: sql`${value}::text`, rank: 2, part: 'text' };
  if (typeof value === 'boolean') return { sql: sql`${value}::boolean`, rank: 3, part: 'boolean' };
  return typeof value[0] === 'string'
    ? { sql: sql`${value}::text[]`, rank: 5, part: 'texts' }
    : { sql: sql`${value}::double precision[]`, rank: 4, part: 'numbers' };
}

function inOrder(expression: SqlFragment, { descending, nullsFirst }: Sense, nullable: boolean): SqlFragment {
  const directed = descending ? sql`${expression} desc` : sql`${expression} asc`;
  // Left out where it cannot matter, so that a plain index on the column fits.
  if (!nullable) return directed;
  return nullsFirst ? sql`${directed} nulls first` : sql`${directed} nulls last`;
}

function afterValue(
  expression: SqlFragment,
  { descending, nullsFirst }: Sense,
  nullable: boolean,
  operand: SqlFragment | null,
): SqlFragment {
  if (operand === null) return nullsFirst ? sql`${expression} is not null` : FALSE;
  const beyond = descending ? sql`${expression} < ${operand}` : sql`${expression} > ${operand}`;
  return nullable && !nullsFirst ? sql`(${beyond} or ${expression} is null)` : beyond;
}

/** Every attribute name that an order sorts by. */
export function orderedNamesOf(order: readonly OrderKey[]): string[] {
  return order.flatMap((key) => ('attribute' in key ? [key.attribute.name] : []));
}
