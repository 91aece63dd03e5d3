import DataLoader from 'dataloader';
import { EMPTY_FACET, type Facet, type FacetRequest, facetsOfDevices } from '../search/facets.js';
import type { Filter } from '../search/filter.js';
import type { OrderKey } from '../search/order.js';
import type { PageRequest } from '../search/page.js';
import { countDevicesWithin } from '../search/count.js';
import { type DevicePage, type SearchContext, searchDevicesWithin } from '../search/search.js';
import {
  emptyStatistics,
  type NumberStatistics,
  statisticsOfDevices,
  type StatisticsRequest,
} from '../search/statistics.js';

/** The devices of one cohort or group for which the filter holds. */
export interface NestedSearch {
  readonly within: 'cohort' | 'group';
  readonly parentId: string;
  readonly filter: Filter;
  readonly order: readonly OrderKey[];
}

/** What is counted beside a page; `instant` is that of the page. */
type NestedCount = Omit<NestedSearch, 'order'> & { readonly instant: Date };

/** Pages and counts for many parents: fields that ask alike become one statement, however many parents there are. */
export function createNestedDevicesLoader(context: SearchContext) {
  const pages = new Map<string, DataLoader<string, DevicePage>>();
  const counts = new Map<string, DataLoader<string, number>>();
  const facets = new Map<string, DataLoader<string, Facet>>();
  const statistics = new Map<string, DataLoader<string, NumberStatistics>>();
  return {
    page({ parentId, ...search }: NestedSearch, page: PageRequest): Promise<DevicePage> {
      const loader = loaderFor(pages, [search, page], async (parentIds) => {
        const found = await searchDevicesWithin(context, search, parentIds, page);
        return parentIds.map((id) => found.get(id) ?? new Error('a parent was left out of a nested search'));
      });
      return loader.load(parentId);
    },
    count({ parentId, within, filter, instant }: NestedCount): Promise<number> {
      const loader = loaderFor(counts, [within, filter, instant], async (parentIds) => {
        const found = await countDevicesWithin({ ...context, instant }, within, filter, parentIds);
        return parentIds.map((id) => found.get(id) ?? 0);
      });
      return loader.load(parentId);
    },
    facet({ parentId, within, filter, instant }: NestedCount, request: FacetRequest): Promise<Facet> {
      const loader = loaderFor(facets, [within, filter, instant, request], async (parentIds) => {
        const found = await facetsOfDevices(
          { ...context, instant },
          { filter, parents: { within, parentIds } },
          request,
        );
        return parentIds.map((id) => found.get(id) ?? EMPTY_FACET);
      });
      return loader.load(parentId);
    },
    statistics(
      { parentId, within, filter, instant }: NestedCount,
      request: StatisticsRequest,
    ): Promise<NumberStatistics> {
      const loader = loaderFor(statistics, [within, filter, instant, request], async (parentIds) => {
        const found = await statisticsOfDevices(
          { ...context, instant },
          { filter, parents: { within, parentIds } },
          request,
        );
        return parentIds.map((id) => found.get(id) ?? emptyStatistics(request));
      });
      return loader.load(parentId);
    },
  };
}

function loaderFor<Value>(
  loaders: Map<string, DataLoader<string, Value>>,
  question: unknown,
  load: (parentIds: readonly string[]) => Promise<(Value | Error)[]>,
): DataLoader<string, Value> {
  const key = JSON.stringify(question);
  const known = loaders.get(key);
  if (known !== undefined) return known;
  const loader = new DataLoader<string, Value>(load);
  loaders.set(key, loader);
  return loader;
}
