/** Devices as plain data, read from their rows and documents: never from the postings, which searches read. */
import type { DataSource } from 'typeorm';
import type { AttributeScope, AttributeValue } from '../../src/model/attribute-value.js';

export interface FleetDevice {
  readonly id: number;
  readonly deviceSerial: string;
  readonly ownerRef: string | null;
  readonly hardwareVersion: string | null;
  readonly manufacturer: string | null;
  readonly deviceCode: string | null;
  readonly testMode: boolean;
  readonly state: string;
  readonly lastSeen: Date | null;
  readonly updatedAt: Date;
  readonly cohort: string;
  readonly group: string | null;
  readonly release: string | null;
  readonly attributes: ReadonlyMap<string, readonly FleetValue[]>;
}

/** Values of one name stand in the order in which they count. */
interface FleetValue {
  readonly scope: AttributeScope;
  readonly value: AttributeValue;
}

type DeviceRow = Omit<FleetDevice, 'attributes'> & { readonly document: Record<string, [AttributeValue, number]> };

const COUNTING_ORDER: readonly AttributeScope[] = ['TAGS', 'INVENTORY', 'MONITOR', 'IDENTITY', 'SYSTEM'];

/** Devices of the measured project in order of id; `every` n-th of them. */
export async function readFleet(dataSource: DataSource, every: number): Promise<FleetDevice[]> {
  const keys: { id: string; name: string; scope: AttributeScope }[] = await dataSource.query(
    `select id, name, scope from attribute_key where project_id = 1`,
  );
  const keysById = new Map(keys.map((key) => [key.id, key]));
  const devices: FleetDevice[] = [];
  for (let last = 0; ;) {
    const rows: DeviceRow[] = await dataSource.query(
      `select d.id::integer, device_serial as "deviceSerial", owner_ref as "ownerRef", hardware_version as "hardwareVersion",
              manufacturer, device_code as "deviceCode", test_mode as "testMode", state, last_seen as "lastSeen",
              d.updated_at as "updatedAt", c.slug as cohort, g.name as group, r.version as release,
              o.attributes as document
       from device d join device_document o on o.project_id = 1 and o.device_id = d.id
       join cohort c on c.project_id = 1 and c.id = d.cohort_id
       left join device_group g on g.project_id = 1 and g.id = d.group_id
       left join release r on r.project_id = 1 and r.id = d.last_seen_release_id
       where d.project_id = 1 and d.id > $1 and d.id % $2 = 0 order by d.id limit 10000`,
      [last, every],
    );
    if (rows.length === 0) return devices;
    for (const { document, ...device } of rows) {
      devices.push({ ...device, attributes: attributesOf(document, keysById) });
      last = device.id;
    }
  }
}

function attributesOf(
  document: DeviceRow['document'],
  keysById: ReadonlyMap<string, { name: string; scope: AttributeScope }>,
): ReadonlyMap<string, FleetValue[]> {
  const attributes = new Map<string, FleetValue[]>();
  for (const [keyId, [value]] of Object.entries(document)) {
    const { name, scope } = keysById.get(keyId)!;
    const values = attributes.get(name) ?? [];
    values.push({ scope, value });
    values.sort((x, y) => COUNTING_ORDER.indexOf(x.scope) - COUNTING_ORDER.indexOf(y.scope)); // oxlint-disable-line unicorn/no-array-sort -- ours alone
    attributes.set(name, values);
  }
  return attributes;
}
