/** Facets and statistics of the devices that a connection has found, under its filter and instant. */
import { EMPTY_FACET, type Facet, type FacetRequest, facetsOfDevices } from '../../search/facets.js';
import { WHOLE_PROJECT } from '../../search/found-devices.js';
import {
  emptyStatistics,
  type NumberStatistics,
  statisticsOfDevices,
  type StatisticsRequest,
} from '../../search/statistics.js';
import type { RequestContext } from '../context.js';
import type { DevicesSearched } from './device-pages.js';

export async function facetOfFound(
  { filter, instant, parent }: DevicesSearched,
  request: FacetRequest,
  { changes, loaders }: RequestContext,
): Promise<Facet> {
  if (parent !== undefined) return loaders.nestedDevices.facet({ ...parent, filter, instant }, request);
  const facets = await facetsOfDevices({ ...changes, instant }, { filter }, request);
  return facets.get(WHOLE_PROJECT) ?? EMPTY_FACET;
}

export async function statisticsOfFound(
  { filter, instant, parent }: DevicesSearched,
  request: StatisticsRequest,
  { changes, loaders }: RequestContext,
): Promise<NumberStatistics> {
  if (parent !== undefined) return loaders.nestedDevices.statistics({ ...parent, filter, instant }, request);
  const statistics = await statisticsOfDevices({ ...changes, instant }, { filter }, request);
  return statistics.get(WHOLE_PROJECT) ?? emptyStatistics(request);
}
