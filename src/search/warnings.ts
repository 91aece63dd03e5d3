/** Warnings of attribute names and types that no device ever had: legal, but mostly typing errors. */
import type { AttributeKey } from '../attributes/keys.js';
import { groupRows } from '../database/rows-by-key.js';
import {
  ATTRIBUTE_SCOPES,
  ATTRIBUTE_TYPES,
  type AttributeType,
  type AttributeValue,
  attributeTypeOf,
} from '../model/attribute-value.js';
import { shorten } from '../model/text.js';
import type { AttributeName, AttributeTerm, Filter, ValueTest } from './filter.js';
import type { OrderKey } from './order.js';
import type { SearchReport, SearchWarning } from './search-report.js';

interface WarningContext {
  readonly report?: SearchReport;
}

/** An attribute that is asked for, and of which types its values would have to be. */
interface AttributeUse {
  readonly attribute: AttributeName;
  /** Where its name stands in the input. */
  readonly path: string | undefined;
  /** Absent: any. Empty: no value can be of all types that are asked for at once. */
  readonly types?: readonly AttributeType[];
}

const NUMBERS: readonly AttributeType[] = ['NUMBER', 'NUMBER_ARRAY'];

/** `keys` are those in use under the names of the filter and the order, as for compiling them. */
export function warnAbout(
  { report }: WarningContext,
  filter: Filter,
  order: readonly OrderKey[],
  keys: readonly AttributeKey[],
): void {
  if (report === undefined) return;
  for (const warning of attributeWarnings(filter, order, keys)) report.warn(warning);
}

export function warnAboutFacet({ report }: WarningContext, by: AttributeName, keys: readonly AttributeKey[]): void {
  for (const warning of warningsOf([{ attribute: by, path: 'by.attribute.name' }], keys)) report?.warn(warning);
}

export function warnAboutStatistics(
  { report }: WarningContext,
  attribute: AttributeName,
  keys: readonly AttributeKey[],
): void {
  for (const warning of warningsOf([{ attribute, path: 'attribute.name', types: NUMBERS }], keys)) {
    report?.warn(warning);
  }
}

/** One for each name in the filter and the order under which nothing can be found, in their order. */
export function attributeWarnings(
  filter: Filter,
  order: readonly OrderKey[],
  keys: readonly AttributeKey[],
): readonly SearchWarning[] {
  return warningsOf([...usesInFilter(filter), ...usesInOrder(order)], keys);
}

function usesInFilter(filter: Filter): AttributeUse[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.flatMap(usesInFilter);
    case 'not':
      return usesInFilter(filter.part);
    case 'attributeExists':
      return [useOf(filter)];
    case 'attribute': {
      // Nothing is asked for, so nothing is missed.
      if (filter.tests.some((test) => test.operator === 'in' && test.values.length === 0)) return [useOf(filter)];
      return [useOf(filter, typesThatAll(filter.tests.map(typesThatMeet)))];
    }
    case 'arrayHasAll': {
      const ofElements = filter.elements.map((element) => typesEqualTo(element).filter((type) => isArray(type)));
      return [useOf(filter, typesThatAll([ATTRIBUTE_TYPES.filter(isArray), ...ofElements]))];
    }
    default:
      return [];
  }
}

function usesInOrder(order: readonly OrderKey[]): AttributeUse[] {
  return order.flatMap((key, index) =>
    'attribute' in key ? [{ attribute: key.attribute, path: `orderBy[${index}].attribute.name` }] : [],
  );
}

function useOf(term: AttributeTerm, types?: readonly AttributeType[]): AttributeUse {
  return { attribute: term, path: term.path, ...(types !== undefined && { types }) };
}

function typesThatAll(sets: readonly (readonly AttributeType[])[]): AttributeType[] {
  return ATTRIBUTE_TYPES.filter((type) => sets.every((types) => types.includes(type)));
}

/** Of attributes of which a value, or an element, can meet the test. */
function typesThatMeet(test: ValueTest): AttributeType[] {
  return test.operator === 'in' ? test.values.flatMap(typesEqualTo) : typesEqualTo(test.value);
}

function typesEqualTo(value: AttributeValue): AttributeType[] {
  // No type of its own shows in an empty array.
  if (Array.isArray(value) && value.length === 0) return ATTRIBUTE_TYPES.filter(isArray);
  const type = attributeTypeOf(value);
  if (type === 'STRING') return ['STRING', 'STRING_ARRAY'];
  return type === 'NUMBER' ? ['NUMBER', 'NUMBER_ARRAY'] : [type];
}

function isArray(type: AttributeType): boolean {
  return type === 'STRING_ARRAY' || type === 'NUMBER_ARRAY';
}

function warningsOf(uses: readonly AttributeUse[], keys: readonly AttributeKey[]): SearchWarning[] {
  const keysByName = groupRows(keys, ({ name }) => name);
  return uses.flatMap((use) => warningOf(use, keysByName.get(use.attribute.name) ?? []) ?? []);
}

/** `named` are the keys under the attribute's name. */
function warningOf(
  { attribute, path, types }: AttributeUse,
  named: readonly AttributeKey[],
): SearchWarning | undefined {
  const { name, scope, source } = attribute;
  const place = { ...(path !== undefined && { path }), name };
  const say = (message: string) => (path === undefined ? message : `${path}: ${message}`);
  const shown = quoted(name);
  if (named.length === 0) {
    return { code: 'UNKNOWN_ATTRIBUTE', message: say(`no device ever had an attribute ${shown}`), ...place };
  }
  const meant = named.filter((key) => key.scope === (scope ?? key.scope) && key.source === (source ?? key.source));
  if (meant.length === 0) {
    const scopes = ATTRIBUTE_SCOPES.filter((one) => named.some((key) => key.scope === one));
    const sources = [...new Set(named.map((key) => key.source))].toSorted().slice(0, MOST_SOURCES);
    const asked = [
      ...(scope === undefined ? [] : [`in scope ${scope}`]),
      ...(source === undefined ? [] : [`from source ${quoted(source)}`]),
    ].join(' ');
    const known = `in scope ${scopes.join(', ')}, from source ${sources.map(quoted).join(', ')}`;
    return {
      code: 'UNKNOWN_ATTRIBUTE',
      message: say(`no device ever had an attribute ${shown} ${asked}; it is known ${known}`),
      ...place,
      scopes,
      sources,
    };
  }
  // The API shows an empty array as one of strings.
  const present = new Set(meant.map(({ type }) => (type === 'EMPTY_ARRAY' ? 'STRING_ARRAY' : type)));
  if (types === undefined || types.some((type) => present.has(type))) return undefined;
  const had = ATTRIBUTE_TYPES.filter((type) => present.has(type));
  const never =
    types.length === 0 ? 'there is no type that could meet this' : `never ${types.join(' or ')}, which is asked for`;
  return {
    code: 'TYPE_NEVER_SEEN',
    message: say(`values of ${shown} have been ${had.join(', ')}; ${never}`),
    ...place,
    types: had,
  };
}

const MOST_SOURCES = 10;
const LONGEST_QUOTED = 100;

function quoted(text: string): string {
  return `"${shorten(text, LONGEST_QUOTED)}"`;
}
