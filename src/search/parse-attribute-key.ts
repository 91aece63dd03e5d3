import { ATTRIBUTE_SCOPES } from '../model/attribute-value.js';
import { parseAttributeName, parseName } from '../model/names.js';
import type { AttributeName } from './filter.js';

/** An AttributeKeyInput as the schema lets it through. */
export interface AttributeKeyInput {
  readonly name: string;
  readonly scope?: string | null;
  readonly source?: string | null;
}

/** Which attribute is meant. A scope or source of null is as good as absent: any. Throws with the path. */
export function parseAttributeKey(input: AttributeKeyInput, field: string): AttributeName {
  const scope = ATTRIBUTE_SCOPES.find((one) => one === input.scope);
  return {
    name: parseAttributeName(input.name, `${field}.name`),
    ...(scope !== undefined && { scope }),
    ...(input.source !== undefined && input.source !== null && { source: parseName(input.source, `${field}.source`) }),
  };
}
