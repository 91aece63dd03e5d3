import type { Executor } from '../database/query.js';
import { sql } from '../database/sql.js';

/** Ids of groups by name, making those that are missing. The order of creation is one everywhere, against deadlocks. */
export async function ensureGroups(
  transaction: Executor,
  projectId: string,
  names: readonly string[],
  now: Date,
): Promise<(name: string) => string> {
  const ids = new Map<string, string>();
  const read = async () => {
    const rows = await transaction.rows<{ id: string; name: string }>(
      'changes.groupIds',
      sql`select id, name from device_group where project_id = ${projectId} and name = any(${names}::text[])`,
    );
    for (const row of rows) ids.set(row.name, row.id);
  };
  if (names.length > 0) await read();
  const missing = [...new Set(names)].filter((name) => !ids.has(name)).toSorted();
  if (missing.length > 0) {
    await transaction.rows(
      'changes.createGroups',
      sql`insert into device_group (project_id, name, created_at, updated_at)
          select ${projectId}::integer, name, ${now}::timestamptz, ${now}::timestamptz from unnest(${missing}::text[]) as new(name)
          on conflict (project_id, name) do nothing`,
    );
    await read();
  }
  return (name) => {
    const id = ids.get(name);
    if (id === undefined) throw new Error('a group was asked for that was not ensured');
    return id;
  };
}
