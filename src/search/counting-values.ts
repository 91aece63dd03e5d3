/** The values of one attribute that count, read from the postings: for facets and statistics. */
import { compareByPrecedence } from '../attributes/documents.js';
import type { AttributeKey, StoredType } from '../attributes/keys.js';
import { INDEXED_CHARACTERS } from '../attributes/long-text.js';
import { POSTING_KIND_OF, POSTING_KINDS, POSTING_TABLES, type PostingKind } from '../attributes/postings.js';
import { allOf, integerLiteral, join, sql, type SqlFragment } from '../database/sql.js';
import type { AttributeName } from './filter.js';
import type { FoundDevices } from './found-devices.js';

/** Where elements of one table of postings are read. */
export interface Elements {
  readonly kind: PostingKind;
  /** Whether a text is kept in two columns, `value` and `rest`; else it is whole in `value`. */
  readonly hasRest: boolean;
  /** Rows (parent, device_id, value[, rest]), one for each scalar and each different element of an array. */
  readonly select: SqlFragment;
}

export interface CountingValues {
  /** Definitions of common table expressions, in order, that the rest reads; `found` is among them if it is needed. */
  readonly definitions: readonly SqlFragment[];
  readonly elements: readonly Elements[];
  /** Rows (parent, value), one for each number and each element of an array of numbers, equal ones too. */
  readonly numbers: readonly SqlFragment[];
  /** Rows (parent, device_id) of devices whose value that counts is an empty array; undefined if there can be none. */
  readonly empty: SqlFragment | undefined;
  readonly hasArrays: boolean;
}

const ARRAY_TYPES: ReadonlySet<StoredType> = new Set(['STRING_ARRAY', 'NUMBER_ARRAY', 'EMPTY_ARRAY']);

/**
 * `keys` are those in use under the attribute's name. Where several scopes or sources report it, only the first of them
 * in order of precedence counts for each device, whatever its type.
 */
export function compileCountingValues(
  attribute: AttributeName,
  keys: readonly AttributeKey[],
  projectId: string,
  found: FoundDevices,
): CountingValues {
  const ranks = rankKeys(attribute, keys);
  const isContested = new Set(ranks.values()).size > 1;
  const candidates = [...ranks.keys()];
  const hasType = (...types: StoredType[]) => candidates.filter(({ type }) => types.includes(type));
  const reader = { projectId, found, ranks, isContested };
  const texts = hasType('STRING', 'STRING_ARRAY');
  const elements: Elements[] = [];
  const add = (kind: PostingKind, ofKind: readonly AttributeKey[], hasRest: boolean, condition?: SqlFragment) => {
    if (ofKind.length === 0) return;
    elements.push({
      kind,
      hasRest,
      select: readPostings(reader, kind, ofKind, hasRest ? sql`p.value, p.rest` : sql`p.value`, condition),
    });
  };
  add('number', hasType('NUMBER', 'NUMBER_ARRAY'), false);
  // What may have a rest is not in the index whole. Such texts are rare, and a small index of their own finds them; all
  // others are read from the index of values alone.
  add('text', texts, false, sql`octet_length(p.value) < ${LONG_BYTES}`);
  add('text', texts, true, sql`octet_length(p.value) >= ${LONG_BYTES}`);
  add('boolean', hasType('BOOLEAN'), false);
  const empties = hasType('EMPTY_ARRAY');
  return {
    definitions: [...(found.isWholeProject ? [] : [found.definition]), ...(isContested ? [bestRanks(reader)] : [])],
    elements,
    numbers: [...readScalars(reader, hasType('NUMBER')), ...readArrays(reader, hasType('NUMBER_ARRAY'))],
    empty: empties.length === 0 ? undefined : readPostings(reader, 'boolean', empties, sql`p.value`),
    hasArrays: candidates.some(({ type }) => ARRAY_TYPES.has(type)),
  };
}

/** A text of fewer bytes has fewer characters than the index keeps, and so no rest. As in the index posting_text_long. */
const LONG_BYTES = integerLiteral(INDEXED_CHARACTERS);

