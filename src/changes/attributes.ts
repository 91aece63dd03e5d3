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
  readonly present: StoredAttributes;
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
  for (const { change, edits, valuesChanged } of planned) {
    const attributes = new Map(Object.entries(change.present));
    for (const edit of edits) {
      const { present } = edit;
      if (edit.kind === 'remove') {
        attributes.delete(String(edit.present.key.id));
        removed.push(removalOf(change.deviceId, edit.present, 0));
        continue;
      }
      const { write } = edit;
      const identity = identityOf(write);
      const keyId = keyIdOf(identity);
      const sameKey = present?.key.id === keyId;
      if (present !== undefined && !sameKey) {
        attributes.delete(String(present.key.id));
        removed.push(removalOf(change.deviceId, present, 0));
      }
      attributes.set(String(keyId), toStored(edit, now));
      if (!edit.valueChanged) continue;
      written.push({ deviceId: change.deviceId, keyId, type: identity.type, value: write.value });
      if (present !== undefined && sameKey && lengthOf(present.stored[0]) > lengthOf(write.value)) {
        removed.push(removalOf(change.deviceId, present, lengthOf(write.value)));
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
      readonly present: PresentAttribute | undefined;
      readonly valueChanged: boolean;
    }
  | { readonly kind: 'remove'; readonly present: PresentAttribute };

interface PlannedChange {
  readonly change: AttributeChange;
  readonly edits: readonly Edit[];
  readonly valuesChanged: boolean;
}

async function planAttributes(
  executor: Executor,
  { attributeKeys, projectId }: AttributeContext,
  changes: readonly AttributeChange[],
): Promise<PlannedChange[]> {
  const keyIds = new Set(changes.flatMap(({ present }) => Object.keys(present)));
  const keysById = await attributeKeys.byIds(executor, projectId, keyIds);
  return changes.map((change) => {
    const edits = planEdits(change, keysById);
    return {
      change,
      edits,
      valuesChanged: edits.some((edit) => edit.kind === 'remove' || edit.valueChanged),
    };
  });
}

function planEdits(change: AttributeChange, keysById: ReadonlyMap<string, AttributeKey>): Edit[] {
  const present = new Map<string, PresentAttribute>();
  for (const [keyId, stored] of Object.entries(change.present)) {
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
    if (valueChanged || describedAnew) edits.push({ kind: 'write', write, present: before, valueChanged });
  }
  for (const [identity, attribute] of present) {
    const { scope, name } = attribute.key;
    const goes = scope === change.replaceScope || (scope === change.remove?.scope && change.remove.names.has(name));
    if (goes && !written.has(identity)) edits.push({ kind: 'remove', present: attribute });
  }
  refuseTooMany(change, edits);
  return edits;
}

function refuseTooMany({ present, field }: AttributeChange, edits: readonly Edit[]): void {
  const added = edits.filter((edit) => edit.kind === 'write' && edit.present === undefined).length;
  const removed = edits.filter((edit) => edit.kind === 'remove').length;
  const count = Object.keys(present).length + added - removed;
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

function toStored({ write, present, valueChanged }: Extract<Edit, { kind: 'write' }>, now: Date): StoredAttribute {
  const changedAtMs = valueChanged || present === undefined ? now.getTime() : present.stored[1];
  const description = write.description === undefined ? present?.stored[2] : (write.description ?? undefined);
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
