/** Filter to SQL: the one place where a search becomes text. */
import { assertNever } from '../errors.js';
import { allOf, anyOf, FALSE, sql, type SqlFragment } from '../database/sql.js';
import type { AttributeKey, StoredType } from '../attributes/keys.js';
import { POSTING_KIND_OF, POSTING_KINDS, POSTING_TABLES } from '../attributes/postings.js';
import { compileTextTest, compileTimeTest, compileValueTest, foldCase } from './compile-tests.js';
import { OWN_TEXT_FIELDS, RELATED_TEXT_FIELDS, type TextField, TIME_FIELDS } from './fields.js';
import type { AttributeName, Filter, TextTest } from './filter.js';

export interface CompileContext {
  readonly projectId: string;
  /** All keys in use under the names that the filter tests; a name that nobody reported has none. */
  readonly keys: readonly AttributeKey[];
  /** What withinLast and olderThan count back from. */
  readonly instant: Date;
}

/**
 * A condition on the row `d` of `device` that is true for exactly the devices for which the filter holds, and false
 * (never null) for all others, so that NOT is the complement.
 *
 * Each test reads a list of its own. One join for two tests would ask one value to satisfy both, where two values of
 * the device may rightly do so.
 */
export function compileFilter(filter: Filter, context: CompileContext): SqlFragment {
  switch (filter.kind) {
    case 'and':
      return allOf(filter.parts.map((part) => compileFilter(part, context)));
    case 'or':
      return anyOf(filter.parts.map((part) => compileFilter(part, context)));
    case 'not':
      return sql`not (${compileFilter(filter.part, context)})`;
    case 'attribute':
      return anyOf([scalarMeets(filter, context), arrayEquals(filter, context)].flat());
    case 'attributeExists':
      return hasPosting(filter, ALL_TYPES, context);
    case 'arrayHasAll':
      return arrayHasAll(filter, context);
    case 'text':
      return textMeets(filter.field, filter.tests, filter.ignoreCase, context);
    case 'time': {
      const { column, nullable } = TIME_FIELDS[filter.field];
      const tests = filter.tests.map((test) => compileTimeTest(column, test, context.instant));
      return allOf(nullable ? [sql`${column} is not null`, ...tests] : tests);
    }
    case 'present':
      return sql`${columnOf(filter.field)} is not null`;
    case 'testMode':
      return sql`d.test_mode = ${filter.value}`;
    case 'state':
      return sql`d.state = any(${filter.states}::text[])`;
    case 'ids':
      return sql`d.id = any(${filter.ids}::bigint[])`;
    default:
      return assertNever(filter);
  }
}

/**
 * Keeps each test a look-up by the device's primary key. Without it the planner turns tests into joins, driven by
 * estimates of one value column that all keys share, and starts from the wrong end; where to start from is chosen by
 * shapes/, from counted frequencies.
 */
const FENCE = sql`offset 0`;

const SCALAR_TYPES: readonly StoredType[] = ['STRING', 'NUMBER', 'BOOLEAN', 'STRING_ARRAY', 'NUMBER_ARRAY'];
const ARRAY_TYPES: readonly StoredType[] = ['STRING_ARRAY', 'NUMBER_ARRAY', 'EMPTY_ARRAY'];
const ALL_TYPES: readonly StoredType[] = [...SCALAR_TYPES, 'EMPTY_ARRAY'];

/** The keys that a filter speaks of, of some types. */
function keysOf(attribute: AttributeName, types: readonly StoredType[], { keys }: CompileContext): AttributeKey[] {
  return keys.filter(
    (key) =>
      key.name === attribute.name &&
      (attribute.scope === undefined || key.scope === attribute.scope) &&
      (attribute.source === undefined || key.source === attribute.source) &&
      types.includes(key.type),
  );
}

function keyIds(attribute: AttributeName, types: readonly StoredType[], context: CompileContext): number[] {
  return keysOf(attribute, types, context).map(({ id }) => id);
}

/** Rows of one kind of postings of the device `d`, under the given keys, that meet the conditions on `p`. */
function postingExists(
  kind: (typeof POSTING_KINDS)[number],
  ids: readonly number[],
  conditions: readonly SqlFragment[],
  { projectId }: CompileContext,
): SqlFragment {
  if (ids.length === 0 || conditions.includes(FALSE)) return FALSE;
  const ofDevice = allOf([
    sql`p.project_id = ${projectId}`,
    sql`p.device_id = d.id`,
    ids.length === 1 ? sql`p.key_id = ${ids[0]}` : sql`p.key_id = any(${ids}::integer[])`,
    ...conditions,
  ]);
  return sql`exists (select 1 from ${POSTING_TABLES[kind]} p where ${ofDevice} ${FENCE})`;
}

