import { selectList } from '../database/columns.js';
import { violatedConstraint } from '../database/database-error.js';
import { DeviceGroupEntity } from '../database/entities/device-group.entity.js';
import type { Executor } from '../database/query.js';
import { sql } from '../database/sql.js';
import { AppError } from '../errors.js';
import { parseGroupName } from '../model/names.js';
import { writeAudit } from './audit.js';
import type { ChangeContext } from './change-context.js';
import { insertCounts } from './counts.js';

export type GroupRow = DeviceGroupEntity;

/** CONFLICT if the name is taken and ifExists is ERROR. */
export async function createGroup(
  context: ChangeContext,
  input: { readonly name: string; readonly ifExists: 'ERROR' | 'KEEP' },
): Promise<{ group: GroupRow; created: boolean }> {
  const { database, projectId } = context;
  const name = parseGroupName(input.name, 'input.name');
  const now = new Date();
  return database.transaction('changes.createGroup', async (transaction) => {
    const [created] = await transaction.rows<GroupRow>(
      'changes.insertGroup',
      sql`insert into device_group as g (project_id, name, created_at, updated_at)
          values (${projectId}, ${name}, ${now}, ${now})
          on conflict (project_id, name) do nothing
          returning ${selectList(DeviceGroupEntity, 'g')}`,
    );
    if (created !== undefined) {
      writeAudit(transaction, context, {
        operation: 'createGroup',
        kind: 'Group',
        object: created,
        after: { values: { name } },
      });
      return { group: created, created: true };
    }
    if (input.ifExists === 'ERROR') throw nameTaken(name, 'input.name');
    return { group: await lockGroup(transaction, projectId, name, 'input.name'), created: false };
  });
}

export async function renameGroup(
  context: ChangeContext,
  input: { readonly name: string; readonly newName: string },
): Promise<GroupRow> {
  const { database, projectId } = context;
  const name = parseGroupName(input.name, 'input.name');
  const newName = parseGroupName(input.newName, 'input.newName');
  return database.transaction('changes.renameGroup', async (transaction) => {
    const group = await lockGroup(transaction, projectId, name, 'input.name');
    if (newName === name) return group;
    const renamed = { ...group, name: newName, updatedAt: new Date() };
    try {
      await transaction.rows(
        'changes.renameGroup',
        sql`update device_group set name = ${newName}, updated_at = ${renamed.updatedAt}
            where project_id = ${projectId} and id = ${group.id}`,
      );
    } catch (error) {
      if (violatedConstraint(error) === 'device_group_name_unique') throw nameTaken(newName, 'input.newName', error);
      throw error;
    }
    writeAudit(transaction, context, {
      operation: 'renameGroup',
      kind: 'Group',
      object: renamed,
      before: { values: { name } },
      after: { values: { name: newName } },
    });
    return renamed;
  });
}

/** Its devices stay, in no group. `deleted` is false if there was no such group. */
export async function deleteGroup(
  context: ChangeContext,
  input: { readonly name: string },
): Promise<{ deleted: boolean; releasedDeviceCount: number }> {
  const { database, projectId } = context;
  const name = parseGroupName(input.name, 'input.name');
  return database.transaction('changes.deleteGroup', async (transaction) => {
    await lockMembers(transaction, projectId, name);
    const group = await findGroup(transaction, projectId, name);
    if (group === undefined) return { deleted: false, releasedDeviceCount: 0 };
    const now = new Date();
    const [released] = await transaction.rows<{ count: number }>(
      'changes.emptyGroup',
      sql`with released as (
            update device set group_id = null, updated_at = ${now}
            where project_id = ${projectId} and group_id = ${group.id} returning id),
          counted as (${insertCounts(projectId, 'GROUP', sql`select ${group.id}::bigint, -count(*) from released`)})
          select count(*)::integer as count from released`,
    );
    await transaction.rows(
      'changes.deleteGroup',
      sql`delete from device_group where project_id = ${projectId} and id = ${group.id}`,
    );
    const releasedDeviceCount = released?.count ?? 0;
    writeAudit(transaction, context, {
      operation: 'deleteGroup',
      kind: 'Group',
      object: group,
      before: { values: { name } },
      changedCount: releasedDeviceCount,
    });
    return { deleted: true, releasedDeviceCount };
  });
}

/**
 * Devices before their group, as every change of devices locks them: the other way round, a change that holds a device
 * and wants the group would wait for a deletion that holds the group and wants the device.
 */
async function lockMembers(transaction: Executor, projectId: string, name: string): Promise<void> {
  await transaction.rows(
    'changes.lockMembers',
    sql`select count(*) from (
          select 1 from device d where d.project_id = ${projectId} and d.group_id =
            (select g.id from device_group g where g.project_id = ${projectId} and g.name = ${name})
          order by d.id for update) locked`,
  );
}

async function findGroup(transaction: Executor, projectId: string, name: string): Promise<GroupRow | undefined> {
  const [row] = await transaction.rows<GroupRow>(
    'changes.lockGroup',
    sql`select ${selectList(DeviceGroupEntity, 'g')} from device_group g
        where g.project_id = ${projectId} and g.name = ${name} for update`,
  );
  return row;
}

async function lockGroup(transaction: Executor, projectId: string, name: string, field: string): Promise<GroupRow> {
  const row = await findGroup(transaction, projectId, name);
  if (row === undefined) throw new AppError('NOT_FOUND', `${field}: there is no group "${name}"`, { field });
  return row;
}

function nameTaken(name: string, field: string, cause?: unknown): AppError {
  return new AppError('CONFLICT', `${field}: there is a group "${name}" already`, { field, cause });
}
