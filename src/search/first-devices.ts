/** The first devices of each cohort or group of a list, read by the statement that reads the list (ADR 0021). */
import { commaSeparated, integerLiteral, sql, type SqlFragment } from '../database/sql.js';
import { digestOf, formatCursor } from './cursor.js';
import { EVERYTHING } from './filter.js';
import { parseOrder } from './order.js';
import { parsePage, toPage } from './page.js';
import type { DevicePage, DeviceRow } from './search.js';

/** Devices without filter, in the order of their ids, from the start. */
export interface FirstDevices {
  readonly size: number;
  /** Names of the fields that are asked of the devices. */
  readonly fields: ReadonlySet<string>;
  /** Start of the operation, for the cursors. */
  readonly instant: Date;
}

export interface FirstDevicesPage extends DevicePage {
  readonly size: number;
}

/** As they come: the values of each in the order of its columns, ids and times as texts. */
export type FoundDevices = readonly unknown[][] | null;

interface Parents {
  readonly within: 'cohort' | 'group';
  /** Of the device `d`. */
  readonly parentId: SqlFragment;
}

export const MEMBERS = {
  cohort: { within: 'cohort', parentId: sql`d.cohort_id` },
  group: { within: 'group', parentId: sql`d.group_id` },
} as const satisfies Record<string, Parents>;

/** Sizes that are read; others read the next larger one. Each is a text of its own, of which a connection keeps few. */
const SIZES = [1, 5, 10, 20];
/** More devices than this are a search, which waits for its turn. */
const MOST_DEVICES = 2_000;

/** Whether so many are read with a list of so many rows. */
export function isReadWithList(size: number, listSize: number): boolean {
  const read = readSize(size);
  return read !== undefined && listSize * (read + 1) <= MOST_DEVICES;
}

function readSize(size: number): number | undefined {
  return SIZES.find((one) => one >= size);
}

interface DeviceColumn {
  readonly property: keyof DeviceRow;
  readonly column: SqlFragment;
  /** Where JSON has another type than the row. */
  readonly type?: 'id' | 'time';
}

/** What most lists show of their devices. */
const FEW: readonly DeviceColumn[] = [
  { property: 'id', column: sql`d.id`, type: 'id' },
  { property: 'deviceSerial', column: sql`d.device_serial` },
  { property: 'state', column: sql`d.state` },
];
const FIELDS_OF_FEW: ReadonlySet<string> = new Set(['__typename', ...FEW.map(({ property }) => property)]);

/** Everything that fields of a device are made of or found by. */
const ALL: readonly DeviceColumn[] = [
  ...FEW,
  { property: 'projectId', column: sql`d.project_id` },
  { property: 'uuid', column: sql`d.uuid` },
  { property: 'ownerRef', column: sql`d.owner_ref` },
  { property: 'hardwareVersion', column: sql`d.hardware_version` },
  { property: 'manufacturer', column: sql`d.manufacturer` },
  { property: 'deviceCode', column: sql`d.device_code` },
  { property: 'testMode', column: sql`d.test_mode` },
  { property: 'lastSeen', column: sql`d.last_seen`, type: 'time' },
  { property: 'lastSeenReleaseId', column: sql`d.last_seen_release_id`, type: 'id' },
  { property: 'cohortId', column: sql`d.cohort_id`, type: 'id' },
  { property: 'groupId', column: sql`d.group_id`, type: 'id' },
  { property: 'registeredBy', column: sql`d.registered_by` },
  { property: 'createdAt', column: sql`d.created_at`, type: 'time' },
  { property: 'updatedAt', column: sql`d.updated_at`, type: 'time' },
  { property: 'attributesUpdatedAt', column: sql`d.attributes_updated_at`, type: 'time' },
];

function columnsFor(fields: ReadonlySet<string>): readonly DeviceColumn[] {
  return [...fields].every((name) => FIELDS_OF_FEW.has(name)) ? FEW : ALL;
}

/**
 * An expression for the first devices of the row `l` of a list, and one more: FoundDevices. For sizes that are read with it.
 * As JSON they take half of what rows of their own take to read, in which each would repeat its parent.
 */
export function selectFirstDevices(
  projectId: string,
  { parentId }: Parents,
  { size, fields }: FirstDevices,
): SqlFragment {
  const values = columnsFor(fields).map(({ column, type }) => (type === 'id' ? sql`${column}::text` : column));
  const most = integerLiteral(readSize(size)! + 1);
  return sql`(select json_agg(f.device) from (
                select json_build_array(${commaSeparated(values)}) as device from device d
                where d.project_id = ${projectId} and ${parentId} = l.id order by d.id limit ${most}) f)`;
}

interface Parent {
  readonly projectId: string;
  readonly within: Parents['within'];
  readonly parentId: string;
}

/** The page that a search of the parent's devices would have found. */
export function toFirstDevices(
  found: FoundDevices,
  parent: Parent,
  { size, fields, instant }: FirstDevices,
): FirstDevicesPage {
  const columns = columnsFor(fields);
  const rows = (found ?? []).map((values) => toRow(columns, values));
  const page = toPage(rows, parsePage({ first: size }), ({ id }) =>
    formatCursor(digestOfFirst(parent), instant.getTime(), [id]),
  );
  return { ...page, instant, size };
}

function toRow(columns: readonly DeviceColumn[], values: readonly unknown[]): DeviceRow {
  const row: Record<string, unknown> = {};
  for (const [index, { property, type }] of columns.entries()) {
    const value = values[index];
    row[property] = type === 'time' && value !== null ? new Date(value as string) : value;
  }
  return row as unknown as DeviceRow;
}

/** As a search has it, which takes the cursor. */
function digestOfFirst({ projectId, within, parentId }: Parent): string {
  return digestOf({ within, filter: EVERYTHING, order: parseOrder([]), projectId, parentId });
}
