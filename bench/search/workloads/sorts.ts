import { sql, type SqlFragment } from '../../../src/database/sql.js';
import { COLUMNS, inDocument, keyOf, LIMIT, PROJECT, textIs, type Workload } from './workload.js';

const a = sql`a`;

const BY_TWO = [
  { attribute: { name: 'cpu_temperature' }, direction: 'DESC' },
  { attribute: { name: 'uptime_s' }, direction: 'DESC' },
] as const;

/** Finds the first key's value at the end of the page along its index, then sorts what is at or above it. */
function fromTheTop(filter: SqlFragment): SqlFragment {
  const top = sql`t.project_id = ${PROJECT} and t.key_id = ${keyOf('cpu_temperature')}`;
  return sql`
    select ${COLUMNS} from (
      select t.device_id as id, t.value as first, ${inDocument('uptime_s')}::double precision as second
      from posting_number t
      join device_document o on o.project_id = ${PROJECT} and o.device_id = t.device_id
      where ${top} and ${filter}
        and t.value >= (select t.value from posting_number t where ${top} and ${filter}
                        order by t.value desc offset 50 limit 1)
      order by first desc, second desc nulls last, id ${LIMIT}) page
    join device d on d.project_id = ${PROJECT} and d.id = page.id
    order by page.first desc, page.second desc nulls last, page.id`;
}

export const SORTS: readonly Workload[] = [
  {
    kind: 'page',
    name: 'sort by two attributes, dense filter',
    filter: () => ({ attributes: [{ name: 'device_type', eq: 'type-01' }] }),
    orderBy: BY_TWO,
    byHand: () =>
      fromTheTop(
        sql`exists (select from posting_text a where ${textIs(a, 'device_type', 'type-01')} and a.device_id = t.device_id offset 0)`,
      ),
  },
  {
    kind: 'page',
    name: 'sort by two attributes, no filter',
    orderBy: BY_TWO,
    byHand: () => fromTheTop(sql`true`),
  },
  {
    kind: 'page',
    name: 'sort by two attributes, sparse filter',
    filter: () => ({ attributes: [{ name: 'site', eq: 'site-0100' }] }),
    orderBy: BY_TWO,
    byHand: () => sql`
      select ${COLUMNS} from (
        select a.device_id as id, ${inDocument('cpu_temperature')}::double precision as first,
               ${inDocument('uptime_s')}::double precision as second
        from posting_text a
        join device_document o on o.project_id = ${PROJECT} and o.device_id = a.device_id
        where ${textIs(a, 'site', 'site-0100')}
        order by first desc nulls last, second desc nulls last, id ${LIMIT}) page
      join device d on d.project_id = ${PROJECT} and d.id = page.id
      order by page.first desc nulls last, page.second desc nulls last, page.id`,
  },
];
