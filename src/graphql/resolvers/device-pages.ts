/** Pages of devices and their counts, for the whole project and inside of cohorts and groups. */
import { countAllDevices } from '../../loaders/counts.js';
import { alwaysHolds } from '../../search/always-holds.js';
import type { Filter } from '../../search/filter.js';
import { parseOrder } from '../../search/order.js';
import { parsePage } from '../../search/page.js';
import { parseFilter } from '../../search/parse-filter.js';
import { countDevices } from '../../search/count.js';
import { type DeviceRow, searchDevices } from '../../search/search.js';
import { type Connection, toConnection } from '../connection.js';
import type { RequestContext } from '../context.js';
import type { DevicesArgs } from '../inputs/devices.args.js';

interface Parent {
  readonly within: 'cohort' | 'group';
  readonly parentId: string;
}

/** What a connection of devices was searched by. */
export interface DevicesSearched {
  readonly filter: Filter;
  /** What relative times count back from. */
  readonly instant: Date;
  /** Absent: the whole project. */
  readonly parent?: Parent;
}

type DevicePage = Promise<Connection<DeviceRow, DevicesSearched>>;

/** Devices of the project. */
export async function pageOfDevices(args: DevicesArgs, { changes }: RequestContext): DevicePage {
  const { filter, order, page } = parseSearch(args);
  const found = await searchDevices(changes, { filter, order }, page);
  return toConnection(found, { filter, instant: found.instant });
}

/** Devices of one cohort or group; those of its siblings are read by the same statement. */
export async function pageOfDevicesWithin(parent: Parent, args: DevicesArgs, { loaders }: RequestContext): DevicePage {
  const { filter, order, page } = parseSearch(args);
  const found = await loaders.nestedDevices.page({ ...parent, filter, order }, page);
  return toConnection(found, { filter, instant: found.instant, parent });
}

function parseSearch(args: DevicesArgs) {
  return { filter: parseFilter(args.filter), order: parseOrder(args.orderBy), page: parsePage(args) };
}

/** Number of devices on all pages together. That of all devices is kept, so that it costs no search. */
export function countDevicesFound(
  { filter, instant, parent }: DevicesSearched,
  context: RequestContext,
): Promise<number> {
  const { changes, database, loaders, viewer } = context;
  const isEverything = alwaysHolds(filter);
  if (parent === undefined) {
    return isEverything ? countAllDevices(database, viewer.projectId) : countDevices({ ...changes, instant }, filter);
  }
  return isEverything
    ? loaders.deviceCount.load({ kind: parent.within === 'cohort' ? 'COHORT' : 'GROUP', ownerId: parent.parentId })
    : loaders.nestedDevices.count({ ...parent, filter, instant });
}
