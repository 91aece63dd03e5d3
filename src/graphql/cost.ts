import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { badInput, limitExceeded } from '../errors.js';
import { LIMITS } from '../model/limits.js';
import { MAX_FILTER_TERMS } from '../search/parse-filter.js';
import { filterTerms } from './cost-filter.js';
import { fragmentsByName } from './limits.js';

/** What one operation may ask for, as it is set. The last two can only be lower than what the API promises. */
export interface OperationLimits {
  readonly cost: number;
  readonly pageSize: number;
  readonly filterTerms: number;
}

/** Points of what costs more than one object of an answer, which is one point. docs/limits.md shows this table. */
const WEIGHTS = {
  /** A page of a connection: a search for each object that it hangs on. */
  page: 5,
  totalCount: 10,
  facet: 50,
  statistics: 50,
  change: 10,
  /** A selector of devices, which may mean the whole fleet. */
  selector: 100,
  introspection: 100,
  /** Objects that a list without a size is taken to have. */
  listLength: 10,
} as const;

interface Operation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Costs of operations that are the same whatever their variables are: most operations that read. Kept as long as they are. */
const fixedCosts = new WeakMap<OperationDefinitionNode, number>();

/**
 * The points of an operation, from its document and variables alone: what it may come to, not what it will. Wants a
 * valid document, and for each document the same schema and limits. Directives are not looked at: what `@skip` leaves out
 * counts too.
 *
 * Throws BAD_USER_INPUT for a page, and LIMIT_EXCEEDED for a filter, over a limit that was set lower than the API's own.
 * Sizes beyond the API's own count as the largest: refusing them by name is the resolver's.
 */
