/** The devices that one term of a filter finds, read from the side of the values. */
import { POSTING_TABLES } from '../../attributes/postings.js';
import { INDEXED_CHARACTERS } from '../../attributes/long-text.js';
import { allOf, join, sql, type SqlFragment } from '../../database/sql.js';
import {
  type AttributeFilter,
  type CompileContext,
  hasArrayOperand,
  type PostingSource,
  postingSources,
  presenceSources,
} from '../compile-filter.js';
import { compileTextTest } from '../compile-tests.js';
import type { Filter } from '../filter.js';
import { serialCandidates, textCandidates } from '../text-candidates.js';
import type { CountedList } from './frequencies.js';
import { rangeOf } from './long-ranges.js';

export interface PostingList {
  readonly term: Filter;
  /** Rows (device_id); the conditions are further ones on `p`. A device may come more than once unless `isInDeviceOrder`. */
  readonly select: (conditions: readonly SqlFragment[]) => SqlFragment;
  /** The index gives its devices in order of their ids, each once: it can be walked together with others. */
  readonly isInDeviceOrder: boolean;
  /** A device comes once. */
  readonly isUnique?: boolean;
  /** Its values are the numbers of this range. */
  readonly range?: CountedList['range'];
  /** Lists in device order that make up this one: of each value, under each key. */
  readonly parts?: readonly PostingList[];
}

export function toCounted({ select, range }: PostingList): CountedList {
  return { select: select([]), range };
}

/** The list of a term; undefined if no index leads from its values to devices. */
export function postingListOf(term: Filter, context: CompileContext): PostingList | undefined {
  if (term.kind === 'text' && term.field === 'deviceSerial') return serialList(term, context);
  if (term.kind === 'attributeExists') {
    const sources = presenceSources(term, context);
    return sources.length === 0 ? undefined : { term, select: selectFromAll(sources, context), isInDeviceOrder: false };
  }
  if (term.kind !== 'attribute' || hasArrayOperand(term)) return undefined;
  const sources = postingSources(term, context).map((source) => leadingInto(source, term, context));
  if (sources.includes(undefined)) return undefined;
  const [source, another] = sources;
  if (source === undefined) return undefined;
  const isUnique = another === undefined && hasOneValue(source);
  const range = another === undefined ? rangeIn(source, term, context) : undefined;
  const list = { term, select: selectFromAll(sources as LeadingSource[], context), isUnique, range };
  if (another === undefined && isOneValue(source, term)) return { ...list, isInDeviceOrder: true };
  const parts = term.ignoreCase ? undefined : partsOf(term, sources as LeadingSource[], context);
  return { ...list, isInDeviceOrder: false, ...(parts !== undefined && { parts }) };
}

function rangeIn(
  { kind, keys }: PostingSource,
  term: AttributeFilter,
  { projectId }: CompileContext,
): PostingList['range'] {
  const range = kind === 'number' ? rangeOf(term) : undefined;
  return range && { ...range, numbers: [projectId, ...keys.map(({ id }) => id)].join(' ') };
}

/** Postings that an index leads to. */
interface LeadingSource extends PostingSource {
  /** What follows FROM where it is not the table alone; yields postings `p`. */
  readonly from?: SqlFragment;
}

/** Undefined if no index leads to them: all postings of the keys would have to be read. */
function leadingInto(
  source: PostingSource,
  { tests, ignoreCase }: AttributeFilter,
  { projectId }: CompileContext,
): LeadingSource | undefined {
  const isCompared = tests.some((test) => INDEXED_OPERATORS.has(test.operator));
  if (isCompared && !(ignoreCase && source.kind === 'text')) return source;
  if (source.kind !== 'text') return undefined;
  const candidates = textCandidates(tests, ignoreCase, { projectId, keyIds: source.keys.map(({ id }) => id) });
  return candidates && { ...source, from: candidates.from, conditions: [candidates.condition, ...source.conditions] };
}

/** Beyond it the list is rather read whole. */
const MAX_PARTS = 20;

/** The lists of each single value under each single key, if all of them are in device order. */
function partsOf(
  term: AttributeFilter,
  sources: readonly PostingSource[],
  context: CompileContext,
): readonly PostingList[] | undefined {
  const [test, another] = term.tests;
  if (test?.operator !== 'in' || another !== undefined) return undefined;
  if (test.values.length * sources.reduce((sum, { keys }) => sum + keys.length, 0) > MAX_PARTS) return undefined;
  const parts: PostingList[] = [];
  for (const value of test.values) {
    const single: AttributeFilter = { ...term, tests: [{ operator: 'in', values: [value] }] };
    for (const source of postingSources(single, context)) {
      for (const key of source.keys) {
        const ofKey = { ...source, keys: [key] };
        if (!isOneValue(ofKey, single)) return undefined;
        parts.push({ term, select: selectFromAll([ofKey], context), isInDeviceOrder: true });
      }
    }
  }
  return parts;
}

/** Serials are unique, and have indexes of their own: of their values, and of their trigrams. */
function serialList(term: Extract<Filter, { kind: 'text' }>, context: CompileContext): PostingList | undefined {
  const { tests, ignoreCase } = term;
  const isByValue = !ignoreCase && tests.some((test) => INDEXED_OPERATORS.has(test.operator));
  const candidates = isByValue ? [] : serialCandidates(sql`p.device_serial`, tests, ignoreCase);
  if (candidates === undefined) return undefined;
  const conditions = [
    candidates,
    tests.map((test) => compileTextTest({ value: sql`p.device_serial` }, test, ignoreCase)),
  ];
  const where = allOf([sql`p.project_id = ${context.projectId}`, ...conditions.flat()]);
  return {
    term,
    select: (further) =>
      // The alias is that of postings, and the id has their name for it, so that further conditions fit.
      sql`select p.device_id from (select id as device_id, device_serial from device p where ${where}) p
          where ${allOf(further)}`,
    isInDeviceOrder: false,
    isUnique: true,
  };
}

/** What a B-tree on the value can find. */
const INDEXED_OPERATORS: ReadonlySet<string> = new Set(['in', 'gt', 'gte', 'lt', 'lte', 'startsWith']);

function selectFromAll(sources: readonly LeadingSource[], context: CompileContext): PostingList['select'] {
  return (conditions) =>
    join(
      sources.map((one) => selectFrom(one, conditions, context)),
      sql` union all `,
    );
}

function selectFrom(
  { kind, keys, conditions, from }: LeadingSource,
  further: readonly SqlFragment[],
  { projectId }: CompileContext,
): SqlFragment {
  const ids = keys.map(({ id }) => id);
  const where = allOf([
    sql`p.project_id = ${projectId}`,
    ids.length === 1 ? sql`p.key_id = ${ids[0]}` : sql`p.key_id = any(${ids}::integer[])`,
    ...conditions,
    ...further,
  ]);
  return sql`select p.device_id from ${from ?? sql`${POSTING_TABLES[kind]} p`} where ${where}`;
}

/** A device has one value at most under one key that is not of arrays. */
function hasOneValue({ keys }: PostingSource): boolean {
  const [key, another] = keys;
  return another === undefined && key !== undefined && !key.type.endsWith('ARRAY');
}

/** A device has a value under a key once, be it an element that stands twice in its array. */
function isOneValue({ keys }: PostingSource, { tests, ignoreCase }: AttributeFilter): boolean {
  const [test, another] = tests;
  if (keys.length !== 1 || test?.operator !== 'in' || another !== undefined || test.values.length !== 1) return false;
  const [value] = test.values;
  return typeof value !== 'string' || (!ignoreCase && value.length < INDEXED_CHARACTERS);
}
