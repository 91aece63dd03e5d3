/**
 * A caller's filter to plain data, or a refusal with the path. Nothing is ever skipped: a part that is not understood
 * would widen the result.
 */
import { badInput, limitExceeded } from '../errors.js';
import { ATTRIBUTE_SCOPES, type AttributeScope } from '../model/attribute-value.js';
import { parseIdOfType } from '../model/global-id.js';
import { parseAttributeName, parseName } from '../model/names.js';
import { describe } from '../model/text.js';
import { OWN_TEXT_FIELDS, RELATED_TEXT_FIELDS, type TextField, TIME_FIELDS, type TimeField } from './fields.js';
import { type AttributeTerm, EVERYTHING, type Filter, type TextTest, type TimeTest, type ValueTest } from './filter.js';
import {
  ATTRIBUTE_OPERATORS,
  MAX_LIST_LENGTH,
  type Meaning,
  type Operator,
  TEXT_OPERATORS,
  TIME_OPERATORS,
} from './operators.js';

export const MAX_FILTER_TERMS = 100;
export const MAX_FILTER_DEPTH = 10;
/** Filters within filters, so that what has no operator at all is bounded too. */
const MAX_FILTER_PARTS = 1_000;

/** Absent (undefined): all devices. Throws BAD_USER_INPUT or LIMIT_EXCEEDED with the path from `field` on. */
export function parseFilter(input: unknown, field = 'filter'): Filter {
  return input === undefined ? EVERYTHING : new FilterParser(field).deviceFilter(input, field, 1);
}

/** A filter of one text, as the lists of cohorts, groups and releases take it; undefined holds for all. */
export function parseTextFilter(input: unknown, textField: TextField, field: string): Filter {
  return input === undefined ? EVERYTHING : new FilterParser(field).textFilter(input, textField, field);
}

/** An input object's own entries. Maps and own keys only: callers choose the names, and "constructor" is one. */
function entriesOf(input: unknown, field: string): [string, unknown][] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw badInput(field, `an object, got ${describe(input)}`);
  }
  const entries = Object.entries(input).filter(([, value]) => value !== undefined);
  if (entries.length === 0) throw badInput(field, 'an empty object would hold for everything; leave it out instead');
  for (const [name, value] of entries) {
    if (value === null) throw badInput(`${field}.${name}`, 'must not be null; leave it out instead');
  }
  return entries;
}

class FilterParser {
  readonly #root: string;
  #terms = 0;
  #parts = 0;

  constructor(root: string) {
    this.#root = root;
  }

  deviceFilter(input: unknown, field: string, depth: number): Filter {
    if (depth > MAX_FILTER_DEPTH) throw limitExceeded(field, `filters nest at most ${MAX_FILTER_DEPTH} deep`);
    this.#parts += 1;
    if (this.#parts > MAX_FILTER_PARTS) {
      throw limitExceeded(this.#root, `at most ${MAX_FILTER_PARTS} filters within one; ${field} is one too many`);
    }
    const parts = entriesOf(input, field).map(([name, value]) => this.#part(name, value, `${field}.${name}`, depth));
    return allOf(parts);
  }

  #part(name: string, value: unknown, field: string, depth: number): Filter {
    if (Object.hasOwn(OWN_TEXT_FIELDS, name) || Object.hasOwn(RELATED_TEXT_FIELDS, name)) {
      return this.textFilter(value, name as TextField, field);
    }
    if (Object.hasOwn(TIME_FIELDS, name)) return this.#timeFilter(value, name as TimeField, field);
    switch (name) {
      case 'and':
        return allOf(this.#deviceFilters(value, field, depth));
      case 'or':
        return { kind: 'or', parts: this.#deviceFilters(value, field, depth) };
      case 'not':
        return { kind: 'not', part: this.deviceFilter(value, field, depth + 1) };
      case 'attributes':
        return allOf(listOf(value, field).map((one, index) => this.#attributeFilter(one, `${field}[${index}]`)));
      case 'testMode':
        this.#countTerm(field);
        return { kind: 'testMode', value: asBoolean(value, field) };
      case 'hasGroup': {
        this.#countTerm(field);
        const present: Filter = { kind: 'present', field: 'group' };
        return asBoolean(value, field) ? present : { kind: 'not', part: present };
      }
      case 'state':
        this.#countTerm(field);
        return { kind: 'state', states: listOf(value, field).map((one, index) => asState(one, `${field}[${index}]`)) };
      case 'ids':
        this.#countTerm(field);
        return {
          kind: 'ids',
          // An id of another type is well-formed, and no device has it.
          ids: listOf(value, field).flatMap((one, index) => parseIdOfType('Device', one, `${field}[${index}]`) ?? []),
        };
      default:
        throw badInput(field, 'there is no such field of DeviceFilter');
    }
  }

  #deviceFilters(value: unknown, field: string, depth: number): Filter[] {
    return listOf(value, field).map((one, index) => this.deviceFilter(one, `${field}[${index}]`, depth + 1));
  }

  #attributeFilter(input: unknown, field: string): Filter {
    const { name, scope, source, ignoreCase, ...operators } = Object.fromEntries(entriesOf(input, field));
    const path = `${field}.name`;
    const attribute: AttributeTerm = {
      name: parseAttributeName(name, path),
      ...(scope !== undefined && { scope: asScope(scope, `${field}.scope`) }),
      ...(source !== undefined && { source: parseName(source, `${field}.source`) }),
      path,
    };
    const folded = ignoreCase === undefined ? false : asBoolean(ignoreCase, `${field}.ignoreCase`);
    const meanings = this.#meanings<ValueTest>(ATTRIBUTE_OPERATORS, operators, field);
    return combine(meanings, {
      value: (tests) => ({ kind: 'attribute', ...attribute, tests, ignoreCase: folded }),
      exists: () => ({ kind: 'attributeExists', ...attribute }),
      hasAll: (elements) => ({ kind: 'arrayHasAll', ...attribute, elements, ignoreCase: folded }),
    });
  }

  textFilter(input: unknown, textField: TextField, field: string): Filter {
    const { ignoreCase, ...operators } = Object.fromEntries(entriesOf(input, field));
    const folded = ignoreCase === undefined ? false : asBoolean(ignoreCase, `${field}.ignoreCase`);
    return combine(this.#meanings<TextTest>(TEXT_OPERATORS, operators, field), {
      value: (tests) => ({ kind: 'text', field: textField, tests, ignoreCase: folded }),
      exists: () => presentOf(textField),
    });
  }

  #timeFilter(input: unknown, timeField: TimeField, field: string): Filter {
    const operators = Object.fromEntries(entriesOf(input, field));
    return combine(this.#meanings<TimeTest>(TIME_OPERATORS, operators, field), {
      value: (tests) => ({ kind: 'time', field: timeField, tests }),
      exists: () => ({ kind: 'present', field: timeField }),
    });
  }

