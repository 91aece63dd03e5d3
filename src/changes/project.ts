import type { Database, Executor } from '../database/query.js';
import { sql } from '../database/sql.js';

const FIRST_PROJECT = { slug: 'main', name: 'Main' } as const;

/**
 * The project of a new installation, made with its default cohort if it is not there. Processes may start at once: one
 * makes it, the others wait for that and find it.
 */
export async function ensureFirstProject(database: Database): Promise<{ id: string; created: boolean }> {
  const { slug, name } = FIRST_PROJECT;
  const now = new Date();
  return database.transaction('changes.ensureFirstProject', async (transaction) => {
    const [made] = await transaction.rows<{ id: string }>(
      'changes.createProject',
      sql`insert into project (slug, name, created_at) values (${slug}, ${name}, ${now})
          on conflict (slug) do nothing returning id::text`,
    );
    if (made !== undefined) {
      await createDefaultCohort(transaction, made.id, now);
      return { id: made.id, created: true };
    }
    const [present] = await transaction.rows<{ id: string }>(
      'changes.findProject',
      sql`select id::text from project where slug = ${slug}`,
    );
    if (present === undefined) throw new Error('the first project went away while it was looked up');
    return { id: present.id, created: false };
  });
}

/** Every project has exactly one; new devices go there. */
async function createDefaultCohort(transaction: Executor, projectId: string, now: Date): Promise<void> {
  await transaction.rows(
    'changes.createDefaultCohort',
    sql`insert into cohort (project_id, name, slug, is_default, created_at, updated_at)
        values (${projectId}, 'default', 'default', true, ${now}, ${now})`,
  );
}
