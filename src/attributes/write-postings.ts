/** From the values that devices had and are to have, to the rows of the search index that differ. */
import { commaSeparated, identifier, sql, type SqlFragment } from '../database/sql.js';
import { type ValueColumn, valueRows } from '../database/value-rows.js';
import type { AttributeValue, ScalarValue } from '../model/attribute-value.js';
import type { StoredType } from './keys.js';
import { splitText } from './long-text.js';
import { elementsOf, POSTING_KIND_OF, POSTING_KINDS, POSTING_TABLES, type PostingKind } from './postings.js';

/** A device's value under one key. Both values are of the key's type. */
export interface ValueChange {
  readonly deviceId: string;
  readonly keyId: number;
  readonly type: StoredType;
  /** What its document holds; absent: none. */
  readonly before?: AttributeValue | undefined;
  /** Absent: none. */
  readonly after?: AttributeValue | undefined;
}

/**
 * Common table expressions that make the postings so, for a statement that writes the documents too. They rely on the
 * postings being what the documents hold: the caller has read these under the locks of the devices' rows.
 */
export function writePostings(projectId: string, changes: readonly ValueChange[]): SqlFragment[] {
  return POSTING_KINDS.flatMap((kind) => {
    const { gone, replaced, added } = compare(changes.filter(({ type }) => POSTING_KIND_OF[type] === kind));
    return [
      ...(gone.length === 0 ? [] : [remove(projectId, kind, gone)]),
      ...(replaced.length === 0 ? [] : [replace(projectId, kind, replaced)]),
      ...(added.length === 0 ? [] : [add(projectId, kind, added)]),
    ];
  });
}

interface Posting {
  readonly deviceId: string;
  readonly keyId: number;
  readonly value: ScalarValue;
}

interface Replacement extends Posting {
  readonly next: ScalarValue;
}

/** What is no more and what is new under one key become one update, as long as there are both. */
function compare(changes: readonly ValueChange[]) {
  const gone: Posting[] = [];
  const replaced: Replacement[] = [];
  const added: Posting[] = [];
  for (const { deviceId, keyId, before, after } of changes) {
    const [old, fresh] = differences(before, after);
    const both = Math.min(old.length, fresh.length);
    old.forEach((value, index) => {
      if (index < both) replaced.push({ deviceId, keyId, value, next: fresh[index]! });
      else gone.push({ deviceId, keyId, value });
    });
    fresh.slice(both).forEach((value) => added.push({ deviceId, keyId, value }));
  }
  return { gone, replaced, added };
}

const NO_DIFFERENCE = [[], []] as const;

/** Elements of the one value that are not in the other, on both sides. */
function differences(before: AttributeValue | undefined, after: AttributeValue | undefined) {
  // By far the most.
  if (before !== undefined && after !== undefined && typeof before !== 'object' && typeof after !== 'object') {
    return before === after ? NO_DIFFERENCE : ([[before], [after]] as const);
  }
  const had = before === undefined ? [] : elementsOf(before);
  const has = after === undefined ? [] : elementsOf(after);
  if (had.length === 0 || has.length === 0) return [had, has] as const;
  const [old, fresh] = [new Set(had), new Set(has)];
  return [had.filter((value) => !fresh.has(value)), has.filter((value) => !old.has(value))] as const;
}

function remove(projectId: string, kind: PostingKind, postings: readonly Posting[]): SqlFragment {
  return sql`${identifier(`removed_${kind}`)} as (
    delete from ${POSTING_TABLES[kind]} p using ${valueRows(sql`old`, postingColumns(kind, postings))}
    where ${isOld(projectId, kind)})`;
}

function replace(projectId: string, kind: PostingKind, postings: readonly Replacement[]): SqlFragment {
  const isText = kind === 'text';
  const next = valueColumns(kind, postings.map((one) => one.next), sql`next`, sql`next_rest`); // prettier-ignore
  return sql`${identifier(`replaced_${kind}`)} as (
    update ${POSTING_TABLES[kind]} p set ${isText ? sql`value = old.next, rest = old.next_rest` : sql`value = old.next`}
    from ${valueRows(sql`old`, [...postingColumns(kind, postings), ...next])}
    where ${isOld(projectId, kind)})`;
}

function add(projectId: string, kind: PostingKind, postings: readonly Posting[]): SqlFragment {
  const columns = postingColumns(kind, postings);
  const names = commaSeparated(columns.map(({ name }) => name));
  return sql`${identifier(`added_${kind}`)} as (
    insert into ${POSTING_TABLES[kind]} (project_id, ${names})
    select ${projectId}::integer, ${names} from ${valueRows(sql`new`, columns)})`;
}

/** All columns of the index of values, so that each posting is found by one look into it. */
function isOld(projectId: string, kind: PostingKind): SqlFragment {
  const sameRest = kind === 'text' ? sql` and p.rest is not distinct from old.rest` : sql``;
  return sql`p.project_id = ${projectId} and p.key_id = old.key_id and p.value = old.value
             and p.device_id = old.device_id${sameRest}`;
}

function postingColumns(kind: PostingKind, postings: readonly Posting[]): ValueColumn[] {
  const values = postings.map(({ value }) => value);
  return [
    { name: sql`device_id`, type: sql`bigint`, values: postings.map(({ deviceId }) => deviceId) },
    { name: sql`key_id`, type: sql`integer`, values: postings.map(({ keyId }) => keyId) },
    ...valueColumns(kind, values, sql`value`, sql`rest`),
  ];
}

function valueColumns(
  kind: PostingKind,
  values: readonly ScalarValue[],
  name: SqlFragment,
  restName: SqlFragment,
): ValueColumn[] {
  switch (kind) {
    case 'text': {
      const texts = values.map((value) => splitText(String(value)));
      // Few texts are so long.
      const rests = texts.map(({ rest }) => rest).slice(0, texts.findLastIndex(({ rest }) => rest !== null) + 1);
      return [
        { name, type: sql`text`, values: texts.map(({ value }) => value) },
        { name: restName, type: sql`text`, values: rests },
      ];
    }
    case 'number':
      return [{ name, type: sql`double precision`, values }];
    case 'boolean':
      return [{ name, type: sql`boolean`, values }];
  }
}
