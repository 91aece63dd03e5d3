/** Writes of attributes: from a caller's input to what is stored, for any number of devices at once. */
import type { AttributeKey, AttributeKeys } from '../attributes/keys.js';
import { storedTypeOf } from '../attributes/keys.js';
import { type PostingRemoval, type PostingWrite, writePostings } from '../attributes/postings.js';
import type { StoredAttribute, StoredAttributes } from '../database/entities/device-document.entity.js';
import type { Executor } from '../database/query.js';
import { commaSeparated, sql } from '../database/sql.js';
import { badInput, limitExceeded } from '../errors.js';
import {
  API_SOURCE,
  ATTRIBUTE_LIMITS,
  type AttributeScope,
  type AttributeValue,
  isSameValue,
  parseAttributeValue,
} from '../model/attribute-value.js';
import { parseAttributeName } from '../model/names.js';
import { parseTextOfBytes } from '../model/text.js';

/** One attribute as the API takes it. */
export interface AttributeInput {
  readonly name: string;
  readonly value: unknown;
  readonly scope: AttributeScope;
  /** Absent keeps what there is, null clears it. */
  readonly description?: string | null;
}

/** A value that an attribute of source `api` is to have. */
export interface AttributeWrite {
  readonly scope: AttributeScope;
  readonly name: string;
  readonly value: AttributeValue;
  readonly description?: string | null;
}

/** Throws BAD_USER_INPUT or LIMIT_EXCEEDED with the path; a name given twice in one scope is refused. */
export function parseAttributeWrites(inputs: readonly AttributeInput[], field: string): AttributeWrite[] {
  if (inputs.length > ATTRIBUTE_LIMITS.perDevice) {
    throw limitExceeded(field, `at most ${ATTRIBUTE_LIMITS.perDevice} attributes, got ${inputs.length}`);
  }
  const seen = new Set<string>();
  return inputs.map((input, index): AttributeWrite => {
    const path = `${field}[${index}]`;
    const name = parseAttributeName(input.name, `${path}.name`);
    const identity = `${input.scope}\0${name}`;
    if (seen.has(identity)) throw badInput(`${path}.name`, `"${name}" stands twice in this write`);
    seen.add(identity);
    return {
      scope: input.scope,
      name,
      value: parseAttributeValue(input.value, `${path}.value`),
      ...(input.description !== undefined && {
        description:
          input.description === null
            ? null
            : parseTextOfBytes(input.description, `${path}.description`, ATTRIBUTE_LIMITS.descriptionBytes),
      }),
    };
  });
}

/** What is to become of one device's attributes. Only values of source `api` are touched. */
export interface AttributeChange {
  readonly deviceId: string;
  /** Made in this transaction, so that there is nothing to read of it. */
  readonly isNew?: boolean;
  readonly writes: readonly AttributeWrite[];
  /** Names that go, in a scope; unknown ones are no error. */
  readonly remove?: { readonly scope: AttributeScope; readonly names: ReadonlySet<string> };
  /** The scope is left with exactly what is written. */
  readonly replaceScope?: AttributeScope;
  /** Path of the input, for the limit of attributes per device. */
  readonly field: string;
}

export interface ChangedAttributes {
  readonly attributes: StoredAttributes;
  /** A value was set, changed or removed. */
  readonly valuesChanged: boolean;
  /** Anything stored is different: a value or a description. */
  readonly changed: boolean;
}

interface AttributeContext {
  readonly attributeKeys: AttributeKeys;
  readonly projectId: string;
}

/**
 * Makes the changes within a transaction that holds the locks of the devices' rows; writes nothing for a device whose
 * values and descriptions are what they are to be. Answers by device id. Throws LIMIT_EXCEEDED if a device would have
 * too many attributes. The number of statements does not depend on the number of devices.
 */
