import { sql, type SqlFragment } from '../../../src/database/sql.js';
import { keyOf, PROJECT, type Workload } from './workload.js';

function facetInCohort(cohort: number): SqlFragment {
  return sql`select a.value, count(*)::integer as count, (sum(count(*)) over ())::integer as present
             from device d join posting_text a on a.project_id = ${PROJECT} and a.device_id = d.id
              and a.key_id = ${keyOf('device_type')}
             where d.project_id = ${PROJECT} and d.cohort_id = ${cohort}
             group by a.value order by count desc, a.value limit 20`;
}

const BY_TYPE = { attribute: { name: 'device_type' } } as const;

export const FACETS: readonly Workload[] = [
  {
    kind: 'facet',
    name: 'facet of an attribute in a 3 % cohort',
    filter: () => ({ cohort: { eq: 'cohort-9' } }),
    by: BY_TYPE,
    byHand: () => facetInCohort(9),
  },
  {
    kind: 'facet',
    name: 'facet of an attribute in a 32 % cohort',
    filter: () => ({ cohort: { eq: 'cohort-1' } }),
    by: BY_TYPE,
    byHand: () => facetInCohort(1),
  },
  {
    kind: 'facet',
    name: 'facet of an attribute in the whole project',
    by: BY_TYPE,
    byHand: () => sql`
      select a.value, count(*)::integer as count, (sum(count(*)) over ())::integer as present
      from posting_text a where a.project_id = ${PROJECT} and a.key_id = ${keyOf('device_type')}
      group by a.value order by count desc, a.value limit 20`,
  },
  {
    kind: 'facet',
    name: 'facet of the cohort in the whole project',
    by: { field: 'COHORT' },
    byHand: () => sql`
      select c.slug as value, sum(n.delta)::integer as count from device_count n
      join cohort c on c.project_id = ${PROJECT} and c.id = n.owner_id
      where n.project_id = ${PROJECT} and n.kind = 'COHORT' group by c.slug order by count desc, c.slug limit 20`,
  },
  {
    kind: 'statistics',
    name: 'percentiles and histogram in a 3 % cohort',
    filter: () => ({ cohort: { eq: 'cohort-9' } }),
    attribute: 'cpu_temperature',
    byHand: () => sql`
      with found as materialized (
        select r.value from device d join posting_number r on r.project_id = ${PROJECT} and r.device_id = d.id
         and r.key_id = ${keyOf('cpu_temperature')}
        where d.project_id = ${PROJECT} and d.cohort_id = 9),
      whole as (
        select count(*)::integer as count, min(value), max(value), avg(value), stddev_pop(value) as deviation,
               percentile_cont(array[0.5, 0.95, 0.99]) within group (order by value) as percentiles from found)
      select whole.*, array(
        select array[bucket, count(*)] from (
          select least(width_bucket(value, min, max, 20), 20) as bucket from found) f group by bucket) as histogram
      from whole`,
  },
  {
    kind: 'catalogue',
    name: 'catalogue of attributes',
    byHand: () => sql`select name, scope, source, array_agg(type) from attribute_key
                      where project_id = ${PROJECT} group by 1, 2, 3 order by 1, 2, 3 limit 51`,
  },
  {
    kind: 'catalogue',
    name: 'completion by a piece of a name',
    nameContains: 'cpu',
    byHand: () => sql`select name, scope, source, array_agg(type) from attribute_key
                      where project_id = ${PROJECT} and name like '%cpu%' group by 1, 2, 3 order by 1, 2, 3 limit 51`,
  },
];
