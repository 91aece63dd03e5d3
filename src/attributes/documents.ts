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

/** All attributes of a device, by name, then scope, then source. Those that nobody asks for are not made. */
export class DocumentAttributes {
  /** Devices with the same attributes share the list. */
  readonly keys: readonly AttributeKey[];
  readonly #document: StoredAttributes;

  constructor(keys: readonly AttributeKey[], document: StoredAttributes) {
    this.keys = keys;
    this.#document = document;
  }

  /** Those of some of its keys. */
  rows(keys: readonly AttributeKey[]): readonly AttributeRow[] {
    return keys.map((key) => new DocumentAttribute(key, this.#document[key.id]!));
  }
}

/** Attributes of a device that has none. */
export const NO_ATTRIBUTES = new DocumentAttributes([], {});

/** The attributes of each document. `keysOf` finds the keys of these ids. */
export async function readDocuments(
  documents: readonly StoredAttributes[],
  keysOf: (ids: Iterable<string>) => Promise<ReadonlyMap<string, AttributeKey>>,
): Promise<readonly DocumentAttributes[]> {
  const kinds = new Map<string, readonly string[]>();
  const kindOf = documents.map((document) => {
    const ids = Object.keys(document);
    const kind = ids.join();
    kinds.set(kind, ids);
    return kind;
  });
  const ranks = rank(await keysOf(new Set([...kinds.values()].flat())));
  const keysByKind = new Map([...kinds].map(([kind, ids]) => [kind, inOrder(ids, ranks)]));
  return documents.map((document, index) => new DocumentAttributes(keysByKind.get(kindOf[index]!)!, document));
}

interface RankedKey {
  readonly key: AttributeKey;
  readonly rank: number;
}

/** Kinds have most of their attributes in common, so that names are compared once for all of them. */
function rank(keysById: ReadonlyMap<string, AttributeKey>): ReadonlyMap<string, RankedKey> {
  const entries = [...keysById].toSorted(
    ([, a], [, b]) =>
      compareCodePoints(a.name, b.name) ||
      ATTRIBUTE_SCOPES.indexOf(a.scope) - ATTRIBUTE_SCOPES.indexOf(b.scope) ||
      compareCodePoints(a.source, b.source),
  );
  return new Map(entries.map(([id, key], index) => [id, { key, rank: index }]));
}

function inOrder(ids: readonly string[], ranks: ReadonlyMap<string, RankedKey>): readonly AttributeKey[] {
  const ranked = ids.map((id) => {
    const known = ranks.get(id);
    if (known === undefined) throw new Error(`a document names the unknown attribute key ${id}`);
    return known;
  });
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ key }) => key);
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
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const difference = placeOf(a.charCodeAt(index)) - placeOf(b.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Surrogates, of which the code points beyond 16 bits are made, come after all other units. */
function placeOf(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}
