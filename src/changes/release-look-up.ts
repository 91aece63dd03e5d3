import type { Executor } from '../database/query.js';
import { sql } from '../database/sql.js';
import { parseName } from '../model/names.js';

/** A release is its version and revision. */
export interface ReleaseName {
  readonly version: string;
  readonly revision: string | null;
}

/** A release as a caller names it. */
export interface ReleaseInput {
  readonly version: string;
  readonly revision?: string | null;
}

export function parseReleaseName(input: ReleaseInput, field: string): ReleaseName {
  return {
    version: parseName(input.version, `${field}.version`),
    revision:
      input.revision === undefined || input.revision === null ? null : parseName(input.revision, `${field}.revision`),
  };
}

const textOf = ({ version, revision }: ReleaseName) => JSON.stringify([version, revision]);

/** Ids of releases, making those that are named for the first time. */
export async function ensureReleases(
  transaction: Executor,
  projectId: string,
  releases: readonly ReleaseName[],
  now: Date,
): Promise<(release: ReleaseName) => string> {
  const wanted = [...new Map(releases.map((release) => [textOf(release), release])).values()];
  const ids = new Map<string, string>();
  const read = async () => {
    const rows = await transaction.rows<ReleaseName & { id: string }>(
      'changes.releaseIds',
      sql`select r.id, r.version, r.revision from release r
          join unnest(${wanted.map((one) => one.version)}::text[], ${wanted.map((one) => one.revision)}::text[])
               as wanted(version, revision)
            on r.version = wanted.version and r.revision is not distinct from wanted.revision
          where r.project_id = ${projectId}`,
    );
    for (const row of rows) ids.set(textOf(row), row.id);
  };
  if (wanted.length > 0) await read();
  const missing = wanted
    .filter((release) => !ids.has(textOf(release)))
    .toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
  if (missing.length > 0) {
    await transaction.rows(
      'changes.createReleases',
      sql`insert into release (project_id, version, revision, created_at)
          select ${projectId}::integer, version, revision, ${now}::timestamptz
          from unnest(${missing.map((one) => one.version)}::text[], ${missing.map((one) => one.revision)}::text[])
               as new(version, revision)
          on conflict (project_id, version, revision) do nothing`,
    );
    await read();
  }
  return (release) => {
    const id = ids.get(textOf(release));
    if (id === undefined) throw new Error('a release was asked for that was not ensured');
    return id;
  };
}
