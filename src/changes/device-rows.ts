/** Rows of the table device: any number of them by one statement each. */
import { selectList } from '../database/columns.js';
import { LostRace } from '../database/database-error.js';
import type { StoredAttributes } from '../database/entities/device-document.entity.js';
import { DeviceEntity } from '../database/entities/device.entity.js';
import type { Executor } from '../database/query.js';
import { commaSeparated, sql, type SqlFragment } from '../database/sql.js';
import { valueRows } from '../database/value-rows.js';
import type { DeviceRow } from '../search/search.js';

export interface PresentDevice {
  readonly device: DeviceRow;
  readonly attributes: StoredAttributes;
}

/**
 * The devices that are there, by serial, locked until the transaction ends, in one order everywhere against deadlocks.
 * Their documents are locked too: what is locked is read anew after a wait, and so as the other writer has left it.
 */
export async function lockDevices(
  transaction: Executor,
  projectId: string,
  serials: readonly string[],
): Promise<ReadonlyMap<string, PresentDevice>> {
  const rows = await transaction.rows<DeviceRow & { attributes: StoredAttributes }>(
    'changes.lockDevices',
    sql`select ${selectList(DeviceEntity, 'd')}, o.attributes
        from device d join device_document o on o.project_id = d.project_id and o.device_id = d.id
        where d.project_id = ${projectId} and o.project_id = ${projectId} and d.device_serial = any(${serials}::text[])
        order by d.id for update of d, o`,
  );
  return new Map(rows.map(({ attributes, ...device }) => [device.deviceSerial, { device, attributes }]));
}

/** Inserts devices, whose documents are still to be made; answers them in their order, with their ids. */
export async function insertDevices(
  transaction: Executor,
  projectId: string,
  devices: readonly DeviceRow[],
): Promise<DeviceRow[]> {
  if (devices.length === 0) return [];
  // By serial, so that two that insert the same devices wait for each other and do not deadlock.
  const ordered = devices.toSorted((a, b) => (a.deviceSerial < b.deviceSerial ? -1 : 1));
  const inserted = await transaction.rows<{ id: string; deviceSerial: string }>(
    'changes.insertDevices',
    sql`insert into device (project_id, uuid, device_serial, owner_ref, hardware_version, manufacturer, device_code,
                              test_mode, state, last_seen, last_seen_release_id, cohort_id, group_id, registered_by,
                              created_at, updated_at, attributes_updated_at)
          select ${projectId}::integer, * from unnest(
            ${ordered.map((one) => one.uuid)}::uuid[], ${ordered.map((one) => one.deviceSerial)}::text[],
            ${ordered.map((one) => one.ownerRef)}::text[], ${ordered.map((one) => one.hardwareVersion)}::text[],
            ${ordered.map((one) => one.manufacturer)}::text[], ${ordered.map((one) => one.deviceCode)}::text[],
            ${ordered.map((one) => one.testMode)}::boolean[], ${ordered.map((one) => one.state)}::text[],
            ${ordered.map((one) => one.lastSeen)}::timestamptz[],
            ${ordered.map((one) => one.lastSeenReleaseId)}::bigint[],
            ${ordered.map((one) => one.cohortId)}::bigint[], ${ordered.map((one) => one.groupId)}::bigint[],
            ${ordered.map((one) => one.registeredBy)}::text[], ${ordered.map((one) => one.createdAt)}::timestamptz[],
            ${ordered.map((one) => one.updatedAt)}::timestamptz[],
            ${ordered.map((one) => one.attributesUpdatedAt)}::timestamptz[])
          on conflict (project_id, device_serial) do nothing
          returning id, device_serial as "deviceSerial"`,
  );
  if (inserted.length < devices.length) throw new LostRace('a device serial');
  const idBySerial = new Map(inserted.map((row) => [row.deviceSerial, row.id]));
  return devices.map((device) => ({
    ...device,
    projectId: Number(projectId),
    id: idBySerial.get(device.deviceSerial)!,
  }));
}

export interface DeviceRowChange {
  readonly before: DeviceRow;
  readonly after: DeviceRow;
}

/** A common table expression that gives the rows their new fields. Columns that are as they were in all rows are left out. */
export function updateDevices(projectId: string, changes: readonly DeviceRowChange[]): SqlFragment[] {
  const columns = CHANGEABLE.filter(({ property }) =>
    changes.some(({ before, after }) => !isSameField(before[property], after[property])),
  );
  if (columns.length === 0) return [];
  const rows = valueRows(sql`new`, [
    { name: sql`id`, type: sql`bigint`, values: changes.map(({ after }) => after.id) },
    ...columns.map(({ property, name, type }) => ({ name, type, values: changes.map(({ after }) => after[property]) })),
  ]);
  return [
    sql`changed_devices as (
      update device d set ${commaSeparated(columns.map(({ name }) => sql`${name} = new.${name}`))}
      from ${rows} where d.project_id = ${projectId} and d.id = new.id)`,
  ];
}

export function isSameDevice(before: DeviceRow, after: DeviceRow): boolean {
  return CHANGEABLE.every(({ property }) => isSameField(before[property], after[property]));
}

/** Columns that a change may set; all others stay as they were when the device was made. */
const CHANGEABLE = [
  { property: 'ownerRef', name: sql`owner_ref`, type: sql`text` },
  { property: 'hardwareVersion', name: sql`hardware_version`, type: sql`text` },
  { property: 'manufacturer', name: sql`manufacturer`, type: sql`text` },
  { property: 'deviceCode', name: sql`device_code`, type: sql`text` },
  { property: 'testMode', name: sql`test_mode`, type: sql`boolean` },
  { property: 'state', name: sql`state`, type: sql`text` },
  { property: 'lastSeen', name: sql`last_seen`, type: sql`timestamptz` },
  { property: 'lastSeenReleaseId', name: sql`last_seen_release_id`, type: sql`bigint` },
  { property: 'cohortId', name: sql`cohort_id`, type: sql`bigint` },
  { property: 'groupId', name: sql`group_id`, type: sql`bigint` },
  { property: 'updatedAt', name: sql`updated_at`, type: sql`timestamptz` },
  { property: 'attributesUpdatedAt', name: sql`attributes_updated_at`, type: sql`timestamptz` },
] as const satisfies readonly { property: keyof DeviceRow; name: SqlFragment; type: SqlFragment }[];

function isSameField(one: DeviceRow[keyof DeviceRow], other: DeviceRow[keyof DeviceRow]): boolean {
  return one instanceof Date && other instanceof Date ? one.getTime() === other.getTime() : one === other;
}
