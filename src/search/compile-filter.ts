/** Filter to SQL: the one place where a search becomes text. */
import { assertNever } from '../errors.js';
import { allOf, anyOf, FALSE, sql, type SqlFragment } from '../database/sql.js';
import { type AttributeKey, storedTypeOf, type StoredType } from '../attributes/keys.js';
import { INDEXED_CHARACTERS } from '../attributes/long-text.js';
import { POSTING_KIND_OF, POSTING_KINDS, POSTING_TABLES, type PostingKind } from '../attributes/postings.js';
import type { ScalarValue } from '../model/attribute-value.js';
import { documentEquals, documentHas, documentHasAll, documentMeets } from './compile-document.js';
import { compileTextTest, compileTimeTest, compileValueTest, type TextColumn } from './compile-tests.js';
import { OWN_TEXT_FIELDS, RELATED_TEXT_FIELDS, type TextField, TIME_FIELDS } from './fields.js';
import type { AttributeName, Filter, TextTest, ValueTest } from './filter.js';

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
 * A value that is equal is looked for in the index of values; all else is asked of the device's document.
 */
export function compileFilter(filter: Filter, context: CompileContext): SqlFragment {
  return ofDevice(compile(filter, context), context);
}

/**
 * The same where the device's document `o`, a row of device_document, is there beside `d`: all that can be is asked of it.
 * A filter that speaks of attributes alone needs no `d`.
 */
export function compileWithDocument(filter: Filter, context: CompileContext): SqlFragment {
  return compile(filter, { ...context, hasDocument: true }).condition;
}

interface Target extends CompileContext {
  readonly hasDocument?: boolean;
}

/** A condition on the device `d`, or one on its document `o`, so that one look-up does for all that stand together. */
interface Condition {
  readonly on: 'device' | 'document' | 'neither';
  readonly condition: SqlFragment;
}

function compile(filter: Filter, context: Target): Condition {
  switch (filter.kind) {
    case 'and':
      return together(filter.parts.map((part) => compile(part, context)), allOf, context); // prettier-ignore
    case 'or':
      return together(filter.parts.map((part) => compile(part, context)), anyOf, context); // prettier-ignore
    case 'not': {
      const { on, condition } = compile(filter.part, context);
      return { on, condition: sql`not (${condition})` };
    }
    case 'attribute':
      return attributeMeets(filter, context);
    case 'attributeExists':
      return onDocument(documentHas(keysOf(filter, ALL_TYPES, context)));
    case 'arrayHasAll':
      return onDocument(arrayHasAll(filter, context));
    default:
      return { on: 'device', condition: compileField(filter, context) };
  }
}

/** Conditions on documents become one, beside those on devices. */
function together(
  parts: readonly Condition[],
  join: (conditions: readonly SqlFragment[]) => SqlFragment,
  context: Target,
): Condition {
  const ofDocuments = parts.filter(({ on }) => on === 'document').map(({ condition }) => condition);
  const ofDevices = parts.filter(({ on }) => on === 'device').map(({ condition }) => condition);
  const constants = parts.filter(({ on }) => on === 'neither').map(({ condition }) => condition);
  if (ofDocuments.length === 0) {
    return { on: ofDevices.length === 0 ? 'neither' : 'device', condition: join([...ofDevices, ...constants]) };
  }
  const document: Condition = { on: 'document', condition: join([...ofDocuments, ...constants]) };
  return ofDevices.length === 0
    ? document
    : { on: 'device', condition: join([...ofDevices, ofDevice(document, context)]) };
}

function onDocument(condition: SqlFragment): Condition {
  return { on: condition === FALSE ? 'neither' : 'document', condition };
}

/** Every device has a document. */
function ofDevice({ on, condition }: Condition, { projectId, hasDocument }: Target): SqlFragment {
  if (on !== 'document' || hasDocument === true) return condition;
  return sql`exists (select from device_document o
                     where o.project_id = ${projectId} and o.device_id = d.id and ${condition} ${FENCE})`;
}

function compileField(
  filter: Exclude<Filter, { kind: 'and' | 'or' | 'not' | 'attribute' | 'attributeExists' | 'arrayHasAll' }>,
  context: CompileContext,
): SqlFragment {
  switch (filter.kind) {
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
 * Keeps each test a look-up of one device. Without it the planner turns tests into joins, driven by estimates of one
 * value column that all keys share, and starts from the wrong end; where to start from is chosen by shapes/, from
 * counted frequencies.
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

export type AttributeFilter = Extract<Filter, { kind: 'attribute' }>;

/** Rows of one table of postings that meet a filter of attributes: those under these keys that meet the conditions on `p`. */
export interface PostingSource {
  readonly kind: PostingKind;
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
    const conditions = filter.tests.map((test) =>
      compileValueTest(kind, POSTING_COLUMNS[kind], test, filter.ignoreCase),
    );
    return keys.length === 0 || conditions.includes(FALSE) ? [] : [{ kind, keys, conditions }];
  });
}

