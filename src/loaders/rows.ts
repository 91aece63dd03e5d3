import DataLoader from 'dataloader';
import { selectList } from '../database/columns.js';
import { ApiKeyEntity } from '../database/entities/api-key.entity.js';
import { CohortEntity } from '../database/entities/cohort.entity.js';
import { DeploymentEntity } from '../database/entities/deployment.entity.js';
import { DeviceGroupEntity } from '../database/entities/device-group.entity.js';
import { ProjectEntity } from '../database/entities/project.entity.js';
import { ReleaseEntity } from '../database/entities/release.entity.js';
import type { LookUps } from '../database/query.js';
import { oneRowPerKey } from '../database/rows-by-key.js';
import { identifier, sql } from '../database/sql.js';
import { isAmong } from './is-among.js';

/** What rows are found with. */
export interface RowContext {
  readonly database: LookUps;
  readonly projectId: string;
}

function byId<Row extends { id: string }>(entity: new () => Row, table: string) {
  return ({ database, projectId }: RowContext): DataLoader<string, Row | null> =>
    new DataLoader(async (ids) => {
      const rows = await database.lookUp<Row>(
        'loaders.rowsById',
        sql`select ${selectList(entity, 't')} from ${identifier(table)} t
            where t.project_id = ${projectId} and ${isAmong(sql`t.id`, ids, 'bigint')}`,
      );
      return oneRowPerKey(ids, rows, (row) => row.id);
    });
}

/** Rows by id; null for an id that is unknown or of another project, which are the same to the caller. */
export const ROW_LOADERS = {
  /** Only the project itself: others are as unknown as random ids. */
  project: ({ database, projectId }: RowContext) =>
    new DataLoader(async (ids: readonly string[]) => {
      const rows = await database.lookUp<ProjectEntity>(
        'loaders.project',
        sql`select ${selectList(ProjectEntity, 'p')} from project p where p.id = ${projectId}`,
      );
      const projects = rows.map((row) => ({ ...row, id: String(row.id) }));
      return oneRowPerKey(ids, projects, (row) => row.id);
    }),
  cohort: byId(CohortEntity, 'cohort'),
  cohortBySlug: ({ database, projectId }: RowContext) =>
    new DataLoader<string, CohortEntity | null>(async (slugs) => {
      const rows = await database.lookUp<CohortEntity>(
        'loaders.cohortsBySlug',
        sql`select ${selectList(CohortEntity, 't')} from cohort t
            where t.project_id = ${projectId} and t.slug = any(${slugs}::text[])`,
      );
      return oneRowPerKey(slugs, rows, (row) => row.slug);
    }),
  group: byId(DeviceGroupEntity, 'device_group'),
  groupByName: ({ database, projectId }: RowContext) =>
    new DataLoader<string, DeviceGroupEntity | null>(async (names) => {
      const rows = await database.lookUp<DeviceGroupEntity>(
        'loaders.groupsByName',
        sql`select ${selectList(DeviceGroupEntity, 't')} from device_group t
            where t.project_id = ${projectId} and t.name = any(${names}::text[])`,
      );
      return oneRowPerKey(names, rows, (row) => row.name);
    }),
  release: byId(ReleaseEntity, 'release'),
  deployment: byId(DeploymentEntity, 'deployment'),
  apiKey: byId(ApiKeyEntity, 'api_key'),
};
