/** Exact numbers of the devices that a filter finds. */
import { allOf, sql, type SqlFragment } from '../database/sql.js';
import { alwaysHolds } from './always-holds.js';
import { attributeNamesOf, type CompileContext, compileFilter } from './compile-filter.js';
import type { Filter } from './filter.js';
import { type CountedDevices, findDevices, WHOLE_PROJECT } from './found-devices.js';
import { normalForm } from './normal-form.js';
import { checkPatterns } from './patterns.js';
import { runCount } from './run-count.js';
import type { SearchContext } from './search.js';
import { warnAbout } from './warnings.js';
import { chooseBranches } from './shapes/choose.js';
import { countRareLists } from './shapes/device-page.js';
import { needsIdAlone } from './shapes/ids-page.js';
import { type PostingList, postingListOf } from './shapes/posting-list.js';
import { SearchRun } from './search-run.js';

/** Of the whole project. */
export async function countDevices(context: SearchContext, asked: Filter): Promise<number> {
  if (alwaysHolds(asked)) return (await countFound(context, { filter: asked })).get(WHOLE_PROJECT) ?? 0;
  const filter = normalForm(asked);
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
    isRare ? countRareLists(choice.branches, filter, compileContext) : countSets(filter, compileContext),
    isRare ? 'counting' : 'wholeLists',
  );
  run.end({ shape: isRare ? 'fewest' : 'sets', estimates: choice.estimates, rows: 1 });
  return Number(row?.count ?? 0);
}

/** Whole lists are compared at once, since all of what is found counts. */
function countSets(filter: Filter, context: CompileContext): SqlFragment {
  const lists: PostingList[] = [];
  const rest: Filter[] = [];
  for (const term of termsOf(filter)) {
    const list = postingListOf(term, context);
    if (list === undefined) rest.push(term);
    else lists.push(list);
  }
  const [first, ...others] = lists.toSorted((a, b) => Number(b.isInDeviceOrder) - Number(a.isInDeviceOrder));
  if (first === undefined || !rest.every(needsIdAlone)) {
    const conditions = [
      ...lists.map((list) => isIn(sql`d.id`, list)),
      ...rest.map((one) => compileFilter(one, context)),
    ];
    return sql`select count(*) as count from device d
               where ${allOf([sql`d.project_id = ${context.projectId}`, ...conditions])}`;
  }
  // Postings are only of devices that are there, so that the devices need no look.
  const conditions = [
    ...others.map((list) => isIn(sql`d.id`, list)),
    ...rest.map((one) => compileFilter(one, context)),
  ];
  const distinct = first.isInDeviceOrder ? sql`` : sql`distinct`;
  return sql`select count(*) as count from (select ${distinct} p.device_id as id from (${first.select([])}) p) d
             where ${allOf(conditions)}`;
}

function isIn(id: SqlFragment, list: PostingList): SqlFragment {
  return sql`${id} in (${list.select([])})`;
}

/** What all must hold. */
function termsOf(filter: Filter): readonly Filter[] {
  return filter.kind === 'and' ? filter.parts.flatMap(termsOf) : [filter];
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
