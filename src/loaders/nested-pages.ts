import type DataLoader from 'dataloader';
import type { Filter } from '../search/filter.js';
import type { OrderKey } from '../search/order.js';
import type { PageRequest } from '../search/page.js';
import { type DevicePage, type SearchContext, searchDevicesWithin } from '../search/search.js';
import { loaderFor } from './loader-for.js';

/** The devices of one cohort or group for which the filter holds. */
interface NestedSearch {
  readonly within: 'cohort' | 'group';
  readonly parentId: string;
  readonly filter: Filter;
  readonly order: readonly OrderKey[];
}

/** Pages of many parents: fields that ask alike become one statement, however many parents there are. */
export function createNestedPagesLoader(context: SearchContext) {
  const pages = new Map<string, DataLoader<string, DevicePage>>();
  return {
    load({ parentId, ...search }: NestedSearch, page: PageRequest): Promise<DevicePage> {
      const loader = loaderFor(pages, [search, page], async (parentIds) => {
        const found = await searchDevicesWithin(context, search, parentIds, page);
        return parentIds.map((id) => found.get(id) ?? new Error('a parent was left out of a nested search'));
      });
      return loader.load(parentId);
    },
  };
}
