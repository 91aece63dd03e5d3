/**
 * GraphQL leaves a field of an input object out if its variable was not supplied. In a filter that would silently
 * widen the result, and in a bulk change the devices that are changed, so here it is an error.
 */
import {
  type ASTNode,
  type DocumentNode,
  getNamedType,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  type ValueNode,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { badInput } from '../errors.js';
import { fragmentsByName } from './limits.js';

/** Input types of which no part may get lost. */
const WHOLE_TYPES: ReadonlySet<string> = new Set([
  'DeviceFilter',
  'AttributeFilter',
  'AuditLogFilter',
  'StringFilter',
  'DateTimeFilter',
  'DeviceSelector',
]);

/** A variable that must be supplied, with the place where it is used. */
interface VariableUse {
  readonly variable: string;
  /** From the argument on: `filter.and[0].testMode`. */
  readonly path: string;
}

/** Refuses an operation that leaves out a variable of a filter or selector: throws BAD_USER_INPUT. */
export function assertSuppliedVariables(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): void {
  const [missing] = findMissingVariables(schema, document, operation, variables);
  if (missing === undefined) return;
  throw badInput(
    missing.variable,
    `this variable must be supplied: it stands at ${missing.path}, where leaving it out would select more than was meant`,
  );
}

/** Wants a valid document. */
export function findMissingVariables(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): readonly VariableUse[] {
  return requiredUses(schema, document, operation).filter(({ variable }) => !Object.hasOwn(variables, variable));
}

/** Documents are parsed once and used often; what is found in one is kept as long as it is. */
const usesByOperation = new WeakMap<OperationDefinitionNode, readonly VariableUse[]>();

function requiredUses(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): readonly VariableUse[] {
  const known = usesByOperation.get(operation);
  if (known !== undefined) return known;
  const definitions = operation.variableDefinitions ?? [];
  const withDefault = new Set(
    definitions.filter((one) => one.defaultValue !== undefined).map((one) => one.variable.name.value),
  );
  const uses = definitions.length === 0 ? [] : usesInWholeTypes(schema, document, operation);
  const required = uses.filter(({ variable }) => !withDefault.has(variable));
  usesByOperation.set(operation, required);
  return required;
}

/** In the operation and in the fragments that it spreads. */
function usesInWholeTypes(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): VariableUse[] {
  const uses: VariableUse[] = [];
  const fragments = fragmentsByName(document);
  const parts = new Set<ASTNode>([operation]);
  // A set takes new members while it is walked, and each only once.
  for (const part of parts) {
    const typeInfo = new TypeInfo(schema);
    visit(
      part,
      visitWithTypeInfo(typeInfo, {
        FragmentSpread({ name }) {
          const fragment = fragments.get(name.value);
          if (fragment !== undefined) parts.add(fragment);
        },
        Argument({ name, value }) {
          collectUses(value, typeInfo.getArgument()?.type, { path: name.value, isWhole: false }, uses);
        },
      }),
    );
  }
  return uses;
}

interface Place {
  readonly path: string;
  /** Whether this is inside a value that must stay whole. */
  readonly isWhole: boolean;
}

/** `type` is undefined inside of scalars, whose literals may be lists and objects too. */
function collectUses(
  value: ValueNode,
  type: GraphQLInputType | undefined,
  { path, isWhole: isInsideWhole }: Place,
  uses: VariableUse[],
): void {
  const namedType = type && getNamedType(type);
  const fields = isInputObjectType(namedType) ? namedType.getFields() : {};
  const isWhole =
    isInsideWhole ||
    (namedType !== undefined && WHOLE_TYPES.has(namedType.name)) ||
    // What selects devices for a change comes with what limits it: dryRun and maxAffected.
    Object.values(fields).some((field) => getNamedType(field.type).name === 'DeviceSelector');
  switch (value.kind) {
    case Kind.VARIABLE:
      if (isWhole) uses.push({ variable: value.name.value, path });
      return;
    case Kind.LIST:
      value.values.forEach((element, index) => {
        collectUses(element, namedType, { path: `${path}[${index}]`, isWhole }, uses);
      });
      return;
    case Kind.OBJECT:
      for (const { name, value: member } of value.fields) {
        const memberType = Object.hasOwn(fields, name.value) ? fields[name.value]?.type : undefined;
        collectUses(member, memberType, { path: `${path}.${name.value}`, isWhole }, uses);
      }
      return;
    default:
      return;
  }
}
