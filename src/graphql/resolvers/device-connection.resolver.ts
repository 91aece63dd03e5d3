import { Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../context.js';
import { DeviceConnection } from '../types/device-connection.type.js';
import { countDevicesFound, type DevicesSearched } from './device-pages.js';

@Resolver(() => DeviceConnection)
export class DeviceConnectionResolver {
  @FieldResolver(() => Int, {
    description: 'Number of devices found, on all pages together. Exact; computed only when asked for.',
  })
  totalCount(@Root('search') search: DevicesSearched, @Ctx() context: RequestContext): Promise<number> {
    return countDevicesFound(search, context);
  }
}
