/** Exact numbers of the devices that a filter finds. */
import { allOf, sql, type SqlFragment } from '../database/sql.js';
import { alwaysHolds } from './always-holds.js';
import { attributeNamesOf, type CompileContext, compileFilter } from './compile-filter.js';
import type { Filter } from './filter.js';
import { type CountedDevices, findDevices, WHOLE_PROJECT } from './found-devices.js';
import { checkPatterns } from './patterns.js';
import { runCount } from './run-count.js';
import type { SearchContext } from './search.js';
import { chooseBranches } from './shapes/choose.js';
import { countRareLists } from './shapes/device-page.js';
import { needsIdAlone } from './shapes/ids-page.js';
import { type PostingList, postingListOf } from './shapes/posting-list.js';

/** Of the whole project. */
export async function countDevices(context: SearchContext, filter: Filter): Promise<number> {
  if (alwaysHolds(filter)) return (await countFound(context, { filter })).get(WHOLE_PROJECT) ?? 0;
  const { attributeKeys, database, frequencies, projectId, instant } = context;
  await checkPatterns(database, filter);
  const keys = await attributeKeys.byNames(database, projectId, [...new Set(attributeNamesOf(filter))]);
  const compileContext = { projectId, keys, instant };
  const { branches } = await chooseBranches(database, frequencies, filter, compileContext, 'other');
  const isRare = branches.every(({ shape }) => shape === 'fewest');
  const [row] = await runCount<{ count: string }>(
    database,
    'search.count',
    isRare ? countRareLists(branches, filter, compileContext) : countSets(filter, compileContext),
    isRare ? 'counting' : 'wholeLists',
  );
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
  const { definition, sizes } = await findDevices(context, counted);
  const rows = await runCount<{ parent: string; n: string }>(
    context.database,
    'search.count',
    sql`with ${definition} ${sizes}`,
  );
  return new Map(rows.map(({ parent, n }) => [parent, Number(n)]));
}
