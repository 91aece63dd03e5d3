/** Pages of devices and their counts, for the whole project and inside of cohorts and groups. */
import type { GraphQLResolveInfo } from 'graphql';
import type { DevicesFound } from '../../loaders/found-devices.js';
import { alwaysHolds } from '../../search/always-holds.js';
import { EVERYTHING } from '../../search/filter.js';
import type { WithDevices } from '../../search/lists.js';
import { parseOrder } from '../../search/order.js';
import { parsePage } from '../../search/page.js';
import { parseFilter } from '../../search/parse-filter.js';
import { type DeviceRow, searchDevices } from '../../search/search.js';
import { type Connection, toConnection } from '../connection.js';
import type { RequestContext } from '../context.js';
import type { DevicesArgs } from '../inputs/devices.args.js';
import { attributeNamesOf, selectionOfPage } from './device-selection.js';

type DevicePage = Promise<Connection<DeviceRow, DevicesFound>>;

/** So many are answered at once, which takes some milliseconds; more are left to their loader, which lets others in between. */
const MOST_ATTRIBUTES_AT_HAND = 20_000;

/** Devices of the project. */
export async function pageOfDevices(
  args: DevicesArgs,
  { changes, loaders }: RequestContext,
  info: GraphQLResolveInfo,
): DevicePage {
  const { filter, order, page } = parseSearch(args);
  const selection = selectionOfPage(info);
  const names = attributeNamesOf(info, selection);
  const found = await searchDevices(changes, { filter, order }, page, selection.reading, names);
  // Of a few names there are not so many, and others must not be answered from them.
  const isMuch = countAttributes(found.rows) * selection.attributeFields.length > MOST_ATTRIBUTES_AT_HAND;
  if (names === undefined && isMuch) {
    for (const row of found.rows) {
      loaders.attributes.prime(row.id, row.attributes!);
      delete row.attributes;
    }
  }
  return toConnection(found, { filter, instant: found.instant });
}

function countAttributes(rows: readonly DeviceRow[]): number {
  return rows.reduce((sum, { attributes }) => sum + (attributes?.keys.length ?? 0), 0);
}

/** Devices of one cohort or group; those of its siblings are read by the same statement. */
export async function pageOfDevicesWithin(
  parent: NonNullable<DevicesFound['parent']>,
  args: DevicesArgs,
  { loaders }: RequestContext,
): DevicePage {
  const { filter, order, page } = parseSearch(args);
  const found = await loaders.nestedPages.load({ ...parent, filter, order }, page);
  return toConnection(found, { filter, instant: found.instant, parent });
}

/** The same of a parent whose first devices were read with it; undefined if they were not, or another page is asked for. */
export function pageReadWith(
  { firstDevices }: WithDevices,
  parent: NonNullable<DevicesFound['parent']>,
  args: DevicesArgs,
): Connection<DeviceRow, DevicesFound> | undefined {
  if (firstDevices === undefined || firstDevices.size !== sizeOfFirstPage(args)) return undefined;
  return toConnection(firstDevices, { filter: EVERYTHING, instant: firstDevices.instant, parent });
}

/** Of a page of devices without filter, in the order of their ids, from the start. Undefined for any other page. */
export function sizeOfFirstPage(args: DevicesArgs): number | undefined {
  if (args.filter !== undefined || (args.orderBy ?? []).length > 0) return undefined;
  const isElsewhere = [args.last, args.after, args.before, args.offset].some(
    (one) => one !== undefined && one !== null,
  );
  return isElsewhere ? undefined : parsePage(args).size;
}

function parseSearch(args: DevicesArgs) {
  return { filter: parseFilter(args.filter), order: parseOrder(args.orderBy), page: parsePage(args) };
}

/** Number of devices on all pages together. That of all devices of a cohort or group is kept, as `deviceCount`. */
export function countDevicesFound(search: DevicesFound, { loaders }: RequestContext): Promise<number> {
  const { filter, parent } = search;
  if (parent === undefined || !alwaysHolds(filter)) return loaders.foundDevices.count(search);
  return loaders.deviceCount.load({ kind: parent.within === 'cohort' ? 'COHORT' : 'GROUP', ownerId: parent.parentId });
}
