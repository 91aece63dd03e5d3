/** The values of an attribute that count, read from the documents of few devices. */
import type { AttributeKey } from '../attributes/keys.js';
import { POSTING_KIND_OF, POSTING_KINDS, POSTING_TABLES, type PostingKind } from '../attributes/postings.js';
import { commaSeparated, integerLiteral, join, sql, type SqlFragment } from '../database/sql.js';
import { ofKeys } from './counting-postings.js';
import { keptSizes } from './kept-counts.js';

/** Whether the devices found are few: a look at each one's document costs less than all postings of the attribute. */
export const IS_FEW = sql`(select few.is_few from few)`;

/** Of more devices the postings are read, however many these are. */
const MOST_DEVICES = integerLiteral(20_000);
/**
 * A document takes as long as some 50 postings, but so many are not counted to know: of an attribute that few devices
 * have, all postings are read at once.
 */
const POSTINGS_PER_DOCUMENT = integerLiteral(5);
/** So many devices of the project for each one found: nearly all of them may have the attribute. */
const DEVICES_PER_DOCUMENT = integerLiteral(40);

interface DocumentsOfFew {
  readonly definitions: readonly SqlFragment[];
  /** Rows (parent, device_id, value), one for each scalar and each different element of an array. */
  readonly elementsOf: (kind: PostingKind) => SqlFragment;
  /** Rows (parent, value), one for each number and each element of an array of numbers. */
  readonly numbers: SqlFragment;
  /** Rows (parent, device_id) of empty arrays. */
  readonly empty: SqlFragment;
}

/** No rows at all if the devices of `found` are not few. `keys`, at least one, stand in order of precedence. */
export function documentsOfFew(keys: readonly AttributeKey[], projectId: string): DocumentsOfFew {
  const candidates = keys.map(({ id }) => sql`o.attributes -> ${String(id)}::text -> 0`);
  return {
    definitions: [
      sql`few as materialized (
        select f.n <= ${MOST_DEVICES} and p.n > f.n * ${POSTINGS_PER_DOCUMENT} and s.n >= f.n * ${DEVICES_PER_DOCUMENT} as is_few
        from (select count(*) as n from (select 1 from found limit ${MOST_DEVICES} + 1) f) f
        cross join (${keptSizes(projectId, undefined)}) s
        cross join lateral (
          select count(*) as n
          from (${postingsOf(keys, projectId)}
                limit case when f.n <= ${MOST_DEVICES} then f.n * ${POSTINGS_PER_DOCUMENT} + 1 else 0 end) p) p)`,
      // Fenced: the planner knows not how few they are, and would rather read all documents in one go.
      sql`own as materialized (
        select f.parent, f.device_id, o.value from found f
        cross join lateral (
          select coalesce(${commaSeparated(candidates)}) as value from device_document o
          where o.project_id = ${projectId} and o.device_id = f.device_id offset 0) o
        where ${IS_FEW})`,
    ],
    elementsOf: (kind) =>
      sql`select v.parent, v.device_id, ${typed(kind)} as value
          from own v cross join lateral (select distinct l.one from ${LIST}) e where ${isOf(kind)}`,
    numbers: sql`select v.parent, ${typed('number')} as value
                 from own v cross join lateral (select l.one from ${LIST}) e where ${isOf('number')}`,
    empty: sql`select v.parent, v.device_id from own v where v.value = '[]'::jsonb`,
  };
}

/** The elements of `v.value`, be it an array or not. */
const LIST = sql`jsonb_array_elements(case jsonb_typeof(v.value) when 'array' then v.value
                                      else jsonb_build_array(v.value) end) as l(one)`;

function isOf(kind: PostingKind): SqlFragment {
  return sql`jsonb_typeof(e.one) = ${kind === 'text' ? 'string' : kind}::text`;
}

function typed(kind: PostingKind): SqlFragment {
  switch (kind) {
    case 'text':
      return sql`(e.one #>> '{}') collate "C"`;
    case 'number':
      return sql`(e.one #>> '{}')::double precision`;
    case 'boolean':
      return sql`e.one::boolean`;
  }
}

function postingsOf(keys: readonly AttributeKey[], projectId: string): SqlFragment {
  const all = POSTING_KINDS.flatMap((kind) => {
    const own = keys.filter(({ type }) => POSTING_KIND_OF[type] === kind);
    return own.length === 0 ? [] : [sql`select 1 from ${POSTING_TABLES[kind]} p where ${ofKeys(projectId, own)}`];
  });
  return join(all, sql` union all `);
}
