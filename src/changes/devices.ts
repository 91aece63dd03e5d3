/**
 * The one way in which devices are made and changed by name: any number of them in one transaction, by a number of
 * statements that does not depend on how many they are.
 */
import { randomUUID } from 'node:crypto';
import { insertDocuments } from '../attributes/insert-documents.js';
import type { StoredAttributes } from '../database/entities/device-document.entity.js';
import type { Executor, Transaction } from '../database/query.js';
import { commaSeparated, sql } from '../database/sql.js';
import { AppError } from '../errors.js';
import type { AttributeScope } from '../model/attribute-value.js';
import type { DeviceRow } from '../search/search.js';
import { type AttributeChange, type AttributeWrite, describeEdits, planAttributes } from './attributes.js';
import { auditExpression, isAudited } from './audit.js';
import { deviceEntry } from './audited-device.js';
import type { ChangeContext } from './change-context.js';
import { cohortIdsBySlug, defaultCohortId } from './cohort-look-up.js';
import { CountChanges } from './counts.js';
import { type DeviceRowChange, insertDevices, isSameDevice, lockDevices, updateDevices } from './device-rows.js';
import { ensureGroups } from './group-look-up.js';
import { ensureReleases, type ReleaseName } from './release-look-up.js';

/** What is to become of one device. Absent keys keep what there is. */
export interface DeviceChange {
  readonly deviceSerial: string;
  /** Of a device that is made; absent: a random one. */
  readonly uuid?: string;
  readonly fields?: Partial<
    Pick<DeviceRow, 'ownerRef' | 'hardwareVersion' | 'manufacturer' | 'deviceCode' | 'testMode' | 'state'>
  >;
  /** Never goes back: an earlier time is ignored, and the release that came with it. Null clears. */
  readonly lastSeen?: Date | null;
  readonly lastSeenRelease?: ReleaseName | null;
  /** Slug. */
  readonly cohort?: string;
  /** Name; null takes the device out. Created if there is none. */
  readonly group?: string | null;
  readonly attributes?: readonly AttributeWrite[];
  readonly removeAttributes?: { readonly scope: AttributeScope; readonly names: ReadonlySet<string> };
  readonly replaceScope?: AttributeScope;
  /** Where the change stands in the input: `input`, `input.reports[3]`. */
  readonly path: string;
}

export interface ChangePolicy {
  readonly ifMissing: 'create' | 'refuse';
  readonly ifPresent: 'change' | 'keep' | 'refuse';
}

/** For changes of what is there. */
export const MUST_EXIST: ChangePolicy = { ifMissing: 'refuse', ifPresent: 'change' };

export interface ChangedDevice {
  readonly device: DeviceRow;
  readonly created: boolean;
  /** Anything stored is different, be it only the time at which the device was last seen. */
  readonly changed: boolean;
}

/**
 * Applies the changes, each of another device, and answers in their order. Throws NOT_FOUND (unknown device or
 * cohort), CONFLICT (a device is there and must not be), LIMIT_EXCEEDED (too many attributes); then nothing is kept.
 * With an `operation`, the name of a mutation of one device, what changes is kept in the audit log under it.
 */
export async function changeDevices(
  transaction: Transaction,
  context: ChangeContext,
  changes: readonly DeviceChange[],
  policy: ChangePolicy,
  now: Date,
  operation?: string,
): Promise<readonly ChangedDevice[]> {
  const { projectId } = context;
  const serials = changes.map((change) => change.deviceSerial);
  const present = await lockDevices(transaction, projectId, serials);
  refuseByPolicy(changes, present, policy);
  const created = changes.filter((change) => !present.has(change.deviceSerial));
  const applied = policy.ifPresent === 'change' ? changes : created;
  const references = await resolveReferences(transaction, context, applied, created, now);

  const documents = new Map<string, StoredAttributes>();
  const attributeChanges = applied.flatMap((change): AttributeChange[] => {
    const { attributes: writes = [], removeAttributes: remove, replaceScope, path } = change;
    const before = present.get(change.deviceSerial);
    if (before === undefined) return [];
    if (writes.length === 0 && remove === undefined && replaceScope === undefined) return [];
    const deviceId = before.device.id;
    documents.set(deviceId, before.attributes);
    return [
      {
        deviceId,
        writes,
        ...(remove !== undefined && { remove }),
        ...(replaceScope !== undefined && { replaceScope }),
        field: `${path}.attributes`,
      },
    ];
  });
  // The database inserts while the rest is worked out.
  const [inserted, plan] = await Promise.all([
    insertDevices(
      transaction,
      projectId,
      created.map((change) => newDevice(change, references, context.actor, now)),
    ),
    planAttributes(
      transaction,
      context,
      attributeChanges,
      documents,
      now,
      created.map(({ attributes = [] }) => attributes),
    ),
  ]);

  const counts = new CountChanges();
  for (const device of inserted) counts.move(null, device);
  const results = new Map(inserted.map((device) => [device.deviceSerial, { device, created: true, changed: true }]));
  const updated: DeviceRowChange[] = [];
  for (const change of applied) {
    const before = present.get(change.deviceSerial)?.device;
    if (before === undefined) continue;
    const attributes = plan.results.get(before.id);
    const after: DeviceRow = {
      ...nextDevice(before, change, references, now),
      ...(attributes?.valuesChanged === true && { attributesUpdatedAt: now }),
    };
    counts.move(before, after);
    const rowChanged = !isSameDevice(before, after);
    if (rowChanged) updated.push({ before, after });
    results.set(change.deviceSerial, {
      device: after,
      created: false,
      changed: rowChanged || attributes?.changed === true,
    });
  }
  const auditOf = (change: DeviceChange) => {
    const result = results.get(change.deviceSerial);
    if (operation === undefined || result?.changed !== true) return [];
    const before = present.get(change.deviceSerial)?.device ?? null;
    const difference = before && plan.results.get(before.id)?.difference;
    const attributes = difference ? describeEdits(difference) : { before: [], after: [] };
    return auditExpression(
      context,
      deviceEntry(operation, {
        before,
        after: result.device,
        attributesBefore: attributes.before,
        attributesAfter: before === null ? (change.attributes ?? []) : attributes.after,
      }),
    );
  };
  const newIds = inserted.map(({ id }) => id);
  const writes = [
    ...insertDocuments(projectId, newIds, plan.newDocuments),
    ...plan.writes,
    ...updateDevices(projectId, updated),
    ...counts.writes(projectId),
    ...(operation !== undefined && isAudited(context) ? applied.flatMap(auditOf) : []),
  ];
  if (writes.length > 0) transaction.send('changes.write', sql`with ${commaSeparated(writes)} select`);
  return serials.map(
    (serial) => results.get(serial) ?? { device: present.get(serial)!.device, created: false, changed: false },
  );
}

