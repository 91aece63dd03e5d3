import { compareByPrecedence } from '../attributes/documents.js';
import type { AttributeKey } from '../attributes/keys.js';
import type { AttributeName } from './filter.js';

/**
 * Of keys in use under an attribute's name those that it means, in order of precedence, each with the place of its scope
 * and source in that order.
 */
export function rankKeys(attribute: AttributeName, keys: readonly AttributeKey[]): ReadonlyMap<AttributeKey, number> {
  const meant = keys
    .filter(
      ({ name, scope, source }) =>
        name === attribute.name && scope === (attribute.scope ?? scope) && source === (attribute.source ?? source),
    )
    .toSorted(compareByPrecedence);
  const ranks = new Map<AttributeKey, number>();
  let rank = 0;
  meant.forEach((key, index) => {
    const previous = meant[index - 1];
    // Types of one scope and source share a rank: a device has one of them at most.
    if (previous !== undefined && compareByPrecedence(previous, key) !== 0) rank += 1;
    ranks.set(key, rank);
  });
  return ranks;
}
