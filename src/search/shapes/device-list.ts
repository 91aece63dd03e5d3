/** The devices that one term about the devices themselves finds, read along an index of the table device. */
import { allOf, identifier, sql, type SqlFragment } from '../../database/sql.js';
import type { CompileContext } from '../compile-filter.js';
import { compileTextTest } from '../compile-tests.js';
import { RELATED_TEXT_FIELDS } from '../fields.js';
import type { Filter } from '../filter.js';
import type { PostingList } from './posting-list.js';

/** The list of a term; undefined if no index leads to its devices. */
export function deviceListOf(term: Filter, context: CompileContext): PostingList | undefined {
  const condition = indexedCondition(term, context);
  if (condition === undefined) return undefined;
  return {
    term,
    select: (conditions) =>
      // The alias is that of postings, and the id has their name for it, so that further conditions fit.
      sql`select p.device_id from (
            select m.id as device_id from device m where m.project_id = ${context.projectId} and ${condition}) p
          where ${allOf(conditions)}`,
    isInDeviceOrder: isSole(term),
  };
}

function indexedCondition(term: Filter, { projectId }: CompileContext): SqlFragment | undefined {
  if (term.kind === 'ids') return sql`m.id = any(${term.ids}::bigint[])`;
  if (term.kind !== 'text' || (term.field !== 'cohort' && term.field !== 'group')) return undefined;
  const { table, text } = RELATED_TEXT_FIELDS[term.field];
  const column = sql`m.${identifier(`${term.field}_id`)}`;
  const tests = term.tests.map((test) => compileTextTest({ value: sql`r.${text}` }, test, term.ignoreCase));
  const owners = sql`select r.id from ${table} r where ${allOf([sql`r.project_id = ${projectId}`, ...tests])}`;
  return isSole(term) ? sql`${column} = (${owners})` : sql`${column} = any(array(${owners}))`;
}

/** Of one cohort or group. */
function isSole(term: Filter): boolean {
  if (term.kind !== 'text' || term.ignoreCase) return false;
  const [test, another] = term.tests;
  return another === undefined && test?.operator === 'in' && test.values.length === 1;
}
