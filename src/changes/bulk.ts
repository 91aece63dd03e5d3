/** Changes of many devices: one transaction each, by statements that change all of them at once. */
import type { Executor } from '../database/query.js';
import { storedTypeOf } from '../attributes/keys.js';
import { writePostings } from '../attributes/write-postings.js';
import { selectList } from '../database/columns.js';
import type { StoredAttributes } from '../database/entities/device-document.entity.js';
import { DeviceEntity } from '../database/entities/device.entity.js';
import { commaSeparated, join, sql, type SqlFragment } from '../database/sql.js';
import { AppError, badInput } from '../errors.js';
import { LIMITS } from '../model/limits.js';
import { parseDeviceSerial, parseGroupName, parseSlug } from '../model/names.js';
import type { DeviceRow } from '../search/search.js';
import {
  type AttributeInput,
  type AttributeWrite,
  describeDocument,
  parseAttributeWrites,
  planAttributes,
  previewAttributes,
  readDocuments,
} from './attributes.js';
import { isAudited, writeAudit } from './audit.js';
import { attributesOf, deviceEntry } from './audited-device.js';
import type { ChangeContext } from './change-context.js';
import { cohortIdsBySlug } from './cohort-look-up.js';
import { insertCounts } from './counts.js';
import { ensureGroups } from './group-look-up.js';
import { compileSelection, findUnknown, parseSelector, type Selection } from './selection.js';

interface BulkInput {
  /** A DeviceSelector as the schema lets it through. */
  readonly devices: object;
  /** Counts what would change, changes nothing, and ignores maxAffected. */
  readonly dryRun: boolean;
  /** Most devices that may match; more is TOO_MANY_AFFECTED with the count, and nothing is changed. */
  readonly maxAffected?: number | null;
}

export interface BulkResult {
  readonly matchedCount: number;
  /** Devices that are different afterwards: those that were as wanted already do not count. */
  readonly changedCount: number;
  readonly unknownSerials: readonly string[];
  readonly unknownIds: readonly string[];
  readonly dryRun: boolean;
}

interface Counts {
  readonly matchedCount: number;
  readonly changedCount: number;
}

/** One bulk change: `selected` is the condition on `d` under which a device is meant. */
interface BulkChange {
  /** Name of the mutation. */
  readonly operation: string;
  /** What the devices are to be, for the audit log; absent: gone. */
  readonly wanted?: Readonly<Record<string, unknown>>;
  /** Afterwards nobody could tell them from devices that were never there. */
  readonly removesDevices?: true;
  readonly count: (transaction: Executor, selected: SqlFragment) => Promise<Counts>;
  readonly apply: (transaction: Executor, selected: SqlFragment, now: Date) => Promise<Counts>;
}

export async function moveDevicesToCohort(
  context: ChangeContext,
  input: BulkInput & { readonly cohort: string },
): Promise<BulkResult> {
  const slug = parseSlug(input.cohort, 'input.cohort');
  const { projectId } = context;
  const cohortId = async (transaction: Executor) => {
    const id = (await cohortIdsBySlug(transaction, projectId, [slug])).get(slug);
    const field = 'input.cohort';
    if (id === undefined) throw new AppError('NOT_FOUND', `${field}: there is no cohort "${slug}"`, { field });
    return id;
  };
  return changeMany(context, input, {
    operation: 'moveDevicesToCohort',
    wanted: { cohort: slug },
    count: async (transaction, selected) =>
      countTargets(transaction, selected, sql`d.cohort_id <> ${await cohortId(transaction)}`),
    apply: async (transaction, selected, now) => {
      const id = await cohortId(transaction);
      return countsOf(
        await transaction.rows<Counts>(
          'changes.moveToCohort',
          sql`with target as materialized (
                select d.id, d.cohort_id from device d where ${selected} order by d.id for update),
              moved as (
                update device d set cohort_id = ${id}, updated_at = ${now}
                from target where d.project_id = ${projectId} and d.id = target.id and target.cohort_id <> ${id}
                returning target.cohort_id as old_id),
              counted as (${insertCounts(
                projectId,
                'COHORT',
                sql`select old_id, -1 from moved union all select ${id}::bigint, 1 from moved`,
              )})
              ${SELECT_COUNTS}`,
          FOR_SELECTION,
        ),
      );
    },
  });
}

