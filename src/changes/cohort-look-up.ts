import type { Executor } from '../database/query.js';
import { sql } from '../database/sql.js';

/** Ids of cohorts by slug; an unknown one is absent. */
export async function cohortIdsBySlug(
  executor: Executor,
  projectId: string,
  slugs: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (slugs.length === 0) return new Map();
  const rows = await executor.rows<{ id: string; slug: string }>(
    'changes.cohortIds',
    sql`select id, slug from cohort where project_id = ${projectId} and slug = any(${slugs}::text[])`,
  );
  return new Map(rows.map(({ slug, id }) => [slug, id]));
}

/** Id of the project's default cohort; every project has exactly one. */
export async function defaultCohortId(executor: Executor, projectId: string): Promise<string> {
  const [row] = await executor.rows<{ id: string }>(
    'changes.defaultCohort',
    sql`select id from cohort where project_id = ${projectId} and is_default`,
  );
  if (row === undefined) throw new Error(`project ${projectId} has no default cohort`);
  return row.id;
}
