import { selectList } from '../database/columns.js';
import { violatedConstraint } from '../database/database-error.js';
import { CohortEntity } from '../database/entities/cohort.entity.js';
import { DeploymentEntity } from '../database/entities/deployment.entity.js';
import type { Executor } from '../database/query.js';
import { sql } from '../database/sql.js';
import { AppError, badInput } from '../errors.js';
import { parseName, parseSlug, toSlug } from '../model/names.js';
import { type AuditEntry, writeAudit } from './audit.js';
import type { ChangeContext } from './change-context.js';
import { defaultCohortId } from './cohort-look-up.js';
import { insertCounts } from './counts.js';
import { ensureReleases, parseReleaseName } from './release-look-up.js';

export type CohortRow = CohortEntity;

export interface CreateCohort {
  readonly name: string;
  readonly slug?: string | null;
  readonly ifExists: 'ERROR' | 'KEEP' | 'UPDATE';
}

/** CONFLICT if the slug is taken and ifExists is ERROR; UPDATE gives the cohort of that slug the name. */
export async function createCohort(
  context: ChangeContext,
  input: CreateCohort,
): Promise<{ cohort: CohortRow; created: boolean }> {
  const { database, projectId } = context;
  const name = parseName(input.name, 'input.name');
  const slug =
    input.slug === undefined || input.slug === null ? toSlug(name, 'input.name') : parseSlug(input.slug, 'input.slug');
  const now = new Date();
  return database.transaction('changes.createCohort', async (transaction) => {
    const [created] = await transaction.rows<CohortRow>(
      'changes.insertCohort',
      sql`insert into cohort as c (project_id, name, slug, is_default, created_at, updated_at)
          values (${projectId}, ${name}, ${slug}, false, ${now}, ${now})
          on conflict (project_id, slug) do nothing
          returning ${selectList(CohortEntity, 'c')}`,
    );
    if (created !== undefined) {
      writeAudit(transaction, context, {
        operation: 'createCohort',
        kind: 'Cohort',
        object: { id: created.id, name: slug },
        after: { values: { name, slug } },
      });
      return { cohort: created, created: true };
    }
    if (input.ifExists === 'ERROR') throw slugTaken(slug, 'input.slug');
    const present = await lockCohort(transaction, projectId, slug, 'input.slug');
    if (input.ifExists === 'KEEP' || present.name === name) return { cohort: present, created: false };
    const saved = await saveCohort(transaction, { ...present, name, updatedAt: now });
    writeAudit(transaction, context, changeOfCohort('createCohort', present, saved));
    return { cohort: saved, created: false };
  });
}

export async function updateCohort(
  context: ChangeContext,
  input: { readonly slug: string; readonly name?: string | null; readonly newSlug?: string | null },
): Promise<CohortRow> {
  const { database, projectId } = context;
  const slug = parseSlug(input.slug, 'input.slug');
  for (const field of ['name', 'newSlug'] as const) {
    if (input[field] === null) throw badInput(`input.${field}`, 'must not be null; leave it out to keep what there is');
  }
  const name = typeof input.name === 'string' ? parseName(input.name, 'input.name') : undefined;
  const newSlug = typeof input.newSlug === 'string' ? parseSlug(input.newSlug, 'input.newSlug') : undefined;
  return database.transaction('changes.updateCohort', async (transaction) => {
    const present = await lockCohort(transaction, projectId, slug, 'input.slug');
    const next = { ...present, name: name ?? present.name, slug: newSlug ?? present.slug };
    if (next.name === present.name && next.slug === present.slug) return present;
    const saved = await saveCohort(transaction, { ...next, updatedAt: new Date() });
    writeAudit(transaction, context, changeOfCohort('updateCohort', present, saved));
    return saved;
  });
}

