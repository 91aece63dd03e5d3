import { identifier, type SqlFragment } from '../database/sql.js';
import type { AttributeValue, ScalarValue } from '../model/attribute-value.js';
import type { StoredType } from './keys.js';

/** Which table of postings keeps values of a type. */
export type PostingKind = 'text' | 'number' | 'boolean';

export const POSTING_KINDS: readonly PostingKind[] = ['text', 'number', 'boolean'];

export const POSTING_TABLES: Readonly<Record<PostingKind, SqlFragment>> = {
  text: identifier('posting_text'),
  number: identifier('posting_number'),
  boolean: identifier('posting_boolean'),
};

export const POSTING_KIND_OF: Readonly<Record<StoredType, PostingKind>> = {
  STRING: 'text',
  STRING_ARRAY: 'text',
  NUMBER: 'number',
  NUMBER_ARRAY: 'number',
  BOOLEAN: 'boolean',
  // One posting that says "it is there".
  EMPTY_ARRAY: 'boolean',
};

/** What the postings of a value hold: one for each different element. */
export function elementsOf(value: AttributeValue): readonly ScalarValue[] {
  if (typeof value !== 'object') return [value];
  return value.length === 0 ? [true] : [...new Set<ScalarValue>(value)];
}