export function costOf(
  schema: GraphQLSchema,
  { document, operation, variables: given }: Operation,
  limits: Omit<OperationLimits, 'cost'>,
): number {
  const known = fixedCosts.get(operation);
  if (known !== undefined) return known;
  let isFixed = true;
  const fragments = fragmentsByName(document);
  const variables = withDefaults(operation, given);

  const costOfSet = (set: SelectionSetNode, type: GraphQLCompositeType, page: number): number => {
    let cost = 0;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        cost += costOfField(selection, type, page);
      } else {
        const target = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
        const condition = target?.typeCondition && schema.getType(target.typeCondition.name.value);
        if (target) cost += costOfSet(target.selectionSet, isCompositeType(condition) ? condition : type, page);
      }
    }
    return cost;
  };

  /** For one parent. `page` is the size that the connection was asked for, if the parent is one. */
  const costOfField = (field: FieldNode, type: GraphQLCompositeType, page: number): number => {
    const name = field.name.value;
    const definition = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
    if (definition === undefined) return name === '__schema' || name === '__type' ? WEIGHTS.introspection : 0;
    const args = argumentsOf(field, definition);
    const isOfConnection = type.name.endsWith('Connection');
    const own = weightOf(name, isOfConnection, type === schema.getMutationType()) + costOfArguments(definition, args);
    const result = getNamedType(definition.type);
    if (field.selectionSet === undefined || !isCompositeType(result)) return own;
    if (result.name.endsWith('Connection')) {
      return own + WEIGHTS.page + costOfSet(field.selectionSet, result, sizeOf(definition, args) ?? 1);
    }
    // `nodes` and `edges` are the page that the connection above them was asked for.
    const isPage = isOfConnection && (name === 'nodes' || name === 'edges');
    const isList = isListType(getNullableType(definition.type));
    const count = isPage ? page : isList ? (sizeOf(definition, args) ?? WEIGHTS.listLength) : 1;
    // An edge is no object of its own, but its node is.
    const each = isPage && name === 'edges' ? 0 : 1;
    return own + count * (each + costOfSet(field.selectionSet, result, 1));
  };

  /** Of the arguments that cost something, or say how many objects there may be. */
  const argumentsOf = (field: FieldNode, { args }: GraphQLField<unknown, unknown>): Map<string, unknown> => {
    const values = new Map<string, unknown>();
    for (const { name, type, defaultValue } of args) {
      if (!SIZES.has(name) && !isListType(getNullableType(type)) && !isInputObjectType(getNamedType(type))) continue;
      const given = field.arguments?.find((one) => one.name.value === name)?.value;
      if (given !== undefined && hasVariable(given)) isFixed = false;
      values.set(name, given === undefined ? defaultValue : valueFromASTUntyped(given, variables));
    }
    return values;
  };

  const costOfArguments = ({ args }: GraphQLField<unknown, unknown>, values: ReadonlyMap<string, unknown>): number =>
    args.reduce((cost, one) => cost + costOfInput(one.type, values.get(one.name), one.name), 0);

  /** One point for each term of a filter, and for each element of another list. */
  const costOfInput = (type: GraphQLInputType, value: unknown, path: string): number => {
    const named = getNamedType(type);
    // What is written without a list is a list of one.
    if (isListType(getNullableType(type))) return Array.isArray(value) ? value.length : 0;
    if (!isInputObjectType(named) || typeof value !== 'object' || value === null) return 0;
    if (named.name.endsWith('Filter')) {
      const terms = filterTerms(value);
      // The API's own limit is left to the parser of filters, which names the place.
      if (limits.filterTerms < MAX_FILTER_TERMS && terms > limits.filterTerms) {
        throw limitExceeded(path, `at most ${limits.filterTerms} terms, got ${terms}`);
      }
      return terms;
    }
    let cost = named.name === 'DeviceSelector' ? WEIGHTS.selector : 0;
    for (const [name, field] of Object.entries(named.getFields())) {
      if (Object.hasOwn(value, name)) {
        cost += costOfInput(field.type, (value as Record<string, unknown>)[name], `${path}.${name}`);
      }
    }
    return cost;
  };

  /** The size that a list is asked for; undefined if it has none. */
  const sizeOf = (
    { args }: GraphQLField<unknown, unknown>,
    values: ReadonlyMap<string, unknown>,
  ): number | undefined => {
    for (const list of ['ids', 'names']) {
      const value = values.get(list);
      if (Array.isArray(value)) return value.length;
    }
    if (!args.some(({ name }) => name === 'first')) return undefined;
    for (const name of SIZES) {
      const size = values.get(name);
      if (typeof size !== 'number') continue;
      if (limits.pageSize < LIMITS.pageSize && size > limits.pageSize) {
        throw badInput(name, `a number from 0 to ${limits.pageSize}, got ${size}`);
      }
      return Math.min(Math.max(size, 0), LIMITS.pageSize);
    }
    return LIMITS.defaultPageSize;
  };

  const root = schema.getRootType(operation.operation);
  const cost = root ? 1 + costOfSet(operation.selectionSet, root, 1) : 1;
  if (isFixed) fixedCosts.set(operation, cost);
  return cost;
}

/** Arguments that are numbers of objects. */
const SIZES: ReadonlySet<string> = new Set(['first', 'last']);

function hasVariable(value: ValueNode): boolean {
  switch (value.kind) {
    case Kind.VARIABLE:
      return true;
    case Kind.LIST:
      return value.values.some(hasVariable);
    case Kind.OBJECT:
      return value.fields.some((field) => hasVariable(field.value));
    default:
      return false;
  }
}

function weightOf(name: string, isOfConnection: boolean, isChange: boolean): number {
  if (isChange) return WEIGHTS.change;
  if (!isOfConnection) return 0;
  if (name === 'totalCount') return WEIGHTS.totalCount;
  if (name === 'facet') return WEIGHTS.facet;
  return name === 'statistics' ? WEIGHTS.statistics : 0;
}

/** Without a prototype: a variable may have any name. */
function withDefaults(
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const variables = Object.assign(Object.create(null) as Record<string, unknown>, given);
  for (const { variable, defaultValue } of variableDefinitions) {
    const name = variable.name.value;
    if (defaultValue !== undefined && !Object.hasOwn(given, name)) variables[name] = valueFromASTUntyped(defaultValue);
  }
  return variables;
}