export async function writeAttributes(
  transaction: Executor,
  context: AttributeContext,
  changes: readonly AttributeChange[],
  now: Date,
): Promise<ReadonlyMap<string, ChangedAttributes>> {
  const planned = await planAttributes(transaction, context, changes);
  const keyIdOf = await context.attributeKeys.ensure(
    transaction,
    context.projectId,
    planned.flatMap(({ edits }) => edits.flatMap((edit) => (edit.kind === 'write' ? [identityOf(edit.write)] : []))),
  );
  const written: PostingWrite[] = [];
  const removed: PostingRemoval[] = [];
  const results = new Map<string, ChangedAttributes>();
  for (const { change, present, edits, valuesChanged } of planned) {
    const attributes = new Map(Object.entries(present));
    for (const edit of edits) {
      if (edit.kind === 'remove') {
        attributes.delete(String(edit.before.key.id));
        removed.push(removalOf(change.deviceId, edit.before, 0));
        continue;
      }
      const { write, before } = edit;
      const identity = identityOf(write);
      const keyId = keyIdOf(identity);
      const sameKey = before?.key.id === keyId;
      if (before !== undefined && !sameKey) {
        attributes.delete(String(before.key.id));
        removed.push(removalOf(change.deviceId, before, 0));
      }
      attributes.set(String(keyId), toStored(edit, now));
      if (!edit.valueChanged) continue;
      written.push({ deviceId: change.deviceId, keyId, type: identity.type, value: write.value });
      if (before !== undefined && sameKey && lengthOf(before.stored[0]) > lengthOf(write.value)) {
        removed.push(removalOf(change.deviceId, before, lengthOf(write.value)));
      }
    }
    results.set(change.deviceId, {
      attributes: Object.fromEntries(attributes),
      valuesChanged,
      changed: edits.length > 0,
    });
  }
  await writeDocuments(transaction, context.projectId, results, writePostings(context.projectId, written, removed));
  return results;
}

/** What writeAttributes would change, without changing it; by device id. */
export async function previewAttributes(
  executor: Executor,
  context: AttributeContext,
  changes: readonly AttributeChange[],
): Promise<ReadonlyMap<string, boolean>> {
  const planned = await planAttributes(executor, context, changes);
  return new Map(planned.map(({ change, edits }) => [change.deviceId, edits.length > 0]));
}

interface PresentAttribute {
  readonly key: AttributeKey;
  readonly stored: StoredAttribute;
}

type Edit =
  | {
      readonly kind: 'write';
      readonly write: AttributeWrite;
      readonly before: PresentAttribute | undefined;
      readonly valueChanged: boolean;
    }
  | { readonly kind: 'remove'; readonly before: PresentAttribute };

interface PlannedChange {
  readonly change: AttributeChange;
  readonly present: StoredAttributes;
  readonly edits: readonly Edit[];
  readonly valuesChanged: boolean;
}

async function planAttributes(
  executor: Executor,
  { attributeKeys, projectId }: AttributeContext,
  changes: readonly AttributeChange[],
): Promise<PlannedChange[]> {
  // Read by a statement after the one that locked the devices: one that does both would, after having waited for the
  // lock, answer with the document as it was before the wait, and the other writer's change would be lost.
  const documents = await readDocuments(
    executor,
    projectId,
    changes.flatMap(({ deviceId, isNew }) => (isNew === true ? [] : deviceId)),
  );
  const keyIds = new Set([...documents.values()].flatMap((attributes) => Object.keys(attributes)));
  const keysById = await attributeKeys.byIds(executor, projectId, keyIds);
  return changes.map((change) => {
    const present = documents.get(change.deviceId) ?? {};
    const edits = planEdits(change, present, keysById);
    return {
      change,
      present,
      edits,
      valuesChanged: edits.some((edit) => edit.kind === 'remove' || edit.valueChanged),
    };
  });
}

