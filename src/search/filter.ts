/**
 * A search as plain data: what parse-filter.ts makes of a caller's input and the compiler turns into SQL. Closed
 * unions, so that a new kind does not type-check until every place that must learn it has.
 */
import type { AttributeScope, AttributeValue, ScalarValue } from '../model/attribute-value.js';
import type { NullableTextField, RelatedTextField, TextField, TimeField } from './fields.js';

export type Filter =
  | { readonly kind: 'and'; readonly parts: readonly Filter[] }
  | { readonly kind: 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  /** One value, or array element, of an attribute of this name meets all tests. */
  | ({ readonly kind: 'attribute'; readonly tests: readonly ValueTest[]; readonly ignoreCase: boolean } & AttributeTerm)
  /** The device has an attribute of this name. */
  | ({ readonly kind: 'attributeExists' } & AttributeTerm)
  /** One array of this name has all of these elements. */
  | ({
      readonly kind: 'arrayHasAll';
      readonly elements: readonly ScalarValue[];
      readonly ignoreCase: boolean;
    } & AttributeTerm)
  /** A text of the device, or of its cohort, group or release, meets all tests; an absent one meets none. */
  | {
      readonly kind: 'text';
      readonly field: TextField;
      readonly tests: readonly TextTest[];
      readonly ignoreCase: boolean;
    }
  | { readonly kind: 'time'; readonly field: TimeField; readonly tests: readonly TimeTest[] }
  | { readonly kind: 'present'; readonly field: NullableTextField | RelatedTextField | TimeField }
  | { readonly kind: 'testMode'; readonly value: boolean }
  | { readonly kind: 'state'; readonly states: readonly ('ACTIVE' | 'DISABLED')[] }
  | { readonly kind: 'ids'; readonly ids: readonly string[] };

export interface AttributeName {
  readonly name: string;
  /** Absent: any. */
  readonly scope?: AttributeScope;
  /** Absent: any. */
  readonly source?: string;
}

export interface AttributeTerm extends AttributeName {
  /** Where the name stands in the input, for warnings; it does not matter to the search. */
  readonly path?: string;
}

/** A test of one value of an attribute, typed by its operand: a number never equals a string. */
export type ValueTest =
  | { readonly operator: 'in'; readonly values: readonly AttributeValue[] }
  | { readonly operator: 'gt' | 'gte' | 'lt' | 'lte'; readonly value: string | number }
  | TextPatternTest;

export type TextTest = { readonly operator: 'in'; readonly values: readonly string[] } | TextPatternTest;

export type TextPatternTest =
  | { readonly operator: 'contains' | 'startsWith' | 'endsWith'; readonly value: string }
  /** `path` is where the expression stands in the input, since only the database can tell that it is a bad one. */
  | { readonly operator: 'matches'; readonly value: string; readonly path: string };

export type TimeTest =
  | { readonly operator: 'since' | 'until'; readonly at: number }
  /** Milliseconds counted back from the start of the operation. */
  | { readonly operator: 'withinLast' | 'olderThan'; readonly durationMs: number };

/** Holds for every device. */
export const EVERYTHING: Filter = { kind: 'and', parts: [] };

/** Whether a filter speaks of attributes alone, so that a device's id or document is all that is needed to test it. */
export function isAboutAttributes(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.every(isAboutAttributes);
    case 'not':
      return isAboutAttributes(filter.part);
    default:
      return filter.kind === 'attribute' || filter.kind === 'attributeExists' || filter.kind === 'arrayHasAll';
  }
}

/** Whether a filter speaks of attributes anywhere. */
export function speaksOfAttributes(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.some(speaksOfAttributes);
    case 'not':
      return speaksOfAttributes(filter.part);
    default:
      return isAboutAttributes(filter);
  }
}