const POSTING_COLUMNS: Readonly<Record<PostingKind, TextColumn>> = {
  text: { value: sql`p.value`, rest: sql`p.rest` },
  number: { value: sql`p.value` },
  boolean: { value: sql`p.value` },
};

/** Whether an operand of the filter is a whole array, which no single posting can meet. */
export function hasArrayOperand(filter: AttributeFilter): boolean {
  return filter.tests.some((test) => test.operator === 'in' && test.values.some((value) => typeof value === 'object'));
}

/** One scalar, one element of an array, or one whole array meets all tests. */
function attributeMeets(filter: AttributeFilter, context: Target): Condition {
  const { tests, ignoreCase } = filter;
  const conditions = POSTING_KINDS.flatMap((kind): Condition[] => {
    const keys = keysOf(
      filter,
      SCALAR_TYPES.filter((type) => POSTING_KIND_OF[type] === kind),
      context,
    );
    const operands = keys.length === 0 ? undefined : indexedOperands(kind, filter);
    if (operands?.length === 0) return [];
    return context.hasDocument !== true && operands !== undefined && operands.length * keys.length <= MOST_PROBES
      ? [{ on: 'device', condition: hasPosting(kind, keys, tests, context) }]
      : keys.map((key) => onDocument(documentMeets(key, tests, ignoreCase)));
  });
  const all = [...conditions, ...arrayEquals(filter, context)];
  return together(
    all.filter(({ condition }) => condition !== FALSE),
    anyOf,
    context,
  );
}

/** So many values under so many keys are looked for one by one; then the document, which has them all, is cheaper. */
const MOST_PROBES = 4;

/** The operands of a kind, if the index of values decides whether a value is one of them; else undefined. */
function indexedOperands(kind: PostingKind, { tests, ignoreCase }: AttributeFilter): ScalarValue[] | undefined {
  const [test, another] = tests;
  if (test?.operator !== 'in' || another !== undefined || (ignoreCase && kind === 'text')) return undefined;
  const type = kind === 'text' ? 'string' : kind;
  const operands = test.values.filter((value): value is ScalarValue => typeof value === type);
  const areShort = operands.every((value) => typeof value !== 'string' || value.length < INDEXED_CHARACTERS);
  return areShort ? operands : undefined;
}

function hasPosting(
  kind: PostingKind,
  keys: readonly AttributeKey[],
  tests: readonly ValueTest[],
  { projectId }: CompileContext,
): SqlFragment {
  const meets = tests.map((test) => compileValueTest(kind, POSTING_COLUMNS[kind], test, false));
  return sql`exists (select from ${POSTING_TABLES[kind]} p
                     where p.project_id = ${projectId} and ${isOneOf(keys)} and ${allOf(meets)}
                       and p.device_id = d.id ${FENCE})`;
}

function isOneOf(keys: readonly AttributeKey[]): SqlFragment {
  const ids = keys.map(({ id }) => id);
  return ids.length === 1 ? sql`p.key_id = ${ids[0]}` : sql`p.key_id = any(${ids}::integer[])`;
}

/** One whole array equals an array operand of every test; a test that has none is not met by an array. */
function arrayEquals(filter: AttributeFilter, context: CompileContext): Condition[] {
  const wanted = filter.tests.map((test) =>
    test.operator === 'in' ? test.values.filter((value) => typeof value === 'object') : [],
  );
  if (wanted.some((arrays) => arrays.length === 0)) return [];
  return keysOf(filter, ARRAY_TYPES, context).map((key) => {
    const ofType = wanted.map((arrays) => arrays.filter((array) => storedTypeOf(array) === key.type));
    if (ofType.some((arrays) => arrays.length === 0)) return onDocument(FALSE);
    return onDocument(
      key.type === 'EMPTY_ARRAY'
        ? documentHas([key])
        : allOf(ofType.map((arrays) => documentEquals(key, arrays, filter.ignoreCase))),
    );
  });
}

function arrayHasAll(filter: Extract<Filter, { kind: 'arrayHasAll' }>, context: CompileContext): SqlFragment {
  const { elements, ignoreCase } = filter;
  if (elements.length === 0) return documentHas(keysOf(filter, ARRAY_TYPES, context));
  const type = typeof elements[0];
  // No array holds booleans, nor strings and numbers together.
  if (type === 'boolean' || !elements.every((element) => typeof element === type)) return FALSE;
  // Within one attribute: each key's elements are compared by themselves.
  const keys = keysOf(filter, [type === 'number' ? 'NUMBER_ARRAY' : 'STRING_ARRAY'], context);
  return anyOf(keys.map((key) => documentHasAll(key, elements, ignoreCase)));
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
