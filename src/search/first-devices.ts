/** The first devices of each cohort or group of a list, read by the statement that reads the list (ADR 0021). */
import { columnsOfTable } from '../database/columns.js';
import { DeviceEntity } from '../database/entities/device.entity.js';
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

/** Everything that fields of a device are made of or found by. */
const ALL = columnsOfTable(DeviceEntity, 'd');

/** What most lists show of their devices. */
const FEW = ALL.filter(({ property }) => ['id', 'deviceSerial', 'state'].includes(property));
const FIELDS_OF_FEW: ReadonlySet<string> = new Set(['__typename', ...FEW.map(({ property }) => property)]);

type DeviceColumns = typeof ALL;

function columnsFor(fields: ReadonlySet<string>): DeviceColumns {
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
  const values = columnsFor(fields).map(({ column, type }) => (type === 'bigint' ? sql`${column}::text` : column));
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

function toRow(columns: DeviceColumns, values: readonly unknown[]): DeviceRow {
  const row: Record<string, unknown> = {};
  for (const [index, { property, type }] of columns.entries()) {
    const value = values[index];
    row[property] = type === 'timestamptz' && value !== null ? new Date(value as string) : value;
  }
  return row as unknown as DeviceRow;
}

/** As a search has it, which takes the cursor. */
function digestOfFirst({ projectId, within, parentId }: Parent): string {
  return digestOf({ within, filter: EVERYTHING, order: parseOrder([]), projectId, parentId });
}
