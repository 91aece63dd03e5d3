/**
 * The operators of filters, one record each: what the schema and docs/filters.md say of it, how its operand is read,
 * and what it means. Adding one is adding a record here (and, for a new kind of test, its SQL in compile-tests.ts).
 */
import { badInput, limitExceeded } from '../errors.js';
import {
  type AttributeValue,
  parseAttributeValue,
  parseScalarValue,
  type ScalarValue,
} from '../model/attribute-value.js';
import { describe, parseShortText, parseText } from '../model/text.js';
import type { TextTest, TimeTest, ValueTest } from './filter.js';

/** Longest list that an operator takes. */
export const MAX_LIST_LENGTH = 1_000;
/** Longest regular expression, in characters. */
const MAX_PATTERN_LENGTH = 200;

/** What one operator says of a device. */
export type Meaning<Test> =
  /** One and the same value meets this test and all others of the filter that are of this kind. */
  | { readonly kind: 'value'; readonly test: Test }
  /** No value meets this test: the exact complement, so it holds for a device without any value too. */
  | { readonly kind: 'noValue'; readonly test: Test }
  | { readonly kind: 'exists'; readonly exists: boolean }
  | { readonly kind: 'hasAll'; readonly elements: readonly ScalarValue[] };

export interface Operator<Test> {
  /** The description in the schema and the documents. */
  readonly summary: string;
  /** Type of the operand, as the schema writes it. */
  readonly operand: string;
  /** Reads the operand, or refuses it naming its path. */
  readonly parse: (operand: unknown, field: string) => Meaning<Test>;
}

export const ATTRIBUTE_OPERATORS = {
  eq: {
    summary:
      'Equals this value, type included: a number never equals a string. A scalar meets an array if any element equals it; an array means the whole array, in this order.',
    operand: 'AttributeValue',
    parse: (operand, field) => value({ operator: 'in', values: [parseAttributeValue(operand, field)] }),
  },
  ne: {
    summary:
      'The exact complement of eq: no value of that name equals. Holds for devices without the attribute too; add `exists: true` to ask for presence.',
    operand: 'AttributeValue',
    parse: (operand, field) => noValue({ operator: 'in', values: [parseAttributeValue(operand, field)] }),
  },
  in: {
    summary: 'Equals one of these values. An empty list holds for no device.',
    operand: '[AttributeValue!]',
    parse: (operand, field) => value({ operator: 'in', values: parseList(operand, field, parseAttributeValue) }),
  },
  notIn: {
    summary: 'The exact complement of in. An empty list holds for every device.',
    operand: '[AttributeValue!]',
    parse: (operand, field) => noValue({ operator: 'in', values: parseList(operand, field, parseAttributeValue) }),
  },
  gt: {
    summary: 'Greater than this number, or after this string by Unicode code point.',
    operand: 'AttributeValue',
    parse: (operand, field) => value({ operator: 'gt', value: parseComparable(operand, field) }),
  },
  gte: {
    summary: 'Greater than or equal to this number or string.',
    operand: 'AttributeValue',
    parse: (operand, field) => value({ operator: 'gte', value: parseComparable(operand, field) }),
  },
  lt: {
    summary: 'Less than this number, or before this string by Unicode code point.',
    operand: 'AttributeValue',
    parse: (operand, field) => value({ operator: 'lt', value: parseComparable(operand, field) }),
  },
  lte: {
    summary: 'Less than or equal to this number or string.',
    operand: 'AttributeValue',
    parse: (operand, field) => value({ operator: 'lte', value: parseComparable(operand, field) }),
  },
  contains: {
    summary: 'A string with this text somewhere in it, taken literally.',
    operand: 'String',
    parse: (operand, field) => value({ operator: 'contains', value: parseText(operand, field) }),
  },
  startsWith: {
    summary: 'A string that begins with this text, taken literally.',
    operand: 'String',
    parse: (operand, field) => value({ operator: 'startsWith', value: parseText(operand, field) }),
  },
  endsWith: {
    summary: 'A string that ends with this text, taken literally.',
    operand: 'String',
    parse: (operand, field) => value({ operator: 'endsWith', value: parseText(operand, field) }),
  },
  matches: {
    summary: `A string in which this regular expression is found (unanchored, at most ${MAX_PATTERN_LENGTH} characters, the advanced expressions of Postgres without embedded options). A bad one is an error.`,
    operand: 'String',
    parse: (operand, field) => value({ operator: 'matches', value: parsePattern(operand, field), path: field }),
  },
  hasAll: {
    summary: 'An array, within one attribute, that has all of these elements. An empty list holds for any array.',
    operand: '[AttributeValue!]',
    parse: (operand, field) => ({ kind: 'hasAll', elements: parseList(operand, field, parseScalarValue) }),
  },
  exists: {
    summary: 'true: the device has an attribute of this name; false: it has none.',
    operand: 'Boolean',
    parse: (operand, field) => ({ kind: 'exists', exists: parseBoolean(operand, field) }),
  },
} as const satisfies Record<string, Operator<ValueTest>>;

