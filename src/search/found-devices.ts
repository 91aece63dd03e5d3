/** The devices that a filter finds as a list to join with: for what is counted beside a page. */
import { allOf, sql, type SqlFragment } from '../database/sql.js';
import { alwaysHolds } from './always-holds.js';
import { attributeNamesOf, type CompileContext, compileFilter } from './compile-filter.js';
import type { Filter } from './filter.js';
import { keptCount, keptSizes } from './kept-counts.js';
import { checkPatterns } from './patterns.js';
import type { SearchContext } from './search.js';
import type { SearchRun } from './search-run.js';
import { deviceListOf } from './shapes/device-list.js';
import { type PostingList, postingListOf, toCounted } from './shapes/posting-list.js';
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

const PARENT_COLUMNS = { cohort: sql`d.cohort_id`, group: sql`d.group_id` } as const;

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
  /** There are so many that whole lists are compared with them, and an index gives them at once, as often as it is read. */
  readonly isMany: boolean;
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
  const column = parents === undefined ? sql`0::bigint` : PARENT_COLUMNS[parents.within];
  const ofParents = parents === undefined ? [] : [sql`${column} = any(${parents.parentIds}::bigint[])`];
  const ofProject = sql`d.project_id = ${projectId}`;
  if (alwaysHolds(filter)) {
    const condition = allOf([ofProject, ...ofParents]);
    return {
      shape: 'all',
      isWholeProject: parents === undefined,
      isMany: false,
      parent: column,
      condition,
      // An index gives these at once: to keep a copy of a large cohort would cost more than to read it twice.
      definition: sql`found as not materialized (select d.id as device_id, ${column} as parent from device d where ${condition})`,
      sizes: keptSizes(projectId, parents),
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
  const isMany = parents === undefined && (await isLongList(context, filter, compileContext, run));
  // Most filters cost more to run twice than their devices to keep; an index gives those of a cohort or group at once.
  const isKept = !isMany && (lists.length > 0 || !termsOf(filter).every(isMembership));
  const kept = parents === undefined ? keptCount(filter, projectId) : undefined;
  return {
    shape: isOfLists ? 'lists' : 'devices',
    isWholeProject: false,
    isMany,
    parent: column,
    condition,
    definition: sql`found as ${isKept ? sql`materialized` : sql`not materialized`} (${select})`,
    sizes:
      kept === undefined
        ? sql`select f.parent, count(*) as n from found f group by f.parent`
        : sql`select ${WHOLE_PROJECT}::bigint as parent, k.n from (${kept}) k`,
  };
}

/** As many as page searches count too, so that either knows what the other has counted. */
const MANY = 20_000;

/** Whether the filter asks for one value, cohort or group that many devices have. */
async function isLongList(
  { database, frequencies }: SearchContext,
  filter: Filter,
  compileContext: CompileContext,
  run: SearchRun,
): Promise<boolean> {
  const list = postingListOf(filter, compileContext) ?? deviceListOf(filter, compileContext);
  if (list?.isInDeviceOrder !== true) return false;
  const [frequency] = await frequencies.count(run.watch(database), [toCounted(list)], MANY);
  return frequency?.isBound === true;
}

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