  #meanings<Test>(
    table: Readonly<Record<string, Operator<Test>>>,
    operators: Readonly<Record<string, unknown>>,
    field: string,
  ): Meaning<Test>[] {
    const meanings = Object.entries(operators).map(([name, operand]) => {
      const operator = Object.hasOwn(table, name) ? table[name] : undefined;
      if (operator === undefined) throw badInput(`${field}.${name}`, 'there is no such operator');
      this.#countTerm(`${field}.${name}`);
      return operator.parse(operand, `${field}.${name}`);
    });
    if (meanings.length === 0) throw badInput(field, `needs at least one operator: ${Object.keys(table).join(', ')}`);
    return meanings;
  }

  #countTerm(field: string): void {
    this.#terms += 1;
    if (this.#terms > MAX_FILTER_TERMS) {
      throw limitExceeded(this.#root, `at most ${MAX_FILTER_TERMS} operators in one filter; ${field} is one too many`);
    }
  }
}

interface Combination<Test> {
  readonly value: (tests: readonly Test[]) => Filter;
  readonly exists: () => Filter;
  readonly hasAll?: (elements: Extract<Meaning<Test>, { kind: 'hasAll' }>['elements']) => Filter;
}

/** The positive tests speak of one value together, everything else of the device by itself; all must hold. */
function combine<Test>(meanings: readonly Meaning<Test>[], { value, exists, hasAll }: Combination<Test>): Filter {
  const positive = meanings.flatMap((meaning) => (meaning.kind === 'value' ? [meaning.test] : []));
  const others = meanings.flatMap((meaning): Filter[] => {
    switch (meaning.kind) {
      case 'value':
        return [];
      case 'noValue':
        return [{ kind: 'not', part: value([meaning.test]) }];
      case 'exists':
        return [meaning.exists ? exists() : { kind: 'not', part: exists() }];
      case 'hasAll':
        if (hasAll === undefined) throw new Error('hasAll is an operator of attributes alone');
        return [hasAll(meaning.elements)];
    }
  });
  return allOf(positive.length > 0 ? [value(positive), ...others] : others);
}

function presentOf(field: TextField): Filter {
  // Every device has a serial.
  return field === 'deviceSerial' ? { kind: 'and', parts: [] } : { kind: 'present', field };
}

function allOf(parts: readonly Filter[]): Filter {
  return parts.length === 1 ? parts[0]! : { kind: 'and', parts };
}

function listOf(value: unknown, field: string): unknown[] {
  if (!Array.isArray(value)) throw badInput(field, `a list, got ${describe(value)}`);
  if (value.length > MAX_LIST_LENGTH) {
    throw limitExceeded(field, `at most ${MAX_LIST_LENGTH} elements, got ${value.length}`);
  }
  return value;
}

function asBoolean(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw badInput(field, `true or false, got ${describe(value)}`);
  return value;
}

function asState(value: unknown, field: string): 'ACTIVE' | 'DISABLED' {
  if (value !== 'ACTIVE' && value !== 'DISABLED') throw badInput(field, 'ACTIVE or DISABLED');
  return value;
}

function asScope(value: unknown, field: string): AttributeScope {
  const scope = ATTRIBUTE_SCOPES.find((one) => one === value);
  if (scope === undefined) throw badInput(field, `one of ${ATTRIBUTE_SCOPES.join(', ')}`);
  return scope;
}
