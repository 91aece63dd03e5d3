import DataLoader from 'dataloader';
import type { CatalogueEntry } from '../search/catalogue.js';
import { countDevicesByKey } from '../search/catalogue-counts.js';
import type { SearchContext } from '../search/search.js';

/** Numbers of devices of entries of the catalogue. A device has one value of an entry, so its types add up. */
export function createKeyCountLoader(context: SearchContext): DataLoader<CatalogueEntry, number> {
  return new DataLoader(async (entries) => {
    const counts = await countDevicesByKey(
      context,
      entries.flatMap(({ keys }) => keys),
    );
    return entries.map(({ keys }) => keys.reduce((sum, { id }) => sum + (counts.get(id) ?? 0), 0));
  });
}