/** A null group takes the devices out of their groups. The group is created if there is none and a device is meant. */
export async function moveDevicesToGroup(
  context: ChangeContext,
  input: BulkInput & { readonly group?: string | null },
): Promise<BulkResult> {
  if (input.group === undefined) {
    throw badInput('input.group', 'name a group, or give null to take the devices out of their groups');
  }
  const name = input.group === null ? null : parseGroupName(input.group, 'input.group');
  const { projectId } = context;
  return changeMany(context, input, {
    operation: 'moveDevicesToGroup',
    wanted: { group: name },
    count: (transaction, selected) =>
      countTargets(
        transaction,
        selected,
        sql`d.group_id is distinct from
            (select g.id from device_group g where g.project_id = ${projectId} and g.name = ${name})
            or (d.group_id is null and ${name}::text is not null)`,
      ),
    apply: async (transaction, selected, now) => {
      // Devices before the group, as everywhere, so that no two changes wait for each other.
      const [locked] = await transaction.rows<{ count: number }>(
        'changes.lockSelected',
        sql`select count(*)::integer as count from (
              select 1 from device d where ${selected} order by d.id for update) locked`,
        FOR_SELECTION,
      );
      if (locked!.count === 0) return { matchedCount: 0, changedCount: 0 };
      const groupIdOf = await ensureGroups(transaction, projectId, name === null ? [] : [name], now);
      const id = sql`${name === null ? null : groupIdOf(name)}::bigint`;
      return countsOf(
        await transaction.rows<Counts>(
          'changes.moveToGroup',
          sql`with target as materialized (
                select d.id, d.group_id from device d where ${selected} order by d.id for update),
              moved as (
                update device d set group_id = ${id}, updated_at = ${now}
                from target
                where d.project_id = ${projectId} and d.id = target.id and target.group_id is distinct from ${id}
                returning target.group_id as old_id),
              counted as (${insertCounts(
                projectId,
                'GROUP',
                sql`select old_id, -1 from moved union all select ${id}, 1 from moved`,
              )})
              ${SELECT_COUNTS}`,
          FOR_SELECTION,
        ),
      );
    },
  });
}

export async function deleteDevices(context: ChangeContext, input: BulkInput): Promise<BulkResult> {
  return changeMany(context, input, {
    operation: 'deleteDevices',
    removesDevices: true,
    count: (transaction, selected) => countTargets(transaction, selected, sql`true`),
    apply: (transaction, selected) =>
      eachBatch(transaction, selected, async (deviceIds) => {
        const { count } = await removeDevices(transaction, context.projectId, deviceIds);
        return count;
      }),
  });
}

/** Removes one device and everything of it. `id` is null if there was none. */
export async function deleteDevice(
  context: ChangeContext,
  input: { readonly deviceSerial: string },
): Promise<{ id: string | null }> {
  const serial = parseDeviceSerial(input.deviceSerial, 'input.deviceSerial');
  const selected = sql`d.project_id = ${context.projectId} and d.device_serial = ${serial}`;
  return context.database.transaction('changes.deleteDevice', async (transaction) => {
    const [device] = await transaction.rows<DeviceRow>(
      'changes.lockDevice',
      sql`select ${selectList(DeviceEntity, 'd')} from device d where ${selected} for update`,
    );
    if (device === undefined) return { id: null };
    const { documents } = await removeDevices(transaction, context.projectId, [device.id]);
    if (isAudited(context)) {
      const attributesBefore = await describeDocument(transaction, context, documents.get(device.id) ?? {});
      const history = { before: device, after: null, attributesBefore, attributesAfter: [] };
      writeAudit(transaction, context, deviceEntry('deleteDevice', history));
    }
    return { id: device.id };
  });
}

/**
 * Removes devices that an earlier statement of the transaction has locked; tells how many, and what they had. One statement that both
 * locked and read would not see the values that another writer made while it waited for the lock.
 */
async function removeDevices(
  transaction: Executor,
  projectId: string,
  deviceIds: readonly string[],
): Promise<{ count: number; documents: ReadonlyMap<string, StoredAttributes> }> {
  // What has a foreign key to the device goes by its cascade. The postings have none, and are found by their values.
  const documents = await readDocuments(transaction, projectId, deviceIds);
  const values = [...documents].flatMap(([deviceId, attributes]) =>
    Object.entries(attributes).map(([keyId, [before]]) => ({
      deviceId,
      keyId: Number(keyId),
      type: storedTypeOf(before),
      before,
    })),
  );
  const postings = writePostings(projectId, values).map((one) => sql`${one}, `);
  const [removed] = await transaction.rows<{ count: number }>(
    'changes.removeDevices',
    sql`with ${join(postings, sql``)}
        removed as (
          delete from device where project_id = ${projectId} and id = any(${deviceIds}::bigint[])
          returning cohort_id, group_id, last_seen_release_id),
        cohorts as (${insertCounts(projectId, 'COHORT', sql`select cohort_id, -1 from removed`)}),
        groups as (${insertCounts(projectId, 'GROUP', sql`select group_id, -1 from removed`)}),
        releases as (${insertCounts(projectId, 'RELEASE', sql`select last_seen_release_id, -1 from removed`)})
        select count(*)::integer as count from removed`,
  );
  return { count: removed!.count, documents };
}

/** Devices that are changed by one statement. */
const BATCH_SIZE = 5_000;

