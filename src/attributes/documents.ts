import type { StoredAttribute, StoredAttributes } from '../database/entities/device-document.entity.js';
import {
  API_SOURCE,
  ATTRIBUTE_SCOPES,
  type AttributeScope,
  type AttributeType,
  type AttributeValue,
  SCOPE_PRECEDENCE,
} from '../model/attribute-value.js';
import type { AttributeKey } from './keys.js';

/** An attribute as the API shows it. */
export interface AttributeRow {
  readonly name: string;
  readonly value: AttributeValue;
  readonly type: AttributeType;
  readonly scope: AttributeScope;
  readonly source: string;
  readonly description: string | null;
  readonly updatedAt: Date;
}

/** An attribute of a document: what is not asked for costs nothing. */
class DocumentAttribute implements AttributeRow {
  readonly name: string;
  readonly value: AttributeValue;
  readonly key: AttributeKey;
  readonly stored: StoredAttribute;

  constructor(key: AttributeKey, stored: StoredAttribute) {
    this.name = key.name;
    this.value = stored[0];
    this.key = key;
    this.stored = stored;
  }

  get type(): AttributeType {
    return this.key.type === 'EMPTY_ARRAY' ? 'STRING_ARRAY' : this.key.type;
  }

  get scope(): AttributeScope {
    return this.key.scope;
  }

  get source(): string {
    return this.key.source;
  }

  get description(): string | null {
    return this.stored[2] ?? null;
  }

  get updatedAt(): Date {
    return new Date(this.stored[1]);
  }
}

/** The attributes of each document, by name, then scope, then source. `keysOf` finds the keys of these ids. */
export async function toAttributeRows(
  documents: readonly StoredAttributes[],
  keysOf: (ids: Iterable<string>) => Promise<ReadonlyMap<string, AttributeKey>>,
): Promise<(readonly AttributeRow[])[]> {
  // Devices of one kind have the same names, which are sorted once.
  const idsOf = documents.map((attributes) => Object.keys(attributes));
  const kinds = new Map(idsOf.map((ids) => [ids.join(), ids]));
  const keysById = await keysOf(new Set([...kinds.values()].flat()));
  const orders = new Map([...kinds].map(([kind, ids]) => [kind, inOrder(ids, keysById)]));
  return documents.map((attributes, index) =>
    orders.get(idsOf[index]!.join())!.map((key) => new DocumentAttribute(key, attributes[key.id]!)),
  );
}

function inOrder(ids: readonly string[], keysById: ReadonlyMap<string, AttributeKey>): readonly AttributeKey[] {
  const keys = ids.map((id) => {
    const key = keysById.get(id);
    if (key === undefined) throw new Error(`a document names the unknown attribute key ${id}`);
    return key;
  });
  return keys.toSorted(
    (a, b) =>
      compareCodePoints(a.name, b.name) ||
      ATTRIBUTE_SCOPES.indexOf(a.scope) - ATTRIBUTE_SCOPES.indexOf(b.scope) ||
      compareCodePoints(a.source, b.source),
  );
}

/**
 * Which of several values of one name counts: those written through this API before those of a source, sources by
 * name; within one source by scope. Negative if `a` goes before `b`. (docs/attributes.md)
 */
export function compareByPrecedence(
  a: Pick<AttributeRow, 'source' | 'scope'>,
  b: Pick<AttributeRow, 'source' | 'scope'>,
): number {
  return (
    Number(b.source === API_SOURCE) - Number(a.source === API_SOURCE) ||
    compareCodePoints(a.source, b.source) ||
    SCOPE_PRECEDENCE.indexOf(a.scope) - SCOPE_PRECEDENCE.indexOf(b.scope)
  );
}

/** Order by Unicode code point, as the database orders; `<` on strings would compare UTF-16 units. */
export function compareCodePoints(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
