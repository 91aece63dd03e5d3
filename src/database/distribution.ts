import type { QueryRunner } from 'typeorm';

/**
 * Called by migrations between the CREATE TABLE statements and the foreign keys, the one moment at which Citus can
 * distribute tables. Does nothing on plain Postgres. All tables are co-located by project, so that every statement
 * with `project_id = $n` goes to one shard.
 */
export async function distributeByProject(runner: QueryRunner, tables: readonly string[]): Promise<void> {
  const [citus] = await runner.query(`select 1 as present from pg_extension where extname = 'citus'`);
  if (citus === undefined) return;
  for (const table of tables) {
    await runner.query(`select create_distributed_table($1, 'project_id')`, [table]);
  }
}
