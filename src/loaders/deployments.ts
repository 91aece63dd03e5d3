import DataLoader from 'dataloader';
import { selectList } from '../database/columns.js';
import { DeploymentEntity } from '../database/entities/deployment.entity.js';
import { oneRowPerKey } from '../database/rows-by-key.js';
import { sql } from '../database/sql.js';
import type { RowContext } from './rows.js';

export function createLastDeploymentLoader({
  database,
  projectId,
}: RowContext): DataLoader<string, DeploymentEntity | null> {
  return new DataLoader(async (cohortIds) => {
    const rows = await database.lookUp<DeploymentEntity>(
      'loaders.lastDeployments',
      sql`select distinct on (t.cohort_id) ${selectList(DeploymentEntity, 't')} from deployment t
          where t.project_id = ${projectId} and t.cohort_id = any(${cohortIds}::bigint[])
          order by t.cohort_id, t.deployed_at desc, t.id desc`,
    );
    return oneRowPerKey(cohortIds, rows, (row) => row.cohortId);
  });
}
