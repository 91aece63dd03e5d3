import DataLoader from 'dataloader';
import { oneRowPerKey } from '../database/rows-by-key.js';
import { sql } from '../database/sql.js';
import type { RowContext } from './rows.js';

/** OAuth client ids of devices; null for a device without credentials. */
export function createClientIdLoader({ database, projectId }: RowContext): DataLoader<string, string | null> {
  return new DataLoader(async (deviceIds) => {
    const rows = await database.lookUp<{ deviceId: string; clientId: string }>(
      'loaders.clientIds',
      sql`select device_id::text as "deviceId", client_id as "clientId" from device_credential
          where project_id = ${projectId} and device_id = any(${deviceIds}::bigint[])`,
    );
    return oneRowPerKey(deviceIds, rows, (row) => row.deviceId).map((row) => row?.clientId ?? null);
  });
}
