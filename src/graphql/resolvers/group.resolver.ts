import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Authorized, Ctx, FieldResolver, Info, Int, Query, Resolver, Root } from 'type-graphql';
import type { DeviceGroupEntity } from '../../database/entities/device-group.entity.js';
import { parseName } from '../../model/names.js';
import type { Role } from '../../model/viewer.js';
import { GROUP_LIST, type WithDevices } from '../../search/lists.js';
import type { RequestContext } from '../context.js';
import { AtHand } from '../execution/at-hand.js';
import { DevicesArgs } from '../inputs/devices.args.js';
import { GroupsArgs } from '../inputs/groups.args.js';
import { DeviceConnection } from '../types/device-connection.type.js';
import { GroupConnection } from '../types/group-connection.type.js';
import { Group } from '../types/group.type.js';
import { pageOfDevicesWithin, pageReadWith } from './device-pages.js';
import { pageOf } from './list-pages.js';

const membersOf = ({ id }: DeviceGroupEntity) => ({ within: 'group', parentId: id }) as const;

@Resolver(() => Group)
export class GroupResolver {
  @Authorized<Role>('READER')
  @Query(() => Group, { nullable: true, description: 'A group by its name. Null if there is none.' })
  group(
    @Arg('name', () => String, { description: 'Name of the group; letter case counts.' }) name: string,
    @Ctx() { loaders }: RequestContext,
  ): Promise<DeviceGroupEntity | null> {
    return loaders.groupByName.load(parseName(name, 'name'));
  }

  @Authorized<Role>('READER')
  @Query(() => GroupConnection, { description: 'Groups of the project, ordered by name.' })
  groups(@Args(() => GroupsArgs) args: GroupsArgs, @Ctx() context: RequestContext, @Info() info: GraphQLResolveInfo) {
    return pageOf(GROUP_LIST, { name: args.name }, args, context, info);
  }

  @AtHand(({ deviceCount }: WithDevices) => deviceCount)
  @FieldResolver(() => Int, { description: 'Devices in the group, test devices and disabled ones too. Exact.' })
  deviceCount(@Root() group: DeviceGroupEntity & WithDevices, @Ctx() { loaders }: RequestContext) {
    return group.deviceCount ?? loaders.deviceCount.load({ kind: 'GROUP', ownerId: group.id });
  }

  @AtHand((group: DeviceGroupEntity & WithDevices, args: DevicesArgs) => pageReadWith(group, membersOf(group), args))
  @FieldResolver(() => DeviceConnection, {
    description: 'Devices in the group, filtered, ordered and paged as in the query of the same name.',
  })
  devices(
    @Root() group: DeviceGroupEntity & WithDevices,
    @Args(() => DevicesArgs) args: DevicesArgs,
    @Ctx() context: RequestContext,
  ) {
    return pageReadWith(group, membersOf(group), args) ?? pageOfDevicesWithin(membersOf(group), args, context);
  }
}
