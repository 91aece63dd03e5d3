/** How many devices have a value under each attribute key: counted when asked for, and kept for a minute. */
import { POSTING_KIND_OF, POSTING_KINDS, POSTING_TABLES } from '../attributes/postings.js';
import type { StoredType } from '../attributes/keys.js';
import type { Database } from '../database/query.js';
import { join, sql, type SqlFragment } from '../database/sql.js';
import type { CatalogueKey } from './catalogue.js';
import { runCount } from './run-count.js';

interface CountContext {
  readonly database: Database;
  readonly projectId: string;
}

/** No count that is answered is older. */
const FRESH_MS = 60_000;
/** From this age on, counts that somebody asks for are renewed behind the answer, so that nobody waits for them. */
const RENEW_MS = 30_000;

/** Numbers of devices by id of the key, as of at most a minute before `now`. Exact at the time of counting. */
export async function countDevicesByKey(
  context: CountContext,
  keys: readonly CatalogueKey[],
  now = new Date(),
): Promise<ReadonlyMap<number, number>> {
  const { database, projectId } = context;
  const kept = await database.rows<{ keyId: number; count: number; countedAt: Date }>(
    'search.keptKeyCounts',
    sql`select c.key_id as "keyId", c.device_count::integer as count, c.counted_at as "countedAt"
        from attribute_key_count c
        where c.project_id = ${projectId} and c.key_id = any(${keys.map(({ id }) => id)}::integer[])`,
  );
  const counts = new Map<number, number>();
  const ageing = new Set<number>();
  for (const { keyId, count, countedAt } of kept) {
    const age = now.getTime() - countedAt.getTime();
    if (age > FRESH_MS) continue;
    counts.set(keyId, count);
    if (age > RENEW_MS) ageing.add(keyId);
  }
  const missing = keys.filter(({ id }) => !counts.has(id));
  if (missing.length > 0) {
    for (const [id, count] of await recount(context, missing, now)) counts.set(id, count);
  }
  if (ageing.size > 0) {
    // Whoever asks when a minute has passed counts again, and is told why it failed.
    recount(
      context,
      keys.filter(({ id }) => ageing.has(id)),
      now,
    ).catch(() => undefined);
  }
  return counts;
}

type Counting = Promise<ReadonlyMap<number, number>>;

/** Counts that are being made in this process, by project and key: whoever asks meanwhile waits for the same. */
const underway = new WeakMap<Database, Map<string, Counting>>();

async function recount(
  { database: { ofNobody: database }, projectId }: CountContext,
  keys: readonly CatalogueKey[],
  now: Date,
): Counting {
  const running = underway.get(database) ?? new Map<string, Counting>();
  underway.set(database, running);
  const nameOf = ({ id }: CatalogueKey) => `${projectId}/${id}`;
  const idle = keys.filter((key) => !running.has(nameOf(key)));
  if (idle.length > 0) {
    const counting = countAndKeep({ database, projectId }, idle, now).finally(() => {
      for (const key of idle) running.delete(nameOf(key));
    });
    for (const key of idle) running.set(nameOf(key), counting);
  }
  const countings = new Set(keys.flatMap((key) => running.get(nameOf(key)) ?? []));
  const counts = new Map<number, number>();
  for (const counted of await Promise.all(countings)) for (const [id, count] of counted) counts.set(id, count);
  return counts;
}

const ARRAY_TYPES: ReadonlySet<StoredType> = new Set(['STRING_ARRAY', 'NUMBER_ARRAY']);

async function countAndKeep({ database, projectId }: CountContext, keys: readonly CatalogueKey[], now: Date): Counting {
  const counts = POSTING_KINDS.flatMap((kind) =>
    [true, false].flatMap((isArray): SqlFragment[] => {
      const ids = keys
        .filter(({ type }) => POSTING_KIND_OF[type] === kind && ARRAY_TYPES.has(type) === isArray)
        .map(({ id }) => id);
      if (ids.length === 0) return [];
      const postings = sql`from ${POSTING_TABLES[kind]} p
                           where p.project_id = ${projectId} and p.key_id = any(${ids}::integer[])`;
      return [
        isArray
          ? sql`select a.key_id, count(*) from (select distinct p.key_id, p.device_id ${postings}) a group by a.key_id`
          : sql`select p.key_id, count(*) ${postings} group by p.key_id`,
      ];
    }),
  );
  const rows = await runCount<{ keyId: number; count: number }>(
    database,
    'search.countKeys',
    // In one order everywhere, so that two processes that keep the same counts do not deadlock.
    sql`with counted as (
          select k.id as key_id, coalesce(c.count, 0) as count
          from unnest(${keys.map(({ id }) => id)}::integer[]) as k(id)
          left join (${join(counts, sql` union all `)}) as c(key_id, count) on c.key_id = k.id),
        kept as (
          insert into attribute_key_count as o (project_id, key_id, device_count, counted_at)
          select ${projectId}::integer, c.key_id, c.count, ${now}::timestamptz from counted c order by c.key_id
          on conflict (project_id, key_id) do update
          set device_count = excluded.device_count, counted_at = excluded.counted_at
          where o.counted_at < excluded.counted_at)
        select c.key_id as "keyId", c.count::integer as count from counted c`,
  );
  return new Map(rows.map(({ keyId, count }) => [keyId, count]));
}
