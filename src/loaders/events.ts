import DataLoader from 'dataloader';
import { selectList } from '../database/columns.js';
import { DeviceEventEntity } from '../database/entities/device-event.entity.js';
import type { LookUps } from '../database/query.js';
import { groupRows } from '../database/rows-by-key.js';
import { integerLiteral, sql } from '../database/sql.js';
import type { RowContext } from './rows.js';

export interface EventsKey {
  readonly deviceId: string;
  /** Null: both kinds. */
  readonly kind: 'INSTALL' | 'TRACE' | null;
  readonly first: number;
}

/** The newest events of devices. Keys that ask alike (kind and number) become one statement. */
export function createEventsLoader({
  database,
  projectId,
}: RowContext): DataLoader<EventsKey, readonly DeviceEventEntity[], string> {
  return new DataLoader(
    async (keys) => {
      const byShape = groupRows(keys, ({ kind, first }) => `${kind}/${first}`);
      const found = new Map<string, readonly DeviceEventEntity[]>();
      for (const [shape, alike] of byShape) {
        const events = await newestEvents(database, projectId, alike);
        for (const [deviceId, rows] of events) found.set(`${deviceId}/${shape}`, rows);
      }
      return keys.map((key) => found.get(textOf(key)) ?? []);
    },
    { cacheKeyFn: textOf },
  );
}

function textOf({ deviceId, kind, first }: EventsKey): string {
  return `${deviceId}/${kind}/${first}`;
}

async function newestEvents(database: LookUps, projectId: string, alike: readonly EventsKey[]) {
  const { kind, first } = alike[0]!;
  const ofKind = kind === null ? sql`true` : sql`e.kind = ${kind}`;
  const rows = await database.lookUp<DeviceEventEntity>(
    'loaders.events',
    sql`select found.* from unnest(${alike.map((key) => key.deviceId)}::bigint[]) as wanted(id)
        cross join lateral (
          select ${selectList(DeviceEventEntity, 'e')} from device_event e
          where e.project_id = ${projectId} and e.device_id = wanted.id and ${ofKind}
          order by e.at desc, e.id desc limit ${integerLiteral(first)}) found
        order by found.at desc, found.id desc`,
  );
  return groupRows(rows, (row) => row.deviceId);
}
