/** The values of an attribute that count, read from all its postings. */
import type { AttributeKey, StoredType } from '../attributes/keys.js';
import { INDEXED_CHARACTERS } from '../attributes/long-text.js';
import { POSTING_KIND_OF, POSTING_KINDS, POSTING_TABLES, type PostingKind } from '../attributes/postings.js';
import { allOf, identifier, integerLiteral, join, sql, type SqlFragment } from '../database/sql.js';
import type { FoundDevices } from './found-devices.js';

/** Elements of one kind. */
export interface Elements {
  readonly kind: PostingKind;
  /** Whether a text is kept in two columns, `value` and `rest`; else it is whole in `value`. */
  readonly hasRest: boolean;
  /** Rows (parent, device_id, value[, rest]), one for each scalar and each different element of an array. */
  readonly select: SqlFragment;
}

export interface CountingValues {
  /** Definitions of common table expressions, in order, that the rest reads. */
  readonly definitions: readonly SqlFragment[];
  readonly elements: readonly Elements[];
  /** Rows (parent, value), one for each number and each element of an array of numbers, equal ones too. */
  readonly numbers: readonly SqlFragment[];
  /** Rows (parent, device_id) of devices whose value that counts is an empty array; undefined if there can be none. */
  readonly empty: SqlFragment | undefined;
  readonly hasArrays: boolean;
}

const ARRAY_TYPES: ReadonlySet<StoredType> = new Set(['STRING_ARRAY', 'NUMBER_ARRAY', 'EMPTY_ARRAY']);

/** Of the devices of `found`; of all, if the whole project is meant. No rows, and no cost, where `condition` is false. */
export function countingPostings(
  ranks: ReadonlyMap<AttributeKey, number>,
  projectId: string,
  found: FoundDevices,
  condition?: SqlFragment,
): CountingValues {
  const isContested = new Set(ranks.values()).size > 1;
  const candidates = [...ranks.keys()];
  const hasType = (...types: StoredType[]) => candidates.filter(({ type }) => types.includes(type));
  const reader: Reader = { projectId, found, ranks, isContested, condition };
  const texts = hasType('STRING', 'STRING_ARRAY');
  const elements: Elements[] = [];
  const add = (kind: PostingKind, ofKind: readonly AttributeKey[], hasRest: boolean, length?: SqlFragment) => {
    if (ofKind.length === 0) return;
    const columns = hasRest ? VALUE_AND_REST : VALUE;
    elements.push({ kind, hasRest, select: readPostings(reader, kind, ofKind, columns, length) });
  };
  add('number', hasType('NUMBER', 'NUMBER_ARRAY'), false);
  // What may have a rest is not in the index whole. Such texts are rare, and a small index of their own finds them; all
  // others are read from the index of values alone.
  add('text', texts, false, sql`octet_length(p.value) < ${LONG_BYTES}`);
  add('text', texts, true, sql`octet_length(p.value) >= ${LONG_BYTES}`);
  add('boolean', hasType('BOOLEAN'), false);
  const empties = hasType('EMPTY_ARRAY');
  return {
    definitions: isContested ? [countedPostings(reader)] : [],
    elements,
    numbers: [...readScalars(reader, hasType('NUMBER')), ...readArrays(reader, hasType('NUMBER_ARRAY'))],
    empty: empties.length === 0 ? undefined : readPostings(reader, 'boolean', empties, sql``),
    hasArrays: candidates.some(({ type }) => ARRAY_TYPES.has(type)),
  };
}

/** A text of fewer bytes has fewer characters than the index keeps, and so no rest. As in the index posting_text_long. */
const LONG_BYTES = integerLiteral(INDEXED_CHARACTERS);

interface Reader {
  readonly projectId: string;
  readonly found: FoundDevices;
  readonly ranks: ReadonlyMap<AttributeKey, number>;
  readonly isContested: boolean;
  readonly condition: SqlFragment | undefined;
}

const VALUE = sql`, p.value`;
const VALUE_AND_REST = sql`, p.value, p.rest`;

/** Rows (parent, device_id) with further columns of `p`, which has key_id, value and rest. */
function readPostings(
  reader: Reader,
  kind: PostingKind,
  keys: readonly AttributeKey[],
  columns: SqlFragment,
  length?: SqlFragment,
): SqlFragment {
  if (!reader.isContested) return joinPostings(reader, kind, keys, columns, length);
  const ids = keys.map(({ id }) => id);
  return sql`select p.parent, p.device_id${columns}
             from (select c.parent, c.device_id, c.key_id, c.${identifier(kind)} as value, c.rest from counted c) p
             where ${allOf([sql`p.key_id = any(${ids}::integer[])`, ...(length === undefined ? [] : [length])])}`;
}

