import { Arg, Ctx, FieldResolver, Float, Int, Resolver, Root } from 'type-graphql';
import { type Facet as FacetCounts, parseFacet } from '../../search/facets.js';
import { type NumberStatistics as Numbers, parseStatistics } from '../../search/statistics.js';
import type { DevicesFound } from '../../loaders/found-devices.js';
import type { RequestContext } from '../context.js';
import { AttributeKeyInput } from '../inputs/attribute-key.input.js';
import { FacetKey } from '../inputs/facet-key.input.js';
import { DeviceConnection } from '../types/device-connection.type.js';
import { Facet } from '../types/facet.type.js';
import { NumberStatistics } from '../types/number-statistics.type.js';
import { countDevicesFound } from './device-pages.js';

@Resolver(() => DeviceConnection)
export class DeviceConnectionResolver {
  @FieldResolver(() => Int, {
    description: 'Number of devices found, on all pages together. Exact; computed only when asked for.',
  })
  totalCount(@Root('search') search: DevicesFound, @Ctx() context: RequestContext): Promise<number> {
    return countDevicesFound(search, context);
  }

  @FieldResolver(() => Facet, {
    description: [
      'Counts of the devices found, on all pages together, by value of one attribute or one field, largest first.',
      'Computed only when asked for.',
    ].join('\n'),
  })
  async facet(
    @Root('search') search: DevicesFound,
    @Arg('by', () => FacetKey, { description: 'What to count by.' }) by: FacetKey,
    @Arg('first', () => Int, {
      defaultValue: 10,
      description: 'Most buckets to return: 1 to 500. Out of range is BAD_USER_INPUT.',
    })
    first: number | null,
    @Ctx() { loaders }: RequestContext,
  ): Promise<FacetCounts> {
    return loaders.foundDevices.facet(search, parseFacet(by, first));
  }

  @FieldResolver(() => NumberStatistics, {
    description: [
      'Statistics of a numeric attribute over the devices found, on all pages together: of the value that counts, where it',
      'is a number or an array of numbers. Computed only when asked for.',
    ].join('\n'),
  })
  async statistics(
    @Root('search') search: DevicesFound,
    @Arg('attribute', () => AttributeKeyInput, { description: 'The attribute.' }) attribute: AttributeKeyInput,
    @Arg('percentiles', () => [Float], {
      defaultValue: [50, 95, 99],
      description: 'Percentiles to compute: at most 100 numbers from 0 to 100, answered in this order.',
    })
    percentiles: number[] | null,
    @Arg('buckets', () => Int, {
      defaultValue: 20,
      description: 'Buckets of the histogram: 1 to 200. Out of range is BAD_USER_INPUT.',
    })
    buckets: number | null,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Numbers> {
    return loaders.foundDevices.statistics(search, parseStatistics(attribute, percentiles, buckets));
  }
}
