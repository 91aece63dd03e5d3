import type { StoredAttributes } from '../database/entities/device-document.entity.js';
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

/** The attributes of a document, by name, then scope, then source. */
export function toAttributeRows(
  attributes: StoredAttributes,
  keysById: ReadonlyMap<string, AttributeKey>,
): readonly AttributeRow[] {
  return Object.entries(attributes)
    .map(([keyId, [value, changedAtMs, description]]): AttributeRow => {
      const key = keysById.get(keyId);
      if (key === undefined) throw new Error(`a document names the unknown attribute key ${keyId}`);
      return {
        name: key.name,
        value,
        type: key.type === 'EMPTY_ARRAY' ? 'STRING_ARRAY' : key.type,
        scope: key.scope,
        source: key.source,
        description: description ?? null,
        updatedAt: new Date(changedAtMs),
      };
    })
    .toSorted(
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
