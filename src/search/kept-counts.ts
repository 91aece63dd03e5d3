/** Numbers of devices that are counted all the time (device_count), so that no device needs a look. */
import { allOf, sql, type SqlFragment } from '../database/sql.js';
import { compileTextTest } from './compile-tests.js';
import { RELATED_TEXT_FIELDS } from './fields.js';
import type { Filter } from './filter.js';

type CountKind = 'COHORT' | 'GROUP';

const KINDS: Readonly<Record<'cohort' | 'group', CountKind>> = { cohort: 'COHORT', group: 'GROUP' };

/** A row (n) of the devices for which the term holds; undefined if they are not counted. */
export function keptCount(term: Filter, projectId: string): SqlFragment | undefined {
  if (term.kind !== 'text' || (term.field !== 'cohort' && term.field !== 'group')) return undefined;
  if (!term.tests.every(({ operator }) => operator === 'in')) return undefined;
  const { table, text } = RELATED_TEXT_FIELDS[term.field];
  const tests = term.tests.map((test) => compileTextTest({ value: sql`r.${text}` }, test, term.ignoreCase));
  const owners = sql`select r.id from ${table} r where ${allOf([sql`r.project_id = ${projectId}`, ...tests])}`;
  return sql`select coalesce(sum(c.delta), 0) as n from device_count c
             where c.project_id = ${projectId} and c.kind = ${KINDS[term.field]} and c.owner_id in (${owners})`;
}

/** Rows (parent, n) of these cohorts or groups; of the whole project, under parent 0, if there are none. */
export function keptSizes(
  projectId: string,
  parents: { readonly within: 'cohort' | 'group'; readonly parentIds: readonly string[] } | undefined,
): SqlFragment {
  // Each device is in exactly one cohort.
  if (parents === undefined) {
    return sql`select 0::bigint as parent, coalesce(sum(c.delta), 0) as n from device_count c
               where c.project_id = ${projectId} and c.kind = 'COHORT'`;
  }
  return sql`select c.owner_id as parent, sum(c.delta) as n from device_count c
             where c.project_id = ${projectId} and c.kind = ${KINDS[parents.within]}
               and c.owner_id = any(${parents.parentIds}::bigint[])
             group by c.owner_id`;
}
