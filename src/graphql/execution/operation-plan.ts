import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { readerAtHand } from './at-hand.js';
import {
  compileLeafReader,
  type Getter,
  getProperty,
  NOT_PLAIN,
  type Reader,
  readList,
  readNonNull,
  readProperties,
} from './plain-values.js';
import { resolverWithoutGuard } from './guarded-fields.js';

/** Something that only graphql-js carries out. */
class NotPlannable extends Error {}

/** One field of a selection, its nodes merged. */
export interface FieldPlan {
  readonly responseName: string;
  readonly fieldNodes: readonly FieldNode[];
  readonly definition: GraphQLField<unknown, unknown>;
  readonly parentType: GraphQLObjectType;
  /** Absent: the field is the property of its name. */
  readonly resolve: GraphQLFieldResolver<unknown, unknown> | undefined;
  /** Gets the value where it is there without a resolver. Null: only the resolver gives it. */
  readonly get: Getter<FieldPlan> | null;
  /** Completes a value below which everything is there as well. Null: something below has to be resolved. */
  readonly read: Reader<FieldPlan> | null;
  /** What is selected of the field's objects of one type. */
  selectionOf(type: GraphQLObjectType): SelectionPlan;
}

export interface SelectionPlan {
  readonly type: GraphQLObjectType;
  readonly fields: readonly FieldPlan[];
}

export interface OperationPlan {
  readonly operation: OperationDefinitionNode;
  readonly fragments: Record<string, FragmentDefinitionNode>;
  readonly root: SelectionPlan;
  /** How many fields were planned, by which its memory goes. */
  readonly fieldCount: number;
}

interface PlannedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** As coerced. Only those that decide what is selected are looked at. */
  readonly variables: Record<string, unknown>;
}

/**
 * What an operation selects: collecting its fields, finding their definitions and looking at their types, which graphql-js
 * does for every object of every answer. Holds no text of the document but as data. Throws NotPlannable.
 */
export function planOperation({ schema, document, operation, variables }: PlannedOperation): OperationPlan {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  const rootType = schema.getRootType(operation.operation);
  if (!rootType || operation.operation === OperationTypeNode.SUBSCRIPTION) throw new NotPlannable();

  let fieldCount = 0;
  const planSelection = (type: GraphQLObjectType, fields: ReadonlyMap<string, readonly FieldNode[]>): SelectionPlan => {
    // It would be asked for each object.
    if (type.isTypeOf) throw new NotPlannable();
    return { type, fields: [...fields].map(([responseName, nodes]) => planField(type, responseName, nodes)) };
  };

  const planField = (
    parentType: GraphQLObjectType,
    responseName: string,
    fieldNodes: readonly FieldNode[],
  ): FieldPlan => {
    // As a name of an answer it would set the prototype instead.
    if (responseName === '__proto__') throw new NotPlannable();
    fieldCount += 1;
    const definition = definitionOf(parentType, fieldNodes[0]!.name.value);
    const selections = new Map<GraphQLObjectType, SelectionPlan>();
    const selectionOf = (type: GraphQLObjectType): SelectionPlan => {
      let selection = selections.get(type);
      if (selection === undefined) {
        selection = planSelection(type, collectSubfields(schema, fragments, variables, type, fieldNodes));
        selections.set(type, selection);
      }
      return selection;
    };
    const result = getNamedType(definition.type);
    // Now, since nothing may turn out to be impossible once changes have been made.
    if (isAbstractType(result)) schema.getPossibleTypes(result).forEach(selectionOf);
    const field: FieldPlan = {
      responseName,
      fieldNodes,
      definition,
      parentType,
      resolve: resolverWithoutGuard(definition),
      get: compileGetter(definition, parentType, () => field),
      read: compileReader(definition.type, selectionOf),
      selectionOf,
    };
    return field;
  };

  const fields = collectFields(schema, fragments, variables, rootType, operation.selectionSet);
  const root = planSelection(rootType, fields);
  return { operation, fragments, root, fieldCount };
}

function definitionOf(type: GraphQLObjectType, name: string): GraphQLField<unknown, unknown> {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  const definition = type.getFields()[name];
  // Introspection is rare, and has its own resolvers everywhere.
  if (definition === undefined || name === SchemaMetaFieldDef.name || name === TypeMetaFieldDef.name) {
    throw new NotPlannable();
  }
  return definition;
}

function compileGetter(
  definition: GraphQLField<unknown, unknown>,
  { name: typeName }: GraphQLObjectType,
  field: () => FieldPlan,
): Getter<FieldPlan> | null {
  if (definition === TypeNameMetaFieldDef) return () => typeName;
  if (resolverWithoutGuard(definition) === undefined) return getProperty(definition.name);
  const readAtHand = readerAtHand(definition);
  if (readAtHand === undefined) return null;
  return (source, given) => {
    const value = readAtHand(source, given.of(field()), typeName);
    return value === undefined ? NOT_PLAIN : value;
  };
}

function compileReader(
  type: GraphQLOutputType,
  selectionOf: (type: GraphQLObjectType) => SelectionPlan,
): Reader<FieldPlan> | null {
  if (isNonNullType(type)) {
    const read = compileReader(getNullableType(type), selectionOf);
    return read && readNonNull(read);
  }
  if (isListType(type)) {
    const read = compileReader(type.ofType, selectionOf);
    return read && readList(read);
  }
  if (isLeafType(type)) return compileLeafReader(type);
  if (!isObjectType(type)) return null;
  const properties = [];
  for (const { responseName, get, read } of selectionOf(type).fields) {
    if (get === null || read === null) return null;
    properties.push({ responseName, get, read });
  }
  return readProperties(properties);
}
