import { badInput, limitExceeded } from '../errors.js';
import { describe, parseTextOfBytes } from './text.js';

const ATTRIBUTE_TYPES = ['STRING', 'NUMBER', 'BOOLEAN', 'STRING_ARRAY', 'NUMBER_ARRAY'] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** In the order in which attributes of one name are listed. */
export const ATTRIBUTE_SCOPES = ['IDENTITY', 'INVENTORY', 'MONITOR', 'SYSTEM', 'TAGS'] as const;
export type AttributeScope = (typeof ATTRIBUTE_SCOPES)[number];

/** Which scope counts where several of one source report a name: what people say goes before what devices say. */
export const SCOPE_PRECEDENCE: readonly AttributeScope[] = ['TAGS', 'INVENTORY', 'MONITOR', 'IDENTITY', 'SYSTEM'];

/** Source of the values written through the API. */
export const API_SOURCE = 'api';

export type ScalarValue = string | number | boolean;
export type AttributeValue = ScalarValue | readonly string[] | readonly number[];

export const ATTRIBUTE_LIMITS = {
  stringBytes: 16 * 1024,
  arrayElements: 1_000,
  perDevice: 1_000,
  descriptionBytes: 1_024,
} as const;

/**
 * JSON to a typed value: a string, a finite number, a boolean, an array of strings or an array of numbers.
 * Throws BAD_USER_INPUT or LIMIT_EXCEEDED naming the field, and the index of an element at fault.
 */
export function parseAttributeValue(input: unknown, field: string): AttributeValue {
  if (!Array.isArray(input)) return parseScalarValue(input, field);
  if (input.length > ATTRIBUTE_LIMITS.arrayElements) {
    throw limitExceeded(field, `at most ${ATTRIBUTE_LIMITS.arrayElements} elements, got ${input.length}`);
  }
  const elements = input.map((element: unknown, index) => {
    const path = `${field}[${index}]`;
    if (typeof element !== 'string' && typeof element !== 'number') {
      throw badInput(path, `an array holds strings or numbers, got ${describe(element)}`);
    }
    if (typeof element !== typeof input[0]) {
      throw badInput(
        path,
        `all elements must be of one type: the first is ${describe(input[0])}, this is ${describe(element)}`,
      );
    }
    return parseScalarValue(element, path);
  });
  return elements as string[] | number[];
}

/** A string, a finite number or a boolean. */
export function parseScalarValue(input: unknown, field: string): ScalarValue {
  if (typeof input === 'string') return parseTextOfBytes(input, field, ATTRIBUTE_LIMITS.stringBytes);
  if (typeof input === 'boolean') return input;
  if (typeof input === 'number') return parseNumber(input, field);
  throw badInput(field, `a string, a number, a boolean, or an array of strings or of numbers, got ${describe(input)}`);
}

function parseNumber(input: number, field: string): number {
  // Integers that a double would round arrive here as Infinity: see parseJson and the AttributeValue scalar.
  if (!Number.isFinite(input)) {
    throw badInput(
      field,
      'a finite number within double precision, and an integer at most 2^53, since larger ones would be rounded',
    );
  }
  // -0 equals 0 everywhere but in its text.
  return input === 0 ? 0 : input;
}

export function attributeTypeOf(value: AttributeValue): AttributeType {
  if (typeof value === 'string') return 'STRING';
  if (typeof value === 'number') return 'NUMBER';
  if (typeof value === 'boolean') return 'BOOLEAN';
  return typeof value[0] === 'number' ? 'NUMBER_ARRAY' : 'STRING_ARRAY';
}

export function isSameValue(a: AttributeValue, b: AttributeValue): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  return a.length === b.length && a.every((element, index) => element === b[index]);
}