export const TEXT_OPERATORS = {
  eq: {
    summary: 'Equals this text.',
    operand: 'String',
    parse: (operand, field) => value({ operator: 'in', values: [parseText(operand, field)] }),
  },
  ne: {
    summary: 'The exact complement of eq; holds where there is no text too.',
    operand: 'String',
    parse: (operand, field) => noValue({ operator: 'in', values: [parseText(operand, field)] }),
  },
  in: {
    summary: 'Equals one of these texts. An empty list holds for none.',
    operand: '[String!]',
    parse: (operand, field) => value({ operator: 'in', values: parseList(operand, field, parseText) }),
  },
  notIn: {
    summary: 'The exact complement of in. An empty list holds for all.',
    operand: '[String!]',
    parse: (operand, field) => noValue({ operator: 'in', values: parseList(operand, field, parseText) }),
  },
  contains: { ...ATTRIBUTE_OPERATORS.contains, summary: 'Has this text somewhere in it, taken literally.' },
  startsWith: { ...ATTRIBUTE_OPERATORS.startsWith, summary: 'Begins with this text, taken literally.' },
  endsWith: { ...ATTRIBUTE_OPERATORS.endsWith, summary: 'Ends with this text, taken literally.' },
  matches: {
    ...ATTRIBUTE_OPERATORS.matches,
    summary: `This regular expression is found in it (unanchored, at most ${MAX_PATTERN_LENGTH} characters, the advanced expressions of Postgres without embedded options). A bad one is an error.`,
  },
  exists: { ...ATTRIBUTE_OPERATORS.exists, summary: 'true: there is a text; false: there is none.' },
} as const satisfies Record<string, Operator<TextTest>>;

export const TIME_OPERATORS = {
  since: {
    summary: 'At this instant or later.',
    operand: 'DateTime',
    parse: (operand, field) => value({ operator: 'since', at: parseInstant(operand, field) }),
  },
  until: {
    summary: 'Before this instant.',
    operand: 'DateTime',
    parse: (operand, field) => value({ operator: 'until', at: parseInstant(operand, field) }),
  },
  withinLast: {
    summary: 'Not longer ago than this, counted back from the start of the operation.',
    operand: 'Duration',
    parse: (operand, field) => value({ operator: 'withinLast', durationMs: parseDuration(operand, field) }),
  },
  olderThan: {
    summary: 'Longer ago than this, counted back from the start of the operation.',
    operand: 'Duration',
    parse: (operand, field) => value({ operator: 'olderThan', durationMs: parseDuration(operand, field) }),
  },
  exists: { ...ATTRIBUTE_OPERATORS.exists, summary: 'true: there is a time; false: there is none.' },
} as const satisfies Record<string, Operator<TimeTest>>;

function value<Test>(test: Test): { kind: 'value'; test: Test } {
  return { kind: 'value', test };
}

function noValue<Test>(test: Test): { kind: 'noValue'; test: Test } {
  return { kind: 'noValue', test };
}

function parseList<Element>(
  operand: unknown,
  field: string,
  parseElement: (element: unknown, field: string) => Element,
): Element[] {
  if (!Array.isArray(operand)) throw badInput(field, `a list, got ${describe(operand)}`);
  if (operand.length > MAX_LIST_LENGTH) {
    throw limitExceeded(field, `at most ${MAX_LIST_LENGTH} elements, got ${operand.length}`);
  }
  return operand.map((element: unknown, index) => parseElement(element, `${field}[${index}]`));
}

function parseComparable(operand: unknown, field: string): string | number {
  const parsed: AttributeValue = typeof operand === 'object' ? true : parseScalarValue(operand, field);
  if (typeof parsed === 'boolean') throw badInput(field, `a number or a string, got ${describe(operand)}`);
  return parsed;
}

/**
 * Embedded options could turn off what the search relies on (letter case, newlines), and `***` changes the dialect.
 * Lookarounds and groups begin with (? too and are allowed.
 */
function parsePattern(operand: unknown, field: string): string {
  const pattern = parseShortText(operand, field, MAX_PATTERN_LENGTH);
  if (pattern.startsWith('***')) throw badInput(field, 'a regular expression must not begin with ***');
  if (/^\(\?[a-z]+\)/i.test(pattern)) {
    throw badInput(field, 'a regular expression must not begin with embedded options; use ignoreCase');
  }
  return pattern;
}

function parseBoolean(operand: unknown, field: string): boolean {
  if (typeof operand !== 'boolean') throw badInput(field, `true or false, got ${describe(operand)}`);
  return operand;
}

function parseInstant(operand: unknown, field: string): number {
  if (!(operand instanceof Date) || Number.isNaN(operand.getTime())) {
    throw badInput(field, `an instant such as 2019-04-29T23:01:18.280Z, got ${describe(operand)}`);
  }
  return operand.getTime();
}

function parseDuration(operand: unknown, field: string): number {
  if (typeof operand !== 'number' || !Number.isFinite(operand)) {
    throw badInput(field, `a duration such as P7D, got ${describe(operand)}`);
  }
  return operand;
}
