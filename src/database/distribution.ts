import type { QueryRunner } from 'typeorm';

/**
 * Called by migrations between the CREATE TABLE statements and the foreign keys, the one moment at which Citus can
 * distribute tables. Does nothing on plain Postgres. All tables are co-located by project, so that every statement
 * with `project_id = $n` goes to one shard.
 *
 * Passes by tables whose project_id is not an integer: Citus co-locates tables only by columns of one type, and cannot
 * change the type of a column that a table is distributed by. Those are distributed by the migration that makes it one.
 */
export async function distributeByProject(runner: QueryRunner, tables: readonly string[]): Promise<void> {
  const [citus] = await runner.query(`select 1 as present from pg_extension where extname = 'citus'`);
  if (citus === undefined) return;
  for (const table of tables) {
    await runner.query(
      `select create_distributed_table($1::regclass, 'project_id') from pg_attribute
       where attrelid = $1::regclass and attname = 'project_id' and atttypid = 'integer'::regtype`,
      [table],
    );
  }
}
