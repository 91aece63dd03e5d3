import {
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { limitExceeded } from '../errors.js';
import { LIMITS } from '../model/limits.js';
import { fragmentsByName } from './limits.js';

/** Nodes that the pages of one operation may add up to. */
const MOST_NODES = 500_000;

interface Operation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Throws LIMIT_EXCEEDED if pages inside pages could add up to more nodes than one answer may hold. Wants a valid
 * document. Sizes out of range count as the largest: refusing them by name is the resolver's.
 */
export function assertNodeLimit(schema: GraphQLSchema, { document, operation, variables }: Operation): void {
  const fragments = fragmentsByName(document);
  let nodes = 0;

  const visitSet = (set: SelectionSetNode, type: GraphQLCompositeType, parents: number, page: number): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        visitField(selection, type, parents, page);
      } else {
        const target = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
        const condition = target?.typeCondition && schema.getType(target.typeCondition.name.value);
        if (target) visitSet(target.selectionSet, isCompositeType(condition) ? condition : type, parents, page);
      }
    }
  };

  const visitField = (field: FieldNode, type: GraphQLCompositeType, parents: number, page: number): void => {
    const definition = isObjectType(type) || isInterfaceType(type) ? type.getFields()[field.name.value] : undefined;
    if (definition === undefined || field.selectionSet === undefined) return;
    const result = getNamedType(definition.type);
    if (!isCompositeType(result)) return;
    // `nodes` and `edges` are the page that the connection above them was asked for.
    const isPage = type.name.endsWith('Connection') && ['nodes', 'edges'].includes(field.name.value);
    const isConnection = result.name.endsWith('Connection');
    const factor = isPage ? page : isConnection ? 1 : (sizeOf(field, definition) ?? 1);
    if (factor !== 1) nodes += parents * factor;
    if (nodes > MOST_NODES) {
      throw limitExceeded('query', `pages inside pages may add up to ${MOST_NODES} nodes; ask for smaller ones`);
    }
    visitSet(field.selectionSet, result, parents * factor, isConnection ? (sizeOf(field, definition) ?? 1) : 1);
  };

  /** The page size that a field is asked for, or the number of ids; undefined if it has neither. */
  const sizeOf = (field: FieldNode, definition: GraphQLField<unknown, unknown>): number | undefined => {
    if (definition.args.some((argument) => argument.name === 'ids')) return idsOf(field);
    const first = definition.args.find((argument) => argument.name === 'first');
    if (first === undefined) return undefined;
    for (const argument of field.arguments ?? []) {
      if (argument.name.value !== 'first' && argument.name.value !== 'last') continue;
      const { value } = argument;
      const size =
        value.kind === Kind.INT
          ? Number(value.value)
          : value.kind === Kind.VARIABLE
            ? valueOf(value.name.value)
            : undefined;
      if (typeof size === 'number') return Math.min(Math.max(size, 0), LIMITS.pageSize);
    }
    return typeof first.defaultValue === 'number' ? first.defaultValue : LIMITS.defaultPageSize;
  };

  const idsOf = (field: FieldNode): number => {
    const ids = field.arguments?.find((argument) => argument.name.value === 'ids')?.value;
    if (ids?.kind === Kind.LIST) return ids.values.length;
    const value = ids?.kind === Kind.VARIABLE ? valueOf(ids.name.value) : undefined;
    return Array.isArray(value) ? value.length : LIMITS.nodes;
  };

  const valueOf = (name: string): unknown => {
    if (Object.hasOwn(variables, name)) return variables[name];
    const fallback = operation.variableDefinitions?.find((one) => one.variable.name.value === name)?.defaultValue;
    return fallback?.kind === Kind.INT ? Number(fallback.value) : undefined;
  };

  const root = schema.getRootType(operation.operation);
  if (root) visitSet(operation.selectionSet, root, 1, 1);
}