/** Every posting of an attribute's name. */
export function presenceSources(attribute: AttributeName, context: CompileContext): PostingSource[] {
  return POSTING_KINDS.flatMap((kind) => {
    const keys = keysOf(
      attribute,
      ALL_TYPES.filter((type) => POSTING_KIND_OF[type] === kind),
      context,
    );
    return keys.length === 0 ? [] : [{ kind, keys, conditions: [] }];
  });
}

function hasPosting(attribute: AttributeName, types: readonly StoredType[], context: CompileContext): SqlFragment {
  const exists = POSTING_KINDS.map((kind) => {
    const ids = keyIds(
      attribute,
      types.filter((type) => POSTING_KIND_OF[type] === kind),
      context,
    );
    return postingExists(kind, ids, [], context);
  });
  return anyOf(exists.filter((one) => one !== FALSE));
}

export type AttributeFilter = Extract<Filter, { kind: 'attribute' }>;

/** Rows of one table of postings that meet a filter of attributes: those under these keys that meet the conditions on `p`. */
export interface PostingSource {
  readonly kind: (typeof POSTING_KINDS)[number];
  readonly keys: readonly AttributeKey[];
  readonly conditions: readonly SqlFragment[];
}

/** Where one scalar, or one element of an array, meets all tests; nothing where none can. */
export function postingSources(filter: AttributeFilter, context: CompileContext): PostingSource[] {
  return POSTING_KINDS.flatMap((kind) => {
    const keys = keysOf(
      filter,
      SCALAR_TYPES.filter((type) => POSTING_KIND_OF[type] === kind),
      context,
    );
    const column = kind === 'text' ? { value: sql`p.value`, rest: sql`p.rest` } : { value: sql`p.value` };
    const conditions = filter.tests.map((test) => compileValueTest(kind, column, test, filter.ignoreCase));
    return keys.length === 0 || conditions.includes(FALSE) ? [] : [{ kind, keys, conditions }];
  });
}

/** Whether an operand of the filter is a whole array, which no single posting can meet. */
export function hasArrayOperand(filter: AttributeFilter): boolean {
  return filter.tests.some((test) => test.operator === 'in' && test.values.some((value) => typeof value === 'object'));
}

function scalarMeets(filter: AttributeFilter, context: CompileContext): SqlFragment[] {
  return postingSources(filter, context).map(({ kind, keys, conditions }) =>
    postingExists(
      kind,
      keys.map(({ id }) => id),
      conditions,
      context,
    ),
  );
}

/** One whole array equals an array operand of every test; a test that has none is not met by an array. */
function arrayEquals(filter: AttributeFilter, context: CompileContext): SqlFragment[] {
  const wanted = filter.tests.map((test) =>
    test.operator === 'in' ? test.values.filter((value) => typeof value === 'object') : [],
  );
  if (wanted.some((arrays) => arrays.length === 0)) return [];
  const empty = wanted.every((arrays) => arrays.some((array) => array.length === 0))
    ? [hasPosting(filter, ['EMPTY_ARRAY'], context)]
    : [];
  const filled = (['text', 'number'] as const).map((kind) => {
    const elementType = kind === 'text' ? 'string' : 'number';
    const conditions = wanted.map((arrays) =>
      anyOf(
        arrays
          .filter((array) => typeof array[0] === elementType)
          .map((array) => equalsWholeArray(kind, array, filter.ignoreCase, context)),
      ),
    );
    const ids = keyIds(filter, [kind === 'text' ? 'STRING_ARRAY' : 'NUMBER_ARRAY'], context);
    return postingExists(kind, ids, [sql`p.ordinal = 0`, ...conditions], context);
  });
  return [...empty, ...filled].filter((one) => one !== FALSE);
}

/** Whether the array to which the posting `p` belongs has these elements in this order. */
function equalsWholeArray(
  kind: 'text' | 'number',
  array: readonly (string | number)[],
  ignoreCase: boolean,
  { projectId }: CompileContext,
): SqlFragment {
  const fold = (text: SqlFragment) => (ignoreCase ? foldCase(text) : text);
  const element = kind === 'text' ? fold(sql`(e.value || coalesce(e.rest, ''))`) : sql`e.value`;
  const operand =
    kind === 'text'
      ? sql`array(select ${fold(sql`o.one`)} from unnest(${array}::text[]) with ordinality as o(one, n) order by o.n)`
      : sql`${array}::double precision[]`;
  return sql`(select array_agg(${element} order by e.ordinal) from ${POSTING_TABLES[kind]} e
              where e.project_id = ${projectId} and e.device_id = p.device_id and e.key_id = p.key_id) = ${operand}`;
}

