import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { DeviceEventEntity } from '../../database/entities/device-event.entity.js';
import type { RequestContext } from '../context.js';
import { DeviceEvent } from '../types/device-event.type.js';
import { Release } from '../types/release.type.js';

@Resolver(() => DeviceEvent)
export class DeviceEventResolver {
  @FieldResolver(() => Release, {
    nullable: true,
    description: 'Release that was installed, or that left the trace. Null if none was named.',
  })
  release(@Root() { releaseId: id }: DeviceEventEntity, @Ctx() { loaders }: RequestContext) {
    return id === null ? null : loaders.release.load(id);
  }
}
