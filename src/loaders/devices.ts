import DataLoader from 'dataloader';
import { oneRowPerKey } from '../database/rows-by-key.js';
import { sql } from '../database/sql.js';
import { DeviceReading, type DeviceRow } from '../search/device-reading.js';
import type { SearchContext } from '../search/search.js';
import { isAmong } from './is-among.js';

export interface DeviceKey {
  readonly by: 'id' | 'deviceSerial' | 'uuid';
  readonly key: string;
  /** What will be asked of the device. Absent: its own columns. */
  readonly reading?: DeviceReading;
}

const COLUMNS = {
  id: { column: sql`d.id`, type: 'bigint' },
  deviceSerial: { column: sql`d.device_serial`, type: 'text' },
  uuid: { column: sql`d.uuid`, type: 'uuid' },
} as const;

/** That of their ids, which needs no numbers of the rows. */
const ANY_ORDER = sql`asc`;

/** Devices by any of their keys; null for one that is unknown or of another project, which are the same to the caller. */
export function createDeviceLoader(
  context: Pick<SearchContext, 'database' | 'projectId' | 'attributeKeys'>,
): DataLoader<DeviceKey, DeviceRow | null, string> {
  const { database, projectId } = context;

  async function load(by: DeviceKey['by'], wanted: readonly DeviceKey[]): Promise<(DeviceRow | null)[]> {
    const [, another] = wanted;
    const readings = wanted.map((key) => key.reading ?? DeviceReading.ownColumns);
    // Of several devices each must be known by its key.
    const reading =
      another === undefined
        ? readings[0]!
        : DeviceReading.union([...readings, new DeviceReading({ columns: new Set([by]) })]);
    const keys = wanted.map(({ key }) => key);
    const { column, type } = COLUMNS[by];
    const devices = sql`select ${reading.columns} from device d
                        where d.project_id = ${projectId} and ${isAmong(column, keys, type)}`;
    const rows = await database.lookUp<DeviceRow>(
      'loaders.devices',
      reading.statement(devices, projectId, { idOrder: ANY_ORDER }),
    );
    await reading.finish(rows, context);
    return another === undefined ? [rows[0] ?? null] : oneRowPerKey<DeviceRow>(keys, rows, (row) => row[by]);
  }

  return new DataLoader(
    async (keys) => {
      const found = new Map<DeviceKey, DeviceRow | null>();
      const kinds = (['id', 'deviceSerial', 'uuid'] as const).map((by) => keys.filter((key) => key.by === by));
      await Promise.all(
        kinds.map(async (ofKind) => {
          if (ofKind[0] === undefined) return;
          const devices = await load(ofKind[0].by, ofKind);
          for (const [index, key] of ofKind.entries()) found.set(key, devices[index] ?? null);
        }),
      );
      return keys.map((key) => found.get(key) ?? null);
    },
    { cacheKeyFn: ({ by, key, reading = DeviceReading.ownColumns }) => `${by}/${reading.id}/${key}` },
  );
}
