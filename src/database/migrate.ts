import type { DataSource } from 'typeorm';

/** Any number will do, as long as nothing else on the same database uses it. */
const MIGRATION_LOCK = 7_316_200_411;

/**
 * Brings the schema up to date. Several processes may start at once: the first migrates, the others wait and find
 * nothing to do. The lock belongs to a transaction of its own, since session locks do not survive poolers.
 */
export async function migrate(dataSource: DataSource): Promise<void> {
  const guard = dataSource.createQueryRunner();
  try {
    await guard.startTransaction();
    await guard.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await dataSource.runMigrations({ transaction: 'each' });
    await guard.commitTransaction();
  } finally {
    if (guard.isTransactionActive) await guard.rollbackTransaction();
    await guard.release();
  }
}

/** Whether the schema is that of this program, so that its statements fit. Changes nothing. */
export async function isMigrated(dataSource: DataSource): Promise<boolean> {
  const [{ table } = { table: null }] = await dataSource.query<{ table: string | null }[]>(
    `select to_regclass('migration')::text as "table"`,
  );
  if (table === null) return false;
  const done = await dataSource.query<{ name: string }[]>('select name from migration');
  const names = new Set(done.map(({ name }) => name));
  return dataSource.migrations.every(({ name, constructor }) => names.has(name ?? constructor.name));
}
