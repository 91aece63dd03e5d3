/** Projects are the tenants: made by the server at its first start and by the command-line tool, never by the API. */
import { selectList } from '../database/columns.js';
import { ProjectEntity } from '../database/entities/project.entity.js';
import type { Database, Executor } from '../database/query.js';
import { sql } from '../database/sql.js';
import { AppError } from '../errors.js';
import { writeAudit } from './audit.js';
import type { ChangeContext } from './change-context.js';

interface NewProject {
  readonly slug: string;
  readonly name: string;
}

const FIRST_PROJECT = { slug: 'main', name: 'Main' } as const;

/**
 * The project of a new installation, made with its default cohort if it is not there. Processes may start at once: one
 * makes it, the others wait for that and find it.
 */
export async function ensureFirstProject(database: Database): Promise<{ id: string; created: boolean }> {
  return database.transaction('changes.ensureFirstProject', async (transaction) => {
    const id = await insertProject(transaction, FIRST_PROJECT, new Date());
    if (id !== null) return { id, created: true };
    const present = await findProject(transaction, FIRST_PROJECT.slug);
    if (present === null) throw new Error('the first project went away while it was looked up');
    return { id: String(present.id), created: false };
  });
}

/** Makes a project with its default cohort. Its own audit log says who did. Throws CONFLICT if the slug is taken. */
export async function createProject(
  { database, ...who }: Pick<ChangeContext, 'actor' | 'audit'> & { readonly database: Database },
  { slug, name }: NewProject,
  field: string,
): Promise<void> {
  await database.transaction('changes.createProject', async (transaction) => {
    const id = await insertProject(transaction, { slug, name }, new Date());
    if (id === null) throw new AppError('CONFLICT', `${field}: there is a project "${slug}" already`, { field });
    writeAudit(
      transaction,
      { ...who, projectId: id },
      { operation: 'createProject', kind: 'Project', object: { id, name: slug }, after: { values: { slug, name } } },
    );
  });
}

export async function findProject(database: Executor, slug: string): Promise<ProjectEntity | null> {
  const [project] = await database.rows<ProjectEntity>(
    'changes.findProject',
    sql`select ${selectList(ProjectEntity, 'p')} from project p where p.slug = ${slug}`,
  );
  return project ?? null;
}

/** All projects of the installation, by slug. */
export function listProjects(database: Executor): Promise<ProjectEntity[]> {
  return database.rows<ProjectEntity>(
    'changes.listProjects',
    sql`select ${selectList(ProjectEntity, 'p')} from project p order by p.slug`,
  );
}

/** Null if the slug is taken. Every project has exactly one default cohort; new devices go there. */
async function insertProject(transaction: Executor, { slug, name }: NewProject, now: Date): Promise<string | null> {
  const [made] = await transaction.rows<{ id: string }>(
    'changes.insertProject',
    sql`insert into project (slug, name, created_at) values (${slug}, ${name}, ${now})
        on conflict (slug) do nothing returning id::text`,
  );
  if (made === undefined) return null;
  await transaction.rows(
    'changes.createDefaultCohort',
    sql`insert into cohort (project_id, name, slug, is_default, created_at, updated_at)
        values (${made.id}, 'default', 'default', true, ${now}, ${now})`,
  );
  return made.id;
}
