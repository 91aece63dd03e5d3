/** The values of one attribute that count, for facets and statistics. */
import type { AttributeKey } from '../attributes/keys.js';
import { sql } from '../database/sql.js';
import { documentsOfFew, IS_FEW } from './counting-documents.js';
import { type CountingValues, countingPostings } from './counting-postings.js';
import type { AttributeName } from './filter.js';
import type { FoundDevices } from './found-devices.js';
import { rankKeys } from './key-ranks.js';

/**
 * `keys` are those in use under the attribute's name. Where several scopes or sources report it, only the first of them
 * in order of precedence counts for each device, whatever its type.
 *
 * Few devices are asked one by one, by their documents. Of many the postings are read, in order of their values. Where it
 * is known only once the devices are found which of the two is to be, both stand in the statement, and the database runs
 * one of them.
 */
export function compileCountingValues(
  attribute: AttributeName,
  keys: readonly AttributeKey[],
  projectId: string,
  found: FoundDevices,
): CountingValues {
  const ranks = rankKeys(attribute, keys);
  if (ranks.size === 0) {
    const definitions = found.isWholeProject ? [] : [found.definition];
    return { definitions, elements: [], numbers: [], empty: undefined, hasArrays: false };
  }
  if (found.isWholeProject) return countingPostings(ranks, projectId, found);
  if (found.isMany) {
    const ofMany = countingPostings(ranks, projectId, found);
    return { ...ofMany, definitions: [found.definition, ...ofMany.definitions] };
  }
  const ofFew = documentsOfFew([...ranks.keys()], projectId);
  const ofMany = countingPostings(ranks, projectId, found, sql`not ${IS_FEW}`);
  return {
    definitions: [found.definition, ...ofFew.definitions, ...ofMany.definitions],
    elements: ofMany.elements.map((part) =>
      // The texts of a document are whole, and so in the other part.
      part.hasRest ? part : { ...part, select: sql`${part.select} union all ${ofFew.elementsOf(part.kind)}` },
    ),
    numbers: [...ofMany.numbers, ofFew.numbers],
    empty: ofMany.empty && sql`${ofMany.empty} union all ${ofFew.empty}`,
    hasArrays: ofMany.hasArrays,
  };
}