/** The same, whatever the ranks of the keys. */
function joinPostings(
  { projectId, found, condition }: Reader,
  kind: PostingKind,
  keys: readonly AttributeKey[],
  columns: SqlFragment,
  length?: SqlFragment,
): SqlFragment {
  const rest = columns === VALUE || kind !== 'text' ? sql`` : sql`, p.rest`;
  const conditions = [ofKeys(projectId, keys), length].filter((one) => one !== undefined);
  const postings = sql`select p.device_id, p.key_id, p.value${rest}
                       from ${POSTING_TABLES[kind]} p where ${allOf(conditions)}`;
  if (found.isWholeProject) return sql`select ${found.parent} as parent, p.device_id${columns} from (${postings}) p`;
  // What is fenced is not read by several processes; of many devices the planner knows the number, and needs no fence.
  return sql`select f.parent, p.device_id${columns} from ${found.isMany ? sql`(${postings}) p` : fenced(postings)} ${JOIN_FOUND}
             ${condition === undefined ? sql`` : sql`where ${condition}`}`;
}

/**
 * Definition of `counted`: where several scopes or sources report the name, for each device the postings of the first of
 * them. By a window, which sorts them whatever the planner expects; a join with the ranks was at times a nested loop.
 */
function countedPostings(reader: Reader): SqlFragment {
  const all = POSTING_KINDS.flatMap((kind) =>
    [...new Set(reader.ranks.values())].flatMap((rank) => {
      const keys = [...reader.ranks].filter(([key, own]) => POSTING_KIND_OF[key.type] === kind && own === rank);
      if (keys.length === 0) return [];
      const value = (of: PostingKind, none: SqlFragment) => (kind === of ? sql`p.value` : none);
      const columns = sql`, p.key_id, ${integerLiteral(rank)} as rank, ${value('number', sql`null::double precision`)} as number,
                          ${value('text', sql`null::text`)} as text, ${kind === 'text' ? sql`p.rest` : sql`null::text`} as rest,
                          ${value('boolean', sql`null::boolean`)} as boolean`;
      return [joinPostings(reader, kind, keys.map(([key]) => key), columns)]; // prettier-ignore
    }),
  );
  return sql`counted as materialized (
    select r.* from (select u.*, rank() over (partition by u.device_id order by u.rank) as place
                     from (${join(all, sql` union all `)}) u) r
    where r.place = 1)`;
}

/**
 * Rows `p`, read once and compared with the devices found. The planner would rather look for each device by itself, along
 * an index that has the device last: it takes that for cheap, and reads all values of the key each time.
 */
function fenced(postings: SqlFragment): SqlFragment {
  return sql`(${postings} offset 0) p`;
}

function readScalars(reader: Reader, keys: readonly AttributeKey[]): SqlFragment[] {
  if (keys.length === 0) return [];
  return [sql`select p.parent, p.value from (${readPostings(reader, 'number', keys, VALUE)}) p`];
}

/** Postings tell which devices have an array, but not which of its elements it has twice. */
function readArrays(reader: Reader, keys: readonly AttributeKey[]): SqlFragment[] {
  if (keys.length === 0) return [];
  const postings = readPostings(reader, 'number', keys, sql`, p.key_id`);
  return [
    sql`select p.parent, e.one::double precision as value
        from (select distinct * from (${postings}) p) p
        join device_document o on o.project_id = ${reader.projectId} and o.device_id = p.device_id
        cross join lateral jsonb_array_elements_text(o.attributes -> p.key_id::text -> 0) as e(one)`,
  ];
}

const JOIN_FOUND = sql`join found f on f.device_id = p.device_id`;

/** A condition on `p`, a row of postings. */
export function ofKeys(projectId: string, keys: readonly AttributeKey[]): SqlFragment {
  const ids = keys.map(({ id }) => id);
  // With one key the index gives its postings in order of their values.
  const isOneOf = ids.length === 1 ? sql`p.key_id = ${ids[0]}` : sql`p.key_id = any(${ids}::integer[])`;
  return sql`p.project_id = ${projectId} and ${isOneOf}`;
}
