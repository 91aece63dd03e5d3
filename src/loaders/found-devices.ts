import type DataLoader from 'dataloader';
import { alwaysHolds } from '../search/always-holds.js';
import { countDevices, countDevicesWithin } from '../search/count.js';
import { EMPTY_FACET, type Facet, type FacetRequest, facetsOfDevices } from '../search/facets.js';
import type { Filter } from '../search/filter.js';
import { WHOLE_PROJECT } from '../search/found-devices.js';
import type { SearchContext } from '../search/search.js';
import {
  emptyStatistics,
  type NumberStatistics,
  statisticsOfDevices,
  type StatisticsRequest,
} from '../search/statistics.js';
import { countAllDevices } from './counts.js';
import { loaderFor } from './loader-for.js';

/** The devices of a page and of those before and after it. */
export interface DevicesFound {
  readonly filter: Filter;
  /** Of the page: what relative times count back from. */
  readonly instant: Date;
  /** Absent: the whole project. */
  readonly parent?: { readonly within: 'cohort' | 'group'; readonly parentId: string };
}

/**
 * What is counted beside pages, under their filter and instant. Fields that ask alike become one statement, however many
 * parents there are, and however often they ask.
 */
export function createFoundDevicesLoader(context: SearchContext) {
  const counts = new Map<string, DataLoader<string, number>>();
  const facets = new Map<string, DataLoader<string, Facet>>();
  const statistics = new Map<string, DataLoader<string, NumberStatistics>>();
  return {
    count({ filter, instant, parent }: DevicesFound): Promise<number> {
      const within = parent?.within;
      const loader = loaderFor(counts, [within, filter, instant], async (parentIds) => {
        const own = { ...context, instant };
        if (within === undefined) return [await countInProject(own, filter)];
        const found = await countDevicesWithin(own, within, filter, parentIds);
        return parentIds.map((id) => found.get(id) ?? 0);
      });
      return loader.load(idOf(parent));
    },
    facet({ filter, instant, parent }: DevicesFound, request: FacetRequest): Promise<Facet> {
      const within = parent?.within;
      const loader = loaderFor(facets, [within, filter, instant, request], async (parentIds) => {
        const found = await facetsOfDevices({ ...context, instant }, countedIn(within, filter, parentIds), request);
        return parentIds.map((id) => found.get(id) ?? EMPTY_FACET);
      });
      return loader.load(idOf(parent));
    },
    statistics({ filter, instant, parent }: DevicesFound, request: StatisticsRequest): Promise<NumberStatistics> {
      const within = parent?.within;
      const loader = loaderFor(statistics, [within, filter, instant, request], async (parentIds) => {
        const found = await statisticsOfDevices({ ...context, instant }, countedIn(within, filter, parentIds), request);
        return parentIds.map((id) => found.get(id) ?? emptyStatistics(request));
      });
      return loader.load(idOf(parent));
    },
  };
}

/** The number of all devices is kept, so that it costs no search. */
function countInProject(context: SearchContext, filter: Filter): Promise<number> {
  return alwaysHolds(filter) ? countAllDevices(context.database, context.projectId) : countDevices(context, filter);
}

function countedIn(within: 'cohort' | 'group' | undefined, filter: Filter, parentIds: readonly string[]) {
  return within === undefined ? { filter } : { filter, parents: { within, parentIds } };
}

function idOf(parent: DevicesFound['parent']): string {
  return parent?.parentId ?? WHOLE_PROJECT;
}