/** The keys that the attribute means, each with the place of its scope and source in order of precedence. */
function rankKeys(attribute: AttributeName, keys: readonly AttributeKey[]): ReadonlyMap<AttributeKey, number> {
  const meant = keys
    .filter(
      ({ name, scope, source }) =>
        name === attribute.name && scope === (attribute.scope ?? scope) && source === (attribute.source ?? source),
    )
    .toSorted(compareByPrecedence);
  const ranks = new Map<AttributeKey, number>();
  let rank = 0;
  meant.forEach((key, index) => {
    const previous = meant[index - 1];
    // Types of one scope and source share a rank: a device has one of them at most.
    if (previous !== undefined && compareByPrecedence(previous, key) !== 0) rank += 1;
    ranks.set(key, rank);
  });
  return ranks;
}

interface Reader {
  readonly projectId: string;
  readonly found: FoundDevices;
  readonly ranks: ReadonlyMap<AttributeKey, number>;
  readonly isContested: boolean;
}

function readPostings(
  reader: Reader,
  kind: PostingKind,
  keys: readonly AttributeKey[],
  columns: SqlFragment,
  condition?: SqlFragment,
): SqlFragment {
  const { projectId, found, isContested } = reader;
  const parent = found.isWholeProject ? found.parent : sql`f.parent`;
  const best = isContested
    ? sql`join ${rankTable(reader, keys)} on k.id = p.key_id
          join best b on b.device_id = p.device_id and b.rank = k.rank`
    : sql``;
  return sql`select ${parent} as parent, p.device_id, ${columns}
             from ${POSTING_TABLES[kind]} p ${joinFound(found)} ${best}
             where ${allOf([...ofKeys(projectId, keys), ...(condition === undefined ? [] : [condition])])}`;
}

function readScalars(reader: Reader, keys: readonly AttributeKey[]): SqlFragment[] {
  return keys.length === 0 ? [] : [readPostings(reader, 'number', keys, sql`p.value`)];
}

/** Postings tell which devices have an array, but not which of its elements it has twice. */
function readArrays(reader: Reader, keys: readonly AttributeKey[]): SqlFragment[] {
  if (keys.length === 0) return [];
  const postings = readPostings(reader, 'number', keys, sql`p.key_id`);
  return [
    sql`select p.parent, p.device_id, e.one::double precision as value
        from (select distinct * from (${postings}) p) p
        join device_document o on o.project_id = ${reader.projectId} and o.device_id = p.device_id
        cross join lateral jsonb_array_elements_text(o.attributes -> p.key_id::text -> 0) as e(one)`,
  ];
}

function joinFound({ isWholeProject }: FoundDevices): SqlFragment {
  return isWholeProject ? sql`` : sql`join found f on f.device_id = p.device_id`;
}

function ofKeys(projectId: string, keys: readonly AttributeKey[]): SqlFragment[] {
  const ids = keys.map(({ id }) => id);
  return [
    sql`p.project_id = ${projectId}`,
    // With one key the index gives its postings in order of their values.
    ids.length === 1 ? sql`p.key_id = ${ids[0]}` : sql`p.key_id = any(${ids}::integer[])`,
  ];
}

function rankTable({ ranks }: Reader, keys: readonly AttributeKey[]): SqlFragment {
  return sql`unnest(${keys.map(({ id }) => id)}::integer[], ${keys.map((key) => ranks.get(key))}::integer[]) as k(id, rank)`;
}

/** Definition of `best` (device_id, rank): for each device the first scope and source that reports the name. */
function bestRanks(reader: Reader): SqlFragment {
  const all = POSTING_KINDS.flatMap((kind) => {
    const keys = [...reader.ranks.keys()].filter(({ type }) => POSTING_KIND_OF[type] === kind);
    if (keys.length === 0) return [];
    return [
      sql`select p.device_id, k.rank
          from ${POSTING_TABLES[kind]} p ${joinFound(reader.found)} join ${rankTable(reader, keys)} on k.id = p.key_id
          where ${allOf(ofKeys(reader.projectId, keys))}`,
    ];
  });
  return sql`best as (select r.device_id, min(r.rank) as rank from (${join(all, sql` union all `)}) r group by r.device_id)`;
}