function arrayHasAll(filter: Extract<Filter, { kind: 'arrayHasAll' }>, context: CompileContext): SqlFragment {
  const { elements, ignoreCase } = filter;
  if (elements.length === 0) return hasPosting(filter, ARRAY_TYPES, context);
  const kind = typeof elements[0] === 'number' ? 'number' : 'text';
  // No array holds booleans, nor strings and numbers together.
  const type = kind === 'number' ? 'number' : 'string';
  if (!elements.every((element) => typeof element === type)) return FALSE;
  const ids = keyIds(filter, [kind === 'number' ? 'NUMBER_ARRAY' : 'STRING_ARRAY'], context);
  if (ids.length === 0) return FALSE;
  const fold = (text: SqlFragment) => (ignoreCase ? foldCase(text) : text);
  const element = kind === 'text' ? fold(sql`(p.value || coalesce(p.rest, ''))`) : sql`p.value`;
  const wanted =
    kind === 'text'
      ? sql`array(select distinct ${fold(sql`o.one`)} from unnest(${elements}::text[]) as o(one))`
      : sql`array(select distinct o.one from unnest(${elements}::double precision[]) as o(one))`;
  // Within one attribute: each key's elements are counted by themselves.
  return sql`exists (select 1 from ${POSTING_TABLES[kind]} p
                     where p.project_id = ${context.projectId} and p.device_id = d.id
                       and p.key_id = any(${ids}::integer[]) and ${element} = any(${wanted})
                     group by p.key_id
                     having count(distinct ${element}) = cardinality(${wanted}) ${FENCE})`;
}

function textMeets(
  field: TextField,
  tests: readonly TextTest[],
  ignoreCase: boolean,
  { projectId }: CompileContext,
): SqlFragment {
  if (isOwnText(field)) {
    const { column, nullable } = OWN_TEXT_FIELDS[field];
    const conditions = tests.map((test) => compileTextTest({ value: column }, test, ignoreCase));
    return allOf(nullable ? [sql`${column} is not null`, ...conditions] : conditions);
  }
  const { column, nullable, table, text } = RELATED_TEXT_FIELDS[field];
  const conditions = tests.map((test) => compileTextTest({ value: sql`r.${text}` }, test, ignoreCase));
  const sole = soleText(tests, ignoreCase);
  if (sole !== undefined) {
    // One row at most, found before the devices are looked at, so that an index of the column can be used.
    const id = sql`(select r.id from ${table} r where r.project_id = ${projectId} and r.${text} = ${sole}::text)`;
    // Two-valued too where there is no such row: a comparison with its absent id would be null.
    const equals = sql`(${column} = ${id} and ${id} is not null)`;
    if (field !== 'release') return nullable ? sql`(${column} is not null and ${equals})` : equals;
  }
  const member = sql`${column} in (select r.id from ${table} r where ${allOf([sql`r.project_id = ${projectId}`, ...conditions])})`;
  return nullable ? sql`(${column} is not null and ${member})` : member;
}

function soleText(tests: readonly TextTest[], ignoreCase: boolean): string | undefined {
  const [test, another] = tests;
  if (ignoreCase || another !== undefined || test?.operator !== 'in' || test.values.length !== 1) return undefined;
  return test.values[0];
}

function isOwnText(field: TextField): field is keyof typeof OWN_TEXT_FIELDS {
  return Object.hasOwn(OWN_TEXT_FIELDS, field);
}

function columnOf(field: Extract<Filter, { kind: 'present' }>['field']): SqlFragment {
  const columns = { ...OWN_TEXT_FIELDS, ...RELATED_TEXT_FIELDS, ...TIME_FIELDS };
  return columns[field].column;
}

/** Every attribute name that a filter tests. */
export function attributeNamesOf(filter: Filter): string[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.flatMap(attributeNamesOf);
    case 'not':
      return attributeNamesOf(filter.part);
    case 'attribute':
    case 'attributeExists':
    case 'arrayHasAll':
      return [filter.name];
    default:
      return [];
  }
}
