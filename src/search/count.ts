/** Exact numbers of the devices that a filter finds. */
import { allOf, sql, type SqlFragment } from '../database/sql.js';
import { alwaysHolds } from './always-holds.js';
import { attributeNamesOf, type CompileContext } from './compile-filter.js';
import type { Filter } from './filter.js';
import { type CountedDevices, findDevices, WHOLE_PROJECT } from './found-devices.js';
import { keptCount } from './kept-counts.js';
import { normalForm } from './normal-form.js';
import { checkPatterns } from './patterns.js';
import { runCount } from './run-count.js';
import type { SearchContext } from './search.js';
import { warnAbout } from './warnings.js';
import { chooseBranches } from './shapes/choose.js';
import { bySets, fromRareLists, type Source } from './shapes/device-page.js';
import { type PostingList, postingListOf } from './shapes/posting-list.js';
import { SearchRun } from './search-run.js';

/** Of the whole project. */
export async function countDevices(context: SearchContext, asked: Filter): Promise<number> {
  if (alwaysHolds(asked)) return (await countFound(context, { filter: asked })).get(WHOLE_PROJECT) ?? 0;
  const filter = normalForm(asked);
  const kept = keptCount(filter, context.projectId);
  if (kept !== undefined) return countKept(context, kept);
  const { attributeKeys, frequencies, projectId, instant } = context;
  await checkPatterns(context.database, filter);
  const run = new SearchRun(context.report, 'search.count');
  const database = run.watch(context.database);
  const keys = await attributeKeys.byNames(database, projectId, [...new Set(attributeNamesOf(filter))]);
  warnAbout(context, filter, [], keys);
  const compileContext = { projectId, keys, instant };
  const choice = await chooseBranches(database, frequencies, filter, compileContext, 'other');
  const isRare = choice.branches.every(({ shape }) => shape === 'fewest');
  const [row] = await runCount<{ count: string }>(
    database,
    'search.count',
    isRare
      ? countOf(fromRareLists(choice.branches, filter, compileContext, true), projectId)
      : countSets(filter, compileContext),
    isRare ? 'counting' : 'wholeLists',
  );
  run.end({ shape: isRare ? 'fewest' : 'sets', estimates: choice.estimates, rows: 1 });
  return Number(row?.count ?? 0);
}

async function countKept({ database, report }: SearchContext, kept: SqlFragment): Promise<number> {
  const run = new SearchRun(report, 'search.count');
  const [row] = await run.watch(database).rows<{ n: string }>('search.count', kept);
  run.end({ shape: 'kept', estimates: [], rows: 1 });
  return Number(row?.n ?? 0);
}

/** Whole lists are compared at once, since all of what is found counts. */
function countSets(filter: Filter, context: CompileContext): SqlFragment {
  const lists: PostingList[] = [];
  for (const term of filter.kind === 'and' ? filter.parts : [filter]) {
    const list = postingListOf(term, context);
    if (list === undefined) return countOf(bySets(filter, context), context.projectId);
    lists.push(list);
  }
  // Postings are only of devices that are there, so that the devices need no look.
  const [first, ...others] = lists.toSorted((a, b) => Number(b.isInDeviceOrder) - Number(a.isInDeviceOrder));
  if (first === undefined) return countOf(bySets(filter, context), context.projectId);
  const distinct = first.isInDeviceOrder ? sql`` : sql`distinct`;
  return sql`select count(*) as count from (select ${distinct} p.device_id as id from (${first.select([])}) p) d
             where ${allOf(others.map((list) => sql`d.id in (${list.select([])})`))}`;
}

function countOf({ from, conditions, hasIdAlone = false }: Source, projectId: string): SqlFragment {
  const ofProject = hasIdAlone ? [] : [sql`d.project_id = ${projectId}`];
  return sql`select count(*) as count from ${from} where ${allOf([...ofProject, ...conditions])}`;
}

/** Of each parent, by its id; a parent without such devices is absent. */
export function countDevicesWithin(
  context: SearchContext,
  within: 'cohort' | 'group',
  filter: Filter,
  parentIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  return countFound(context, { filter, parents: { within, parentIds } });
}

async function countFound(context: SearchContext, counted: CountedDevices): Promise<ReadonlyMap<string, number>> {
  const run = new SearchRun(context.report, 'search.count');
  const { definition, shape, sizes } = await findDevices(context, counted, run);
  const rows = await runCount<{ parent: string; n: string }>(
    run.watch(context.database),
    'search.count',
    sql`with ${definition} ${sizes}`,
  );
  run.end({ shape, estimates: [], rows: rows.length });
  return new Map(rows.map(({ parent, n }) => [parent, Number(n)]));
}