function refuseByPolicy(
  changes: readonly DeviceChange[],
  present: ReadonlyMap<string, unknown>,
  policy: ChangePolicy,
): void {
  for (const { deviceSerial, path } of changes) {
    const field = `${path}.deviceSerial`;
    if (present.has(deviceSerial)) {
      if (policy.ifPresent !== 'refuse') continue;
      throw new AppError('CONFLICT', `${field}: there is a device "${deviceSerial}" already`, { field });
    }
    if (policy.ifMissing === 'refuse') {
      throw new AppError('NOT_FOUND', `${field}: there is no device "${deviceSerial}"`, { field });
    }
  }
}

interface References {
  /** Of the cohort that the change names; for a new device without one, of the default cohort. */
  readonly cohortIdOf: (change: DeviceChange) => string | undefined;
  readonly groupIdOf: (name: string) => string;
  readonly releaseIdOf: (release: ReleaseName) => string;
}

/** Ids of all cohorts, groups and releases that the changes name; missing groups and releases are made. */
async function resolveReferences(
  transaction: Executor,
  context: ChangeContext,
  changes: readonly DeviceChange[],
  created: readonly DeviceChange[],
  now: Date,
): Promise<References> {
  const { projectId } = context;
  const slugs = changes.flatMap(({ cohort }) => cohort ?? []);
  const cohortIds = await cohortIdsBySlug(transaction, projectId, slugs);
  for (const { cohort, path } of changes) {
    if (cohort === undefined || cohortIds.has(cohort)) continue;
    const field = `${path}.cohort`;
    throw new AppError('NOT_FOUND', `${field}: there is no cohort "${cohort}"`, { field });
  }
  const newcomers = new Set(created.filter(({ cohort }) => cohort === undefined));
  const defaultId = newcomers.size === 0 ? undefined : await defaultCohortId(transaction, projectId);
  return {
    cohortIdOf: (change) =>
      change.cohort === undefined ? (newcomers.has(change) ? defaultId : undefined) : cohortIds.get(change.cohort),
    groupIdOf: await ensureGroups(
      transaction,
      projectId,
      changes.flatMap(({ group }) => group ?? []),
      now,
    ),
    releaseIdOf: await ensureReleases(
      transaction,
      projectId,
      changes.flatMap(({ lastSeenRelease }) => lastSeenRelease ?? []),
      now,
    ),
  };
}

function newDevice(change: DeviceChange, references: References, actor: string, now: Date): DeviceRow {
  const { fields = {}, lastSeen = null, lastSeenRelease, group } = change;
  return {
    // Known once the row is inserted.
    projectId: 0,
    id: '',
    uuid: change.uuid ?? randomUUID(),
    deviceSerial: change.deviceSerial,
    ownerRef: fields.ownerRef ?? null,
    hardwareVersion: fields.hardwareVersion ?? null,
    manufacturer: fields.manufacturer ?? null,
    deviceCode: fields.deviceCode ?? null,
    testMode: fields.testMode ?? false,
    state: fields.state ?? 'ACTIVE',
    lastSeen,
    lastSeenReleaseId: lastSeenRelease ? references.releaseIdOf(lastSeenRelease) : null,
    cohortId: references.cohortIdOf(change)!,
    groupId: group ? references.groupIdOf(group) : null,
    registeredBy: actor,
    createdAt: now,
    updatedAt: now,
    attributesUpdatedAt: change.attributes !== undefined && change.attributes.length > 0 ? now : null,
  };
}

function nextDevice(before: DeviceRow, change: DeviceChange, references: References, now: Date): DeviceRow {
  const { lastSeen, lastSeenRelease, group } = change;
  // A report that was overtaken by a later one tells neither when nor with what the device was last seen.
  const overtaken = lastSeen instanceof Date && before.lastSeen !== null && lastSeen < before.lastSeen;
  const seen = lastSeen === undefined || overtaken ? before.lastSeen : lastSeen;
  const after: DeviceRow = {
    ...before,
    ...change.fields,
    lastSeenReleaseId:
      lastSeenRelease === undefined || overtaken
        ? before.lastSeenReleaseId
        : lastSeenRelease && references.releaseIdOf(lastSeenRelease),
    cohortId: references.cohortIdOf(change) ?? before.cohortId,
    groupId: group === undefined ? before.groupId : group && references.groupIdOf(group),
  };
  const ownChanged = !isSameDevice(before, after);
  return { ...after, lastSeen: seen, ...(ownChanged && { updatedAt: now }) };
}
