import { commaSeparated, identifier, sql, type SqlFragment } from '../database/sql.js';
import type { AttributeValue, ScalarValue } from '../model/attribute-value.js';
import type { StoredType } from './keys.js';
import { splitText } from './long-text.js';

/** Which table of postings keeps values of a type. */
export type PostingKind = 'text' | 'number' | 'boolean';

export const POSTING_KINDS: readonly PostingKind[] = ['text', 'number', 'boolean'];

export const POSTING_TABLES: Readonly<Record<PostingKind, SqlFragment>> = {
  text: identifier('posting_text'),
  number: identifier('posting_number'),
  boolean: identifier('posting_boolean'),
};

export const POSTING_KIND_OF: Readonly<Record<StoredType, PostingKind>> = {
  STRING: 'text',
  STRING_ARRAY: 'text',
  NUMBER: 'number',
  NUMBER_ARRAY: 'number',
  BOOLEAN: 'boolean',
  // One posting that says "it is there".
  EMPTY_ARRAY: 'boolean',
};

/** All postings of one value of a device that are to be there afterwards. */
export interface PostingWrite {
  readonly deviceId: string;
  readonly keyId: number;
  readonly type: StoredType;
  readonly value: AttributeValue;
}

/** Postings of a device and key that are to go: those from this ordinal on. */
export interface PostingRemoval {
  readonly deviceId: string;
  readonly keyId: number;
  readonly type: StoredType;
  readonly fromOrdinal: number;
}

/**
 * Common table expressions that make the postings so, to stand before the statement that writes the documents.
 * Equal values are skipped by the conflict clause: no new row version, almost no write-ahead log. The caller holds
 * the locks of the devices' rows, and no removal names a posting that is also written.
 */
export function writePostings(
  projectId: string,
  writes: readonly PostingWrite[],
  removals: readonly PostingRemoval[],
): SqlFragment[] {
  return POSTING_KINDS.flatMap((kind) => [
    ...removeOfKind(
      projectId,
      kind,
      removals.filter(({ type }) => POSTING_KIND_OF[type] === kind),
    ),
    ...writeOfKind(
      projectId,
      kind,
      writes.filter(({ type }) => POSTING_KIND_OF[type] === kind),
    ),
  ]);
}

function removeOfKind(projectId: string, kind: PostingKind, removals: readonly PostingRemoval[]): SqlFragment[] {
  if (removals.length === 0) return [];
  return [
    sql`${identifier(`removed_${kind}`)} as (
      delete from ${POSTING_TABLES[kind]} p
      using unnest(${removals.map((one) => one.deviceId)}::bigint[], ${removals.map((one) => one.keyId)}::integer[],
                   ${removals.map((one) => one.fromOrdinal)}::integer[]) as gone(device_id, key_id, from_ordinal)
      where p.project_id = ${projectId} and p.device_id = gone.device_id and p.key_id = gone.key_id
        and p.ordinal >= gone.from_ordinal)`,
  ];
}

interface Posting {
  readonly deviceId: string;
  readonly keyId: number;
  readonly ordinal: number;
  readonly value: ScalarValue;
}

function writeOfKind(projectId: string, kind: PostingKind, writes: readonly PostingWrite[]): SqlFragment[] {
  if (writes.length === 0) return [];
  const postings = writes.flatMap(toPostings);
  const columns = [
    sql`${postings.map((one) => one.deviceId)}::bigint[]`,
    sql`${postings.map((one) => one.keyId)}::integer[]`,
    sql`${postings.map((one) => one.ordinal)}::integer[]`,
    ...valueColumns(kind, postings),
  ];
  const valueNames = kind === 'text' ? sql`value, rest` : sql`value`;
  const table = POSTING_TABLES[kind];
  const update =
    kind === 'text'
      ? sql`value = excluded.value, rest = excluded.rest
            where (p.value, p.rest) is distinct from (excluded.value, excluded.rest)`
      : sql`value = excluded.value where p.value is distinct from excluded.value`;
  return [
    sql`${identifier(`written_${kind}`)} as (
      insert into ${table} as p (project_id, device_id, key_id, ordinal, ${valueNames})
      select ${projectId}::bigint, device_id, key_id, ordinal, ${valueNames}
      from unnest(${commaSeparated(columns)}) as new(device_id, key_id, ordinal, ${valueNames})
      on conflict (project_id, device_id, key_id, ordinal) do update set ${update})`,
  ];
}

function toPostings({ deviceId, keyId, type, value }: PostingWrite): Posting[] {
  if (type === 'EMPTY_ARRAY') return [{ deviceId, keyId, ordinal: 0, value: true }];
  const elements: readonly ScalarValue[] = typeof value === 'object' ? value : [value];
  return elements.map((element, ordinal) => ({ deviceId, keyId, ordinal, value: element }));
}

function valueColumns(kind: PostingKind, postings: readonly Posting[]): SqlFragment[] {
  switch (kind) {
    case 'text': {
      const texts = postings.map(({ value }) => splitText(String(value)));
      return [sql`${texts.map(({ value }) => value)}::text[]`, sql`${texts.map(({ rest }) => rest)}::text[]`];
    }
    case 'number':
      return [sql`${postings.map(({ value }) => value)}::double precision[]`];
    case 'boolean':
      return [sql`${postings.map(({ value }) => value)}::boolean[]`];
  }
}
