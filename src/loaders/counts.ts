import DataLoader from 'dataloader';
import type { LookUps } from '../database/query.js';
import { sql } from '../database/sql.js';
import type { RowContext } from './rows.js';

export interface CountKey {
  readonly kind: 'COHORT' | 'GROUP' | 'RELEASE';
  readonly ownerId: string;
}

const textOf = ({ kind, ownerId }: CountKey) => `${kind}/${ownerId}`;

/** Exact numbers of devices, from the kept changes (ADR 0004), without looking at the devices. */
export function createCountLoader({ database, projectId }: RowContext): DataLoader<CountKey, number, string> {
  return new DataLoader(
    async (keys) => {
      const rows = await database.lookUp<CountKey & { count: number }>(
        'loaders.deviceCounts',
        sql`select c.kind, c.owner_id as "ownerId", sum(c.delta)::integer as count
            from device_count c
            join unnest(${keys.map((key) => key.kind)}::text[], ${keys.map((key) => key.ownerId)}::bigint[])
                 as wanted(kind, owner_id) on c.kind = wanted.kind and c.owner_id = wanted.owner_id
            where c.project_id = ${projectId}
            group by c.kind, c.owner_id`,
      );
      const counts = new Map(rows.map((row) => [textOf(row), row.count]));
      return keys.map((key) => counts.get(textOf(key)) ?? 0);
    },
    { cacheKeyFn: textOf },
  );
}

/** Number of all devices of the project: each is in exactly one cohort. */
export async function countAllDevices(database: LookUps, projectId: string): Promise<number> {
  const [row] = await database.lookUp<{ count: number }>(
    'loaders.allDevices',
    sql`select coalesce(sum(delta), 0)::integer as count from device_count
        where project_id = ${projectId} and kind = 'COHORT'`,
  );
  return row?.count ?? 0;
}
