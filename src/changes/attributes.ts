/** Writes of attributes: from a caller's input to what is stored, for any number of devices at once. */
import type { AttributeKey, AttributeKeyIdentity, AttributeKeys } from '../attributes/keys.js';
import { documentRows, type Documents, insertDocuments } from '../attributes/insert-documents.js';
import { storedTypeOf } from '../attributes/keys.js';
import { type ValueChange, writePostings } from '../attributes/write-postings.js';
import type { StoredAttribute, StoredAttributes } from '../database/entities/device-document.entity.js';
import type { Executor } from '../database/query.js';
import { sql, type SqlFragment } from '../database/sql.js';
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
  /** Made in this transaction, and without a document yet. */
  readonly isNew?: boolean;
  readonly writes: readonly AttributeWrite[];
  /** Names that go, in a scope; unknown ones are no error. */
  readonly remove?: { readonly scope: AttributeScope; readonly names: ReadonlySet<string> };
  /** The scope is left with exactly what is written. */
  readonly replaceScope?: AttributeScope;
  /** Path of the input, for the limit of attributes per device. */
  readonly field: string;
}

interface ChangedAttributes {
  /** A value was set, changed or removed. */
  readonly valuesChanged: boolean;
  /** Anything stored is different: a value or a description. */
  readonly changed: boolean;
}

interface AttributeContext {
  readonly attributeKeys: AttributeKeys;
  readonly projectId: string;
}

/** What is to be written, and what is there afterwards. */
export interface AttributePlan {
  /** By device id. */
  readonly results: ReadonlyMap<string, ChangedAttributes>;
  /** Common table expressions that write it; none for a device whose values and descriptions are as they are to be. */
  readonly writes: readonly SqlFragment[];
}

/**
 * Works the changes out within a transaction that holds the locks of the devices' rows, and makes the names that are
 * new. `documents` are those of the devices, read under the locks. Throws LIMIT_EXCEEDED if a device would have too many
 * attributes. The number of statements does not depend on the number of devices.
 */
export async function planAttributes(
  transaction: Executor,
  context: AttributeContext,
  changes: readonly AttributeChange[],
  documents: ReadonlyMap<string, StoredAttributes>,
  now: Date,
): Promise<AttributePlan> {
  const edited = await editAttributes(transaction, context, changes, documents);
  const keyIdOf = await context.attributeKeys.ensure(
    transaction,
    context.projectId,
    edited.flatMap(({ edits }) => edits.flatMap((edit) => (edit.kind === 'write' ? edit.identity : []))),
  );
  const results = new Map<string, ChangedAttributes>();
  const created: [string, StoredAttributes][] = [];
  const updated: [string, StoredAttributes][] = [];
  const values: ValueChange[] = [];
  for (const { change, present, edits, valuesChanged } of edited) {
    const { deviceId, isNew = false } = change;
    const attributes: Record<string, StoredAttribute> = { ...present };
    for (const edit of edits) {
      const { before } = edit;
      const keyId = edit.kind === 'write' ? keyIdOf(edit.identity) : undefined;
      if (before !== undefined && before.key.id !== keyId) {
        delete attributes[before.key.id];
        values.push({ deviceId, keyId: before.key.id, type: before.key.type, before: before.stored[0] });
      }
      if (edit.kind === 'remove' || keyId === undefined) continue;
      attributes[keyId] = toStored(edit, now);
      // The postings of a new document are taken out of it.
      if (!edit.valueChanged || isNew) continue;
      const sameKey = before?.key.id === keyId ? before.stored[0] : undefined;
      values.push({ deviceId, keyId, type: edit.identity.type, before: sameKey, after: edit.write.value });
    }
    if (isNew) created.push([deviceId, attributes]);
    else if (edits.length > 0) updated.push([deviceId, attributes]);
    results.set(deviceId, { valuesChanged, changed: edits.length > 0 });
  }
  const { projectId } = context;
  return {
    results,
    writes: [
      ...insertDocuments(projectId, created),
      ...writePostings(projectId, values),
      ...updateDocuments(projectId, updated),
    ],
  };
}

/** Which devices planAttributes would change; by device id. */
export async function previewAttributes(
  executor: Executor,
  context: AttributeContext,
  changes: readonly AttributeChange[],
): Promise<ReadonlyMap<string, boolean>> {
  const documents = await readDocuments(
    executor,
    context.projectId,
    changes.map(({ deviceId }) => deviceId),
  );
  const edited = await editAttributes(executor, context, changes, documents);
  return new Map(edited.map(({ change, edits }) => [change.deviceId, edits.length > 0]));
}

interface PresentAttribute {
  readonly key: AttributeKey;
  readonly stored: StoredAttribute;
}

type Edit =
  | {
      readonly kind: 'write';
      readonly write: AttributeWrite;
      readonly identity: AttributeKeyIdentity;
      readonly before: PresentAttribute | undefined;
      readonly valueChanged: boolean;
    }
  | { readonly kind: 'remove'; readonly before: PresentAttribute };

interface EditedDevice {
  readonly change: AttributeChange;
  readonly present: StoredAttributes;
  readonly edits: readonly Edit[];
  readonly valuesChanged: boolean;
}

async function editAttributes(
  executor: Executor,
  { attributeKeys, projectId }: AttributeContext,
  changes: readonly AttributeChange[],
  documents: ReadonlyMap<string, StoredAttributes>,
): Promise<EditedDevice[]> {
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

/**
 * Documents of devices, by their ids. For changes: by a statement after the one that locked the devices. One that did
 * both would, after having waited for the lock, answer with the document as it was before the wait, and the other
 * writer's change would be lost.
 */
export async function readDocuments(
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
    if (valueChanged || describedAnew) {
      edits.push({ kind: 'write', write, identity: identityOf(write), before, valueChanged });
    }
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

function updateDocuments(projectId: string, documents: Documents): SqlFragment[] {
  if (documents.length === 0) return [];
  return [
    sql`changed_documents as (
      update device_document o set attributes = new.attributes from ${documentRows(documents)}
      where o.project_id = ${projectId} and o.device_id = new.device_id)`,
  ];
}
