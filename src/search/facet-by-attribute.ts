import type { AttributeKey } from '../attributes/keys.js';
import type { PostingKind } from '../attributes/postings.js';
import { integerLiteral, join, sql, type SqlFragment } from '../database/sql.js';
import type { CountingValues, Elements } from './counting-postings.js';
import { compileCountingValues } from './counting-values.js';
import { type FacetStatement, VALUE_KINDS } from './facet-statement.js';
import type { AttributeName } from './filter.js';
import type { FoundDevices } from './found-devices.js';

/** Buckets of the values that count. `keys` are those in use under the attribute's name. */
export function facetByAttribute(
  attribute: AttributeName,
  keys: readonly AttributeKey[],
  projectId: string,
  found: FoundDevices,
): FacetStatement {
  const values = compileCountingValues(attribute, keys, projectId, found);
  const buckets = values.elements.map(countElements);
  return {
    definitions: [
      ...values.definitions,
      sql`bucket as (${buckets.length === 0 ? NO_BUCKETS : join(buckets, sql` union all `)})`,
    ],
    totals: sql`select s.parent, s.n as found, coalesce(h.present, 0) as present, h.beyond
                from (${found.sizes}) s left join (${values.hasArrays ? holdersOf(values) : SUMS}) h on h.parent = s.parent`,
  };
}

const NO_BUCKETS = sql`select 0::bigint as parent, 0 as kind, null::double precision as number, null::text as text,
                              null::text as rest, null::boolean as flag, 0::bigint as n where false`;

/** Without arrays each device is in one bucket. */
const SUMS = sql`select b.parent, sum(b.n) as present, null::bigint as beyond from bucket b group by b.parent`;

function countElements({ kind, hasRest, select }: Elements): SqlFragment {
  const columns = hasRest ? sql`e.parent, e.value, e.rest` : sql`e.parent, e.value`;
  const value = (of: PostingKind, otherwise: SqlFragment) => (kind === of ? sql`e.value` : otherwise);
  return sql`select e.parent, ${kindLiteral(kind)} as kind,
                    ${value('number', sql`null::double precision`)} as number,
                    ${value('text', sql`null::text`)} as text, ${hasRest ? sql`e.rest` : sql`null::text`} as rest,
                    ${value('boolean', sql`null::boolean`)} as flag, count(*) as n
             from (${select}) e group by ${columns}`;
}

function kindLiteral(kind: PostingKind): SqlFragment {
  return integerLiteral(VALUE_KINDS[kind]);
}

const SHOWN_COLUMNS = { number: sql`s.number`, text: sql`s.text`, boolean: sql`s.flag` } as const;

/**
 * Rows (parent, present, beyond) where a device may be in several buckets, or, with an empty array, has a value and is
 * in none.
 */
function holdersOf({ elements, empty }: CountingValues): SqlFragment {
  const all = elements.map(
    ({ kind, hasRest, select }) =>
      sql`select e.parent, e.device_id, s.n is null as beyond
          from (${select}) e
          left join shown s on s.parent = e.parent and s.kind = ${kindLiteral(kind)} and ${SHOWN_COLUMNS[kind]} = e.value
               ${hasRest ? sql`and coalesce(s.rest, '') = coalesce(e.rest, '')` : sql``}`,
  );
  if (empty !== undefined) all.push(sql`select e.parent, e.device_id, true as beyond from (${empty}) e`);
  return sql`select h.parent, count(*) as present, count(*) filter (where h.beyond) as beyond
             from (select a.parent, a.device_id, bool_or(a.beyond) as beyond
                   from (${join(all, sql` union all `)}) a group by a.parent, a.device_id) h
             group by h.parent`;
}
