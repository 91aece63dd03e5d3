/** Writes of attributes: from a caller's input to what is stored, for any number of devices at once. */
import type { AttributeKey, AttributeKeyIdentity, AttributeKeys } from '../attributes/keys.js';
import { documentRows } from '../attributes/insert-documents.js';
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
import type { AuditedAttribute } from './audited-device.js';

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
  /** What is different, for the audit log. */
  readonly difference: Pick<EditedDevice, 'document' | 'edits'>;
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
  /** Documents of the newcomers, for insertDocuments. */
  readonly newDocuments: string;
}

/**
 * Works the changes out within a transaction that holds the locks of the devices' rows, and makes the names that are
 * new. `documents` are those of the devices, read under the locks; `newcomers` are the attributes of devices that are yet
 * to have a document. Throws LIMIT_EXCEEDED if a device would have too many attributes. The number of statements does not
 * depend on the number of devices.
 */
export async function planAttributes(
  transaction: Executor,
  context: AttributeContext,
  changes: readonly AttributeChange[],
  documents: ReadonlyMap<string, StoredAttributes>,
  now: Date,
  newcomers: readonly (readonly AttributeWrite[])[] = [],
): Promise<AttributePlan> {
  const { projectId } = context;
  const edited = await editAttributes(transaction, context, changes, documents);
  const identities = new Identities();
  for (const { edits } of edited) for (const edit of edits) if (edit.kind === 'write') identities.of(edit.write);
  for (const writes of newcomers) for (const write of writes) identities.of(write);
  const keyIdOf = await context.attributeKeys.ensure(transaction, projectId, identities.all());

  const changed: DocumentChange[] = [];
  const values: ValueChange[] = [];
  const results = new Map<string, ChangedAttributes>();
  for (const { deviceId, document, edits, valuesChanged } of edited) {
    if (edits.length === 0) continue;
    const attributes: Record<string, StoredAttribute | null> = {};
    for (const edit of edits) {
      const identity = edit.kind === 'write' ? identities.of(edit.write) : undefined;
      const keyId = identity && keyIdOf(identity);
      const before = edit.before && document[edit.before.id];
      if (edit.before !== undefined && edit.before.id !== keyId) {
        attributes[edit.before.id] = null;
        values.push({ deviceId, keyId: edit.before.id, type: edit.before.type, before: before![0] });
      }
      if (edit.kind === 'remove' || identity === undefined || keyId === undefined) continue;
      attributes[keyId] = toStored(edit, before, now);
      if (!edit.valueChanged) continue;
      const sameKey = edit.before?.id === keyId ? before?.[0] : undefined;
      values.push({ deviceId, keyId, type: identity.type, before: sameKey, after: edit.write.value });
    }
    changed.push({ deviceId, attributes });
    results.set(deviceId, { valuesChanged, changed: true, difference: { document, edits } });
  }
  const newDocuments = newcomers.map((writes) => {
    const attributes: Record<string, StoredAttribute> = {};
    for (const write of writes) {
      attributes[keyIdOf(identities.of(write))] = toStored({ write, valueChanged: true }, undefined, now);
    }
    return attributes;
  });
  return {
    results,
    writes: [...writePostings(projectId, values), ...updateDocuments(projectId, changed)],
    newDocuments: JSON.stringify(newDocuments),
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
  return new Map(edited.map(({ deviceId, edits }) => [deviceId, edits.length > 0]));
}

/** `before` is the key under which the document has it. */
type Edit =
  | {
      readonly kind: 'write';
      readonly write: AttributeWrite;
      readonly before: AttributeKey | undefined;
      readonly valueChanged: boolean;
    }
  | { readonly kind: 'remove'; readonly before: AttributeKey };

interface EditedDevice {
  readonly deviceId: string;
  readonly document: StoredAttributes;
  readonly edits: readonly Edit[];
  readonly valuesChanged: boolean;
}

/** The attributes that edits change, as they were and as they are afterwards. */
export function describeEdits({ document, edits }: ChangedAttributes['difference']): {
  readonly before: readonly AuditedAttribute[];
  readonly after: readonly AuditedAttribute[];
} {
  return {
    before: edits.flatMap(({ before }) => (before === undefined ? [] : toAudited(before, document[before.id]!))),
    after: edits.flatMap((edit) => {
      if (edit.kind === 'remove') return [];
      const { write, before } = edit;
      const kept = before && document[before.id]?.[2];
      return { ...write, description: write.description === undefined ? kept : write.description };
    }),
  };
}

/** All attributes of a document, of whatever source. */
export async function describeDocument(
  executor: Executor,
  { attributeKeys, projectId }: AttributeContext,
  document: StoredAttributes,
): Promise<readonly AuditedAttribute[]> {
  const keys = await attributeKeys.byIds(executor, projectId, Object.keys(document));
  return Object.entries(document).map(([keyId, stored]) => toAudited(keys.get(keyId)!, stored));
}

function toAudited({ scope, name }: AttributeKey, [value, , description]: StoredAttribute): AuditedAttribute {
  return { scope, name, value, description };
}

/** Keys of source `api` that are in the documents at hand, by name. */
type PresentKeys = ReadonlyMap<string, readonly AttributeKey[]>;

async function editAttributes(
  executor: Executor,
  { attributeKeys, projectId }: AttributeContext,
  changes: readonly AttributeChange[],
  documents: ReadonlyMap<string, StoredAttributes>,
): Promise<EditedDevice[]> {
  const keyIds = new Set<string>();
  for (const document of documents.values()) for (const keyId in document) keyIds.add(keyId);
  const keysById = await attributeKeys.byIds(executor, projectId, keyIds);
  if (keysById.size < keyIds.size) throw new Error('a document names an unknown attribute key');
  const presentKeys = new Map<string, AttributeKey[]>();
  for (const key of keysById.values()) {
    if (key.source === API_SOURCE) presentKeys.set(key.name, [...(presentKeys.get(key.name) ?? []), key]);
  }
  return changes.map((change) => {
    const document = documents.get(change.deviceId) ?? {};
    const edits = planEdits(change, document, presentKeys);
    return {
      deviceId: change.deviceId,
      document,
      edits,
      valuesChanged: edits.some((edit) => edit.kind === 'remove' || edit.valueChanged),
    };
  });
}

/**
 * Documents of devices, by their ids. For changes: by a statement after the one that locked the devices, or by one that
 * locks the documents too (lockDevices). One that locked the devices alone would, after having waited for the lock, answer
 * with the document as it was before the wait, and the other writer's change would be lost.
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

function planEdits(change: AttributeChange, document: StoredAttributes, presentKeys: PresentKeys): Edit[] {
  const edits: Edit[] = [];
  for (const write of change.writes) {
    const before = presentKeys.get(write.name)?.find((key) => key.scope === write.scope && key.id in document);
    const stored = before && document[before.id];
    const valueChanged = stored === undefined || !isSameValue(stored[0], write.value);
    const describedAnew = write.description !== undefined && (write.description ?? undefined) !== stored?.[2];
    if (valueChanged || describedAnew) edits.push({ kind: 'write', write, before, valueChanged });
  }
  if (change.remove !== undefined || change.replaceScope !== undefined) {
    for (const before of removedKeys(change, document, presentKeys)) edits.push({ kind: 'remove', before });
  }
  refuseTooMany(change, document, edits);
  return edits;
}

function removedKeys(
  { writes, remove, replaceScope }: AttributeChange,
  document: StoredAttributes,
  presentKeys: PresentKeys,
): AttributeKey[] {
  const written = new Set(writes.map(({ scope, name }) => `${scope}\0${name}`));
  return [...presentKeys.values()].flat().filter(({ id, scope, name }) => {
    const goes = scope === replaceScope || (scope === remove?.scope && remove.names.has(name));
    return goes && id in document && !written.has(`${scope}\0${name}`);
  });
}

function refuseTooMany({ field }: AttributeChange, document: StoredAttributes, edits: readonly Edit[]): void {
  const added = edits.filter((edit) => edit.before === undefined).length;
  if (added === 0) return;
  const removed = edits.filter((edit) => edit.kind === 'remove').length;
  const count = Object.keys(document).length + added - removed;
  if (count > ATTRIBUTE_LIMITS.perDevice) {
    throw limitExceeded(
      field,
      `a device has at most ${ATTRIBUTE_LIMITS.perDevice} attributes; this one would have ${count}`,
    );
  }
}

/** One object for each identity: a report has thousands of writes, and few keys are asked for. */
class Identities {
  readonly #byName = new Map<string, AttributeKeyIdentity[]>();

  of({ scope, name, value }: AttributeWrite): AttributeKeyIdentity {
    const type = storedTypeOf(value);
    let ofName = this.#byName.get(name);
    if (ofName === undefined) this.#byName.set(name, (ofName = []));
    let identity = ofName.find((one) => one.scope === scope && one.type === type);
    if (identity === undefined) ofName.push((identity = { scope, source: API_SOURCE, name, type }));
    return identity;
  }

  all(): AttributeKeyIdentity[] {
    return [...this.#byName.values()].flat();
  }
}

function toStored(
  { write, valueChanged }: { readonly write: AttributeWrite; readonly valueChanged: boolean },
  before: StoredAttribute | undefined,
  now: Date,
): StoredAttribute {
  const changedAtMs = valueChanged || before === undefined ? now.getTime() : before[1];
  const description = write.description === undefined ? before?.[2] : (write.description ?? undefined);
  return description === undefined ? [write.value, changedAtMs] : [write.value, changedAtMs, description];
}

interface DocumentChange {
  readonly deviceId: string;
  /** By key; null goes. */
  readonly attributes: Readonly<Record<string, StoredAttribute | null>>;
}

/** Only what changes is sent, and put into the document by the database. */
function updateDocuments(projectId: string, changes: readonly DocumentChange[]): SqlFragment[] {
  if (changes.length === 0) return [];
  const rows = documentRows(
    changes.map(({ deviceId }) => deviceId),
    JSON.stringify(changes.map(({ attributes }) => attributes)),
  );
  const merged = sql`o.attributes || new.attributes`;
  const goes = changes.some(({ attributes }) => Object.values(attributes).includes(null));
  return [
    sql`changed_documents as (
      update device_document o
      -- An attribute is an array, and of arrays no element is stripped.
      set attributes = ${goes ? sql`jsonb_strip_nulls(${merged})` : merged} from ${rows}
      where o.project_id = ${projectId} and o.device_id = new.device_id)`,
  ];
}
