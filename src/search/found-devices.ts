/** The devices that a filter finds as a list to join with: for what is counted beside a page. */
import { allOf, sql, type SqlFragment } from '../database/sql.js';
import { alwaysHolds } from './always-holds.js';
import { attributeNamesOf, compileFilter } from './compile-filter.js';
import type { Filter } from './filter.js';
import { checkPatterns } from './patterns.js';
import type { SearchContext } from './search.js';
import type { SearchRun } from './search-run.js';
import { type PostingList, postingListOf } from './shapes/posting-list.js';
import { warnAbout } from './warnings.js';

/** The devices of these cohorts or groups, each set by itself. */
interface Parents {
  readonly within: 'cohort' | 'group';
  readonly parentIds: readonly string[];
}

/** What is counted: all devices of the project for which the filter holds, or those of each parent. */
export interface CountedDevices {
  readonly filter: Filter;
  /** Absent: the whole project, which is one set under the id WHOLE_PROJECT. */
  readonly parents?: Parents;
}

/** Stands for the parent where the whole project is counted. */
export const WHOLE_PROJECT = '0';

const PARENTS = {
  cohort: { column: sql`d.cohort_id`, kind: 'COHORT' },
  group: { column: sql`d.group_id`, kind: 'GROUP' },
} as const;

export interface FoundDevices {
  /**
   * How they are found, for the plan.
   * - `all`: whatever the filter says, it holds.
   * - `lists`: the devices of some terms together, which are all that is asked.
   * - `devices`: devices that are tested, where terms have lists only those on them.
   */
  readonly shape: 'all' | 'lists' | 'devices';
  /** Every device of the project is meant, so that statements may leave the devices out. */
  readonly isWholeProject: boolean;
  /** Id of the parent of `d`. */
  readonly parent: SqlFragment;
  /** A condition on `d`, a row of device. */
  readonly condition: SqlFragment;
  /** The definition of a common table expression `found` (device_id, parent). */
  readonly definition: SqlFragment;
  /** Rows (parent, n): how many devices each parent has in `found`. Kept counts answer it where the filter holds for all. */
  readonly sizes: SqlFragment;
}

/** Throws for a bad regular expression, with its path. Statements that it needs count for the run. */
export async function findDevices(
  context: SearchContext,
  { filter, parents }: CountedDevices,
  run: SearchRun,
): Promise<FoundDevices> {
  const { attributeKeys, database, projectId, instant } = context;
  const { column, kind } = parents === undefined ? WHOLE : PARENTS[parents.within];
  const ofParents = parents === undefined ? [] : [sql`${column} = any(${parents.parentIds}::bigint[])`];
  const ofProject = sql`d.project_id = ${projectId}`;
  if (alwaysHolds(filter)) {
    const condition = allOf([ofProject, ...ofParents]);
    return {
      shape: 'all',
      isWholeProject: parents === undefined,
      parent: column,
      condition,
      // An index gives these at once: to keep a copy of a large cohort would cost more than to read it twice.
      definition: sql`found as not materialized (select d.id as device_id, ${column} as parent from device d where ${condition})`,
      sizes: keptSizes(projectId, kind, parents?.parentIds),
    };
  }
  await checkPatterns(database, filter);
  const keys = await attributeKeys.byNames(run.watch(database), projectId, [...new Set(attributeNamesOf(filter))]);
  warnAbout(context, filter, [], keys);
  const compileContext = { projectId, keys, instant };
  const lists: PostingList[] = [];
  const tests: SqlFragment[] = [];
  for (const term of termsOf(filter)) {
    const list = postingListOf(term, compileContext);
    if (list === undefined) tests.push(compileFilter(term, compileContext));
    else lists.push(list);
  }
  const condition = allOf([ofProject, ...ofParents, ...lists.map((list) => isIn(sql`d.id`, list)), ...tests]);
  // Postings are only of devices that are there, so the devices need a look only where something else is asked of them.
  const isOfLists = lists.length > 0 && tests.length === 0 && parents === undefined;
  const select = isOfLists
    ? intersect(lists)
    : sql`select d.id as device_id, ${column} as parent from device d where ${condition}`;
  // Most filters cost more to run twice than their devices to keep; an index gives those of a cohort or group at once.
  const isKept = lists.length > 0 || !termsOf(filter).every(isMembership);
  return {
    shape: isOfLists ? 'lists' : 'devices',
    isWholeProject: false,
    parent: column,
    condition,
    definition: sql`found as ${isKept ? sql`materialized` : sql`not materialized`} (${select})`,
    sizes: sql`select f.parent, count(*) as n from found f group by f.parent`,
  };
}

const WHOLE = { column: sql`0::bigint`, kind: 'COHORT' } as const;

/** What all must hold. */
function termsOf(filter: Filter): readonly Filter[] {
  return filter.kind === 'and' ? filter.parts.flatMap(termsOf) : [filter];
}

/** Whole lists are compared at once, since all devices are wanted; a page, which ends early, has other shapes. */
function isIn(id: SqlFragment, list: PostingList): SqlFragment {
  // One value's devices stand in the index in their order, so that each can be looked for. In other lists the planner
  // believes it could, and would read the whole list for each; the fence makes it read them once.
  return list.isInDeviceOrder ? sql`${id} in (${list.select([])})` : sql`${id} in (${list.select([])} offset 0)`;
}

function intersect(lists: readonly PostingList[]): SqlFragment {
  const first = lists.find(({ isInDeviceOrder }) => isInDeviceOrder) ?? lists[0]!;
  const others = lists.filter((list) => list !== first).map((list) => isIn(sql`l.device_id`, list));
  return sql`select ${first.isInDeviceOrder ? sql`` : sql`distinct`} l.device_id, 0::bigint as parent
             from (${first.select([])}) l where ${allOf(others)}`;
}

/** Whether this asks for the devices of some cohorts or groups. */
function isMembership(term: Filter): boolean {
  return (
    term.kind === 'text' &&
    (term.field === 'cohort' || term.field === 'group') &&
    term.tests.every(({ operator }) => operator === 'in')
  );
}

function keptSizes(projectId: string, kind: 'COHORT' | 'GROUP', parentIds: readonly string[] | undefined): SqlFragment {
  // Each device is in exactly one cohort.
  return parentIds === undefined
    ? sql`select 0::bigint as parent, coalesce(sum(c.delta), 0) as n from device_count c
          where c.project_id = ${projectId} and c.kind = ${kind}`
    : sql`select c.owner_id as parent, sum(c.delta) as n from device_count c
          where c.project_id = ${projectId} and c.kind = ${kind} and c.owner_id = any(${parentIds}::bigint[])
          group by c.owner_id`;
}