/** Moves its devices to the default cohort first. `deleted` is false if there was none; CONFLICT for the default. */
export async function deleteCohort(
  context: ChangeContext,
  input: { readonly slug: string },
): Promise<{ deleted: boolean; movedDeviceCount: number }> {
  const { database, projectId } = context;
  const slug = parseSlug(input.slug, 'input.slug');
  return database.transaction('changes.deleteCohort', async (transaction) => {
    await lockMembers(transaction, projectId, slug);
    const cohort = await findCohort(transaction, projectId, slug);
    if (cohort === undefined) return { deleted: false, movedDeviceCount: 0 };
    if (cohort.isDefault) {
      const field = 'input.slug';
      throw new AppError('CONFLICT', `${field}: "${slug}" is the default cohort, which cannot be deleted`, { field });
    }
    const defaultId = await defaultCohortId(transaction, projectId);
    const now = new Date();
    const [moved] = await transaction.rows<{ count: number }>(
      'changes.emptyCohort',
      sql`with moved as (
            update device set cohort_id = ${defaultId}, updated_at = ${now}
            where project_id = ${projectId} and cohort_id = ${cohort.id} returning id),
          counted as (${insertCounts(
            projectId,
            'COHORT',
            sql`select ${defaultId}::bigint, count(*) from moved
                union all select ${cohort.id}::bigint, -count(*) from moved`,
          )})
          select count(*)::integer as count from moved`,
    );
    // Its deployments go with it: the foreign key cascades.
    await transaction.rows(
      'changes.deleteCohort',
      sql`delete from cohort where project_id = ${projectId} and id = ${cohort.id}`,
    );
    const movedDeviceCount = moved?.count ?? 0;
    writeAudit(transaction, context, {
      operation: 'deleteCohort',
      kind: 'Cohort',
      object: { id: cohort.id, name: slug },
      before: { values: { name: cohort.name, slug } },
      changedCount: movedDeviceCount,
    });
    return { deleted: true, movedDeviceCount };
  });
}

/** The cohort runs the release from now on. */
export async function deployRelease(
  context: ChangeContext,
  input: { readonly cohort: string; readonly release: { readonly version: string; readonly revision?: string | null } },
): Promise<DeploymentEntity> {
  const { database, projectId } = context;
  const slug = parseSlug(input.cohort, 'input.cohort');
  const release = parseReleaseName(input.release, 'input.release');
  const now = new Date();
  return database.transaction('changes.deployRelease', async (transaction) => {
    const cohort = await lockCohort(transaction, projectId, slug, 'input.cohort');
    const releaseIdOf = await ensureReleases(transaction, projectId, [release], now);
    const [deployment] = await transaction.rows<DeploymentEntity>(
      'changes.insertDeployment',
      sql`insert into deployment as t (project_id, cohort_id, release_id, deployed_at)
          values (${projectId}, ${cohort.id}, ${releaseIdOf(release)}, ${now})
          returning ${selectList(DeploymentEntity, 't')}`,
    );
    writeAudit(transaction, context, {
      operation: 'deployRelease',
      kind: 'Deployment',
      object: { id: deployment!.id, name: slug },
      after: { values: { cohort: slug, release } },
    });
    return deployment!;
  });
}

function changeOfCohort(operation: string, before: CohortRow, after: CohortRow): AuditEntry {
  const valuesOf = (one: CohortRow, other: CohortRow) => ({
    ...(one.name !== other.name && { name: one.name }),
    ...(one.slug !== other.slug && { slug: one.slug }),
  });
  return {
    operation,
    kind: 'Cohort',
    object: { id: after.id, name: after.slug },
    before: { values: valuesOf(before, after) },
    after: { values: valuesOf(after, before) },
  };
}

/** Devices before their cohort, as every change of devices locks them; see the same of groups. */
async function lockMembers(transaction: Executor, projectId: string, slug: string): Promise<void> {
  await transaction.rows(
    'changes.lockMembers',
    sql`select count(*) from (
          select 1 from device d where d.project_id = ${projectId} and d.cohort_id =
            (select c.id from cohort c where c.project_id = ${projectId} and c.slug = ${slug} and not c.is_default)
          order by d.id for update) locked`,
  );
}

async function findCohort(transaction: Executor, projectId: string, slug: string): Promise<CohortRow | undefined> {
  const [row] = await transaction.rows<CohortRow>(
    'changes.lockCohort',
    sql`select ${selectList(CohortEntity, 'c')} from cohort c
        where c.project_id = ${projectId} and c.slug = ${slug} for update`,
  );
  return row;
}

async function lockCohort(transaction: Executor, projectId: string, slug: string, field: string): Promise<CohortRow> {
  const row = await findCohort(transaction, projectId, slug);
  if (row === undefined) throw new AppError('NOT_FOUND', `${field}: there is no cohort "${slug}"`, { field });
  return row;
}

async function saveCohort(transaction: Executor, cohort: CohortRow): Promise<CohortRow> {
  try {
    await transaction.rows(
      'changes.saveCohort',
      sql`update cohort set name = ${cohort.name}, slug = ${cohort.slug}, updated_at = ${cohort.updatedAt}
          where project_id = ${cohort.projectId} and id = ${cohort.id}`,
    );
  } catch (error) {
    if (violatedConstraint(error) === 'cohort_slug_unique') throw slugTaken(cohort.slug, 'input.newSlug', error);
    throw error;
  }
  return cohort;
}

function slugTaken(slug: string, field: string, cause?: unknown): AppError {
  return new AppError('CONFLICT', `${field}: there is a cohort "${slug}" already`, { field, cause });
}
