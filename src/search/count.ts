/** Exact numbers of the devices that a filter finds. */
import { sql } from '../database/sql.js';
import type { Filter } from './filter.js';
import { type CountedDevices, findDevices, WHOLE_PROJECT } from './found-devices.js';
import { runCount } from './run-count.js';
import type { SearchContext } from './search.js';
import { SearchRun } from './search-run.js';

/** Of the whole project. */
export async function countDevices(context: SearchContext, filter: Filter): Promise<number> {
  return (await countFound(context, { filter })).get(WHOLE_PROJECT) ?? 0;
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
    context.database,
    'search.count',
    sql`with ${definition} ${sizes}`,
    run,
  );
  run.end({ shape, estimates: [], rows: rows.length });
  return new Map(rows.map(({ parent, n }) => [parent, Number(n)]));
}
