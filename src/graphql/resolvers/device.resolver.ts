import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Authorized, Ctx, FieldResolver, ID, Info, Int, Query, Resolver, Root } from 'type-graphql';
import { maySeeDevice } from '../../auth/policy.js';
import { badInput } from '../../errors.js';
import type { DeviceKey } from '../../loaders/devices.js';
import { parseIdOfType, parseUuid } from '../../model/global-id.js';
import { LIMITS } from '../../model/limits.js';
import { parseDeviceSerial } from '../../model/names.js';
import { productName } from '../../model/product-names.js';
import type { Role } from '../../model/viewer.js';
import type { DeviceRow } from '../../search/search.js';
import type { RequestContext } from '../context.js';
import { AtHand } from '../execution/at-hand.js';
import { DevicesArgs } from '../inputs/devices.args.js';
import { stillThere } from '../still-there.js';
import { Cohort } from '../types/cohort.type.js';
import { DeviceConnection } from '../types/device-connection.type.js';
import { DeviceEventKind } from '../types/device-event-kind.enum.js';
import { DeviceEvent } from '../types/device-event.type.js';
import { Device } from '../types/device.type.js';
import { Group } from '../types/group.type.js';
import { Release } from '../types/release.type.js';
import { pageOfDevices } from './device-pages.js';
import { selectionOfDevice } from './device-selection.js';

interface DeviceKeys {
  readonly deviceSerial: string | null | undefined;
  readonly id: string | null | undefined;
  readonly uuid: string | null | undefined;
}

/** The one key that was given. Null for an id of no device. */
function parseDeviceKey(keys: DeviceKeys): DeviceKey | null {
  const [given, another] = (['deviceSerial', 'id', 'uuid'] as const).flatMap((by) => {
    const key = keys[by];
    return key === undefined || key === null ? [] : [{ by, key }];
  });
  if (given === undefined || another !== undefined) {
    throw badInput(another?.by ?? 'deviceSerial', 'give exactly one of deviceSerial, id and uuid');
  }
  const { by, key } = given;
  const parsed = PARSERS[by](key, by);
  return parsed === null ? null : { by, key: parsed };
}

const PARSERS = {
  deviceSerial: parseDeviceSerial,
  id: (key: string, field: string) => parseIdOfType('Device', key, field),
  uuid: parseUuid,
} as const;

/** The newest event of one kind. */
async function newestEvent(deviceId: string, kind: DeviceEventKind, { loaders }: RequestContext) {
  const [newest] = await loaders.events.load({ deviceId, kind, first: 1 });
  return newest ?? null;
}

@Resolver(() => Device)
export class DeviceResolver {
  @Authorized<Role>('READER')
  @Query(() => Device, {
    nullable: true,
    description: 'A device by exactly one of its three keys. Null if there is no such device in the project.',
  })
  async device(
    @Arg('deviceSerial', () => String, {
      nullable: true,
      description: 'Serial, exactly as it was given at creation.',
    })
    deviceSerial: string | null | undefined,
    @Arg('id', () => ID, { nullable: true, description: 'Id. A malformed one is BAD_USER_INPUT.' })
    id: string | null | undefined,
    @Arg('uuid', () => ID, {
      nullable: true,
      description: 'UUID, in letters of either case. A malformed one is BAD_USER_INPUT.',
    })
    uuid: string | null | undefined,
    @Ctx() { loaders, viewer }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<DeviceRow | null> {
    const key = parseDeviceKey({ deviceSerial, id, uuid });
    const device = key && (await loaders.device.load({ ...key, reading: selectionOfDevice(info).reading }));
    return device !== null && maySeeDevice(viewer, device.id) ? device : null;
  }

  @Authorized<Role>('READER')
  @Query(() => DeviceConnection, { description: 'Devices that meet a filter, in pages.' })
  devices(
    @Args(() => DevicesArgs) args: DevicesArgs,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return pageOfDevices(args, context, info);
  }

  @AtHand(({ manufacturer, deviceCode }: DeviceRow) => productName(manufacturer, deviceCode))
  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Market name looked up from manufacturer and deviceCode: `iPhone1,1` of Apple is iPhone. Null if unknown.',
  })
  productName(@Root() device: DeviceRow): string | null {
    return productName(device.manufacturer, device.deviceCode);
  }

  @FieldResolver(() => Release, {
    nullable: true,
    description: 'Release that the device was last seen with, as the changes told. Null if none was.',
  })
  lastSeenRelease(@Root() { lastSeenReleaseId: id }: DeviceRow, @Ctx() { loaders }: RequestContext) {
    return id === null ? null : loaders.release.load(id);
  }

  @FieldResolver(() => DeviceEvent, {
    nullable: true,
    description: 'The newest INSTALL event by its time. Null if there is none.',
  })
  latestInstall(@Root() device: DeviceRow, @Ctx() context: RequestContext) {
    return newestEvent(device.id, 'INSTALL', context);
  }

  @FieldResolver(() => DeviceEvent, {
    nullable: true,
    description: 'The newest TRACE event by its time. Null if there is none.',
  })
  latestTrace(@Root() device: DeviceRow, @Ctx() context: RequestContext) {
    return newestEvent(device.id, 'TRACE', context);
  }

  @FieldResolver(() => [DeviceEvent], { description: 'Events of the device, newest first.' })
  events(
    @Root() device: DeviceRow,
    @Arg('kind', () => DeviceEventKind, {
      nullable: true,
      description: 'Only events of this kind. Absent: of both.',
    })
    kind: DeviceEventKind | null | undefined,
    @Arg('first', () => Int, {
      defaultValue: 20,
      description: 'At most so many: 0 to 500. Out of range is BAD_USER_INPUT.',
    })
    first: number,
    @Ctx() { loaders }: RequestContext,
  ) {
    if (first < 0 || first > LIMITS.pageSize) {
      throw badInput('first', `a number from 0 to ${LIMITS.pageSize}, got ${first}`);
    }
    return loaders.events.load({ deviceId: device.id, kind: kind ?? null, first });
  }

  @AtHand(({ cohort }: DeviceRow) => cohort)
  @FieldResolver(() => Cohort, {
    description:
      "The cohort of the device: exactly one. A new device is in the project's default cohort unless told otherwise.",
  })
  async cohort(@Root() device: DeviceRow, @Ctx() { loaders }: RequestContext) {
    return device.cohort ?? stillThere(await loaders.cohort.load(device.cohortId));
  }

  @AtHand(({ group }: DeviceRow) => group)
  @FieldResolver(() => Group, {
    nullable: true,
    description:
      'The group of the device: at most one; putting the device into another moves it. Null if it is in none.',
  })
  group(@Root() { group, groupId: id }: DeviceRow, @Ctx() { loaders }: RequestContext) {
    if (group !== undefined) return group;
    return id === null ? null : loaders.group.load(id);
  }
}