export async function setAttributesOfDevices(
  context: ChangeContext,
  input: BulkInput & { readonly attributes: readonly AttributeInput[] },
): Promise<BulkResult> {
  const writes = parseAttributeWrites(input.attributes, 'input.attributes');
  if (writes.length === 0) throw badInput('input.attributes', 'needs at least one attribute');
  return changeMany(context, input, {
    operation: 'setAttributesOfDevices',
    wanted: { attributes: attributesOf(writes) },
    count: (transaction, selected) =>
      eachBatch(transaction, selected, async (deviceIds) => {
        const changed = await previewAttributes(transaction, context, toChanges(deviceIds, writes));
        return [...changed.values()].filter(Boolean).length;
      }),
    apply: (transaction, selected, now) =>
      eachBatch(transaction, selected, async (deviceIds) => {
        const documents = await readDocuments(transaction, context.projectId, deviceIds);
        const { results, writes: stored } = await planAttributes(
          transaction,
          context,
          toChanges(deviceIds, writes),
          documents,
          now,
        );
        const moved = [...results].filter(([, { valuesChanged }]) => valuesChanged).map(([deviceId]) => deviceId);
        if (stored.length > 0) {
          await transaction.rows(
            'changes.setAttributes',
            sql`with ${commaSeparated(stored)}
                update device set attributes_updated_at = ${now}
                where project_id = ${context.projectId} and id = any(${moved}::bigint[])`,
          );
        }
        return [...results.values()].filter(({ changed }) => changed).length;
      }),
  });
}

function toChanges(deviceIds: readonly string[], writes: readonly AttributeWrite[]) {
  return deviceIds.map((deviceId) => ({ deviceId, writes, field: 'input.attributes' }));
}

/** Locks the devices and hands on their ids some thousand at a time, so that memory stays bounded. */
async function eachBatch(
  transaction: Executor,
  selected: SqlFragment,
  change: (deviceIds: readonly string[]) => Promise<number>,
): Promise<Counts> {
  const targets = await transaction.rows<{ id: string }>(
    'changes.lockSelected',
    sql`select d.id from device d where ${selected} order by d.id for update`,
    FOR_SELECTION,
  );
  let changedCount = 0;
  for (let start = 0; start < targets.length; start += BATCH_SIZE) {
    changedCount += await change(targets.slice(start, start + BATCH_SIZE).map(({ id }) => id));
  }
  return { matchedCount: targets.length, changedCount };
}

/** One device or all of them: what is the best plan depends on the values. */
const FOR_SELECTION = { plansForValues: true } as const;

const SELECT_COUNTS = sql`select (select count(*) from target)::integer as "matchedCount",
                                 (select count(*) from moved)::integer as "changedCount"`;

function countsOf([counts]: readonly Counts[]): Counts {
  if (counts === undefined) throw new Error('a count has one row');
  return counts;
}

async function countTargets(transaction: Executor, selected: SqlFragment, changes: SqlFragment): Promise<Counts> {
  return countsOf(
    await transaction.rows<Counts>(
      'changes.countSelected',
      sql`select count(*)::integer as "matchedCount", (count(*) filter (where ${changes}))::integer as "changedCount"
          from device d where ${selected}`,
      FOR_SELECTION,
    ),
  );
}

async function changeMany(context: ChangeContext, input: BulkInput, change: BulkChange): Promise<BulkResult> {
  const selection: Selection = parseSelector(input.devices, 'input.devices');
  const maxAffected = input.maxAffected ?? undefined;
  if (maxAffected !== undefined && maxAffected < 0) throw badInput('input.maxAffected', 'must not be negative');
  const selected = await compileSelection(context, selection);
  return context.database.transaction(
    `changes.${change.operation}`,
    async (transaction) => {
      const findOthers = (matchedCount?: number) =>
        findUnknown(transaction, context.projectId, selection, matchedCount);
      if (input.dryRun) {
        const counts = await change.count(transaction, selected);
        return { ...counts, ...(await findOthers(counts.matchedCount)), dryRun: true };
      }
      const unknownBefore = change.removesDevices === true ? await findOthers() : undefined;
      // Counted first, so that a refusal costs no writes; and again after, since devices may come in between.
      if (maxAffected !== undefined) {
        const { matchedCount } = await countTargets(transaction, selected, sql`true`);
        refuseTooMany(matchedCount, maxAffected);
      }
      const counts = await change.apply(transaction, selected, new Date());
      if (maxAffected !== undefined) refuseTooMany(counts.matchedCount, maxAffected);
      if (counts.changedCount > 0) {
        writeAudit(transaction, context, {
          operation: change.operation,
          kind: 'Device',
          selector: input.devices,
          ...(change.wanted !== undefined && { after: { values: change.wanted } }),
          ...counts,
        });
      }
      return { ...counts, ...(unknownBefore ?? (await findOthers(counts.matchedCount))), dryRun: false };
    },
    { timeoutMs: LIMITS.bulkTimeoutMs },
  );
}

function refuseTooMany(matchedCount: number, maxAffected: number): void {
  if (matchedCount <= maxAffected) return;
  const field = 'input.maxAffected';
  throw new AppError(
    'TOO_MANY_AFFECTED',
    `${field}: ${matchedCount} devices match, which is more than ${maxAffected}; nothing was changed`,
    { field, details: { matchedCount } },
  );
}