async function readDocuments(
  executor: Executor,
  projectId: string,
  deviceIds: readonly string[],
): Promise<ReadonlyMap<string, StoredAttributes>> {
  if (deviceIds.length === 0) return new Map();
  const rows = await executor.rows<{ deviceId: string; attributes: StoredAttributes }>(
    'changes.documents',
    sql`select device_id as "deviceId", attributes from device_document
        where project_id = ${projectId} and device_id = any(${deviceIds}::bigint[])`,
  );
  return new Map(rows.map(({ deviceId, attributes }) => [deviceId, attributes]));
}

function planEdits(
  change: AttributeChange,
  document: StoredAttributes,
  keysById: ReadonlyMap<string, AttributeKey>,
): Edit[] {
  const present = new Map<string, PresentAttribute>();
  for (const [keyId, stored] of Object.entries(document)) {
    const key = keysById.get(keyId);
    if (key === undefined) throw new Error(`a document names the unknown attribute key ${keyId}`);
    if (key.source === API_SOURCE) present.set(`${key.scope}\0${key.name}`, { key, stored });
  }
  const edits: Edit[] = [];
  const written = new Set<string>();
  for (const write of change.writes) {
    const identity = `${write.scope}\0${write.name}`;
    written.add(identity);
    const before = present.get(identity);
    const valueChanged = before === undefined || !isSameValue(before.stored[0], write.value);
    const describedAnew = write.description !== undefined && (write.description ?? undefined) !== before?.stored[2];
    if (valueChanged || describedAnew) edits.push({ kind: 'write', write, before, valueChanged });
  }
  for (const [identity, attribute] of present) {
    const { scope, name } = attribute.key;
    const goes = scope === change.replaceScope || (scope === change.remove?.scope && change.remove.names.has(name));
    if (goes && !written.has(identity)) edits.push({ kind: 'remove', before: attribute });
  }
  refuseTooMany(change, Object.keys(document).length, edits);
  return edits;
}

function refuseTooMany({ field }: AttributeChange, presentCount: number, edits: readonly Edit[]): void {
  const added = edits.filter((edit) => edit.kind === 'write' && edit.before === undefined).length;
  const removed = edits.filter((edit) => edit.kind === 'remove').length;
  const count = presentCount + added - removed;
  if (added > 0 && count > ATTRIBUTE_LIMITS.perDevice) {
    throw limitExceeded(
      field,
      `a device has at most ${ATTRIBUTE_LIMITS.perDevice} attributes; this one would have ${count}`,
    );
  }
}

function identityOf(write: AttributeWrite) {
  return { scope: write.scope, source: API_SOURCE, name: write.name, type: storedTypeOf(write.value) };
}

function toStored({ write, before, valueChanged }: Extract<Edit, { kind: 'write' }>, now: Date): StoredAttribute {
  const changedAtMs = valueChanged || before === undefined ? now.getTime() : before.stored[1];
  const description = write.description === undefined ? before?.stored[2] : (write.description ?? undefined);
  return description === undefined ? [write.value, changedAtMs] : [write.value, changedAtMs, description];
}

function removalOf(deviceId: string, { key }: PresentAttribute, fromOrdinal: number): PostingRemoval {
  return { deviceId, keyId: key.id, type: key.type, fromOrdinal };
}

function lengthOf(value: AttributeValue): number {
  return typeof value === 'object' ? value.length : 1;
}

async function writeDocuments(
  transaction: Executor,
  projectId: string,
  results: ReadonlyMap<string, ChangedAttributes>,
  postings: ReturnType<typeof writePostings>,
): Promise<void> {
  const changed = [...results].filter(([, { changed: isChanged }]) => isChanged);
  if (changed.length === 0) return;
  const documents = changed.map(([, { attributes }]) => JSON.stringify(attributes));
  await transaction.rows(
    'changes.writeAttributes',
    sql`${postings.length === 0 ? sql`` : sql`with ${commaSeparated(postings)}`}
        update device_document o set attributes = new.attributes::jsonb
        from unnest(${changed.map(([deviceId]) => deviceId)}::bigint[], ${documents}::text[]) as new(device_id, attributes)
        where o.project_id = ${projectId} and o.device_id = new.device_id`,
  );
}
