import {
  type ExecutionResult,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  locatedError,
  OperationTypeNode,
  TypeNameMetaFieldDef,
} from 'graphql';
import { getArgumentValues } from 'graphql/execution/values.js';
import { inspect } from 'graphql/jsutils/inspect.js';
import { isIterableObject } from 'graphql/jsutils/isIterableObject.js';
import { isPromise } from 'graphql/jsutils/isPromise.js';
import { addPath, type Path, pathToArray } from 'graphql/jsutils/Path.js';
import type { FieldPlan, OperationPlan, SelectionPlan } from './operation-plan.js';
import { type Arguments, NOT_PLAIN } from './plain-values.js';

type MaybePromise<T> = T | Promise<T>;
type Answer = Record<string, unknown>;

const NO_ARGUMENTS = Object.freeze({});

interface Execution {
  readonly schema: GraphQLSchema;
  readonly plan: OperationPlan;
  readonly variables: Record<string, unknown>;
  readonly contextValue: unknown;
}

/**
 * Carries out a plan as graphql-js carries out its operation: the same resolvers with the same arguments in the same order,
 * the same answers, errors and paths. Source of every rule: section 6 of the GraphQL specification, read as graphql-js 16
 * reads it where it leaves a choice; test/api/planned-execution.test.ts and test/unit/graphql/execution compare them.
 */
export function executePlan(execution: Execution): MaybePromise<ExecutionResult> {
  return new PlanExecution(execution).run();
}

/** The same for all objects of a field: they depend on document and variables alone. */
class FieldArguments implements Arguments<FieldPlan> {
  readonly #variables: Record<string, unknown>;
  readonly #known = new Map<FieldPlan, Record<string, unknown>>();

  constructor(variables: Record<string, unknown>) {
    this.#variables = variables;
  }

  of(field: FieldPlan): Record<string, unknown> {
    if (field.definition.args.length === 0) return NO_ARGUMENTS;
    let values = this.#known.get(field);
    if (values === undefined) {
      values = getArgumentValues(field.definition, field.fieldNodes[0]!, this.#variables);
      this.#known.set(field, values);
    }
    return values;
  }
}

class PlanExecution {
  readonly #schema: GraphQLSchema;
  readonly #plan: OperationPlan;
  readonly #variables: Record<string, unknown>;
  readonly #contextValue: unknown;
  readonly #errors = new CollectedErrors();
  readonly #arguments: FieldArguments;

  constructor({ schema, plan, variables, contextValue }: Execution) {
    this.#schema = schema;
    this.#plan = plan;
    this.#variables = variables;
    this.#arguments = new FieldArguments(variables);
    this.#contextValue = contextValue;
  }

  run(): MaybePromise<ExecutionResult> {
    const { operation, root } = this.#plan;
    try {
      const data =
        operation.operation === OperationTypeNode.MUTATION
          ? this.#runSerially(root)
          : this.#executeFields(root, undefined);
      if (!isPromise(data)) return this.#toResult(data);
      return data.then(
        (answer) => this.#toResult(answer),
        (error: unknown) => this.#toFailure(error),
      );
    } catch (error) {
      return this.#toFailure(error);
    }
  }

  #toResult(data: unknown): ExecutionResult {
    const { errors } = this.#errors;
    return errors.length === 0 ? { data: data as Answer } : { errors, data: data as Answer | null };
  }

  #toFailure(error: unknown): ExecutionResult {
    this.#errors.add(error as GraphQLError, undefined);
    return this.#toResult(null);
  }

  async #runSerially({ type, fields }: SelectionPlan): Promise<Answer> {
    const answer: Answer = {};
    for (const field of fields) {
      const path = addPath(undefined, field.responseName, type.name);
      answer[field.responseName] = await this.#executeField(field, undefined, path);
    }
    return answer;
  }

  #executeFields({ type, fields }: SelectionPlan, source: unknown, path?: Path): MaybePromise<Answer> {
    const answer: Answer = {};
    let promised: [string, Promise<unknown>][] | undefined;
    const keep = (name: string, value: unknown) => {
      answer[name] = value;
      if (isPromise(value)) (promised ??= []).push([name, value]);
    };
    try {
      for (const field of fields) {
        const { responseName } = field;
        const value = this.#readPlainField(field, source);
        if (value !== NOT_PLAIN) answer[responseName] = value;
        else keep(responseName, this.#executeField(field, source, addPath(path, responseName, type.name)));
      }
    } catch (error) {
      if (promised === undefined) throw error;
      // What has been begun must not go on behind the answer.
      return settle(answer, promised).finally(() => {
        throw error;
      });
    }
    return promised === undefined ? answer : settle(answer, promised);
  }

  /** The completed value. Throws what makes the parent null. */
  #executeField(field: FieldPlan, source: unknown, path: Path): unknown {
    const { definition, fieldNodes, parentType } = field;
    if (definition === TypeNameMetaFieldDef) return parentType.name;
    const returnType = definition.type;
    const handle = (rawError: unknown) =>
      this.#handleError(locatedError(rawError, fieldNodes, pathToArray(path)), returnType, path);
    try {
      const info = this.#infoOf(field, path);
      const resolve = field.resolve ?? readProperty;
      const result: unknown = resolve(source, this.#arguments.of(field), this.#contextValue, info);
      const completed = isPromise(result)
        ? result.then((resolved) => this.#complete(field, info, path, resolved))
        : this.#complete(field, info, path, result);
      return isPromise(completed) ? completed.then(undefined, handle) : completed;
    } catch (rawError) {
      return handle(rawError);
    }
  }

  #infoOf({ definition, fieldNodes, parentType }: FieldPlan, path: Path): GraphQLResolveInfo {
    const { operation, fragments } = this.#plan;
    return {
      fieldName: definition.name,
      fieldNodes,
      returnType: definition.type,
      parentType,
      path,
      schema: this.#schema,
      fragments,
      rootValue: undefined,
      operation,
      variableValues: this.#variables,
    };
  }

  /** Of an object. What it throws is thrown again the careful way, which knows where it was. */
  #readPlainField({ get, read }: FieldPlan, source: unknown): unknown {
    if (get === null || read === null || typeof source !== 'object' || source === null) return NOT_PLAIN;
    try {
      const value = get(source, this.#arguments);
      return value === NOT_PLAIN ? NOT_PLAIN : read(value, this.#arguments);
    } catch {
      return NOT_PLAIN;
    }
  }

  /** Of what a resolver gave. */
  #readPlainly({ read }: FieldPlan, value: unknown): unknown {
    try {
      return read === null ? NOT_PLAIN : read(value, this.#arguments);
    } catch {
      return NOT_PLAIN;
    }
  }

  #handleError(error: GraphQLError, type: GraphQLOutputType, path: Path): null {
    if (isNonNullType(type)) throw error;
    this.#errors.add(error, path);
    return null;
  }

  #complete(field: FieldPlan, info: GraphQLResolveInfo, path: Path, result: unknown): unknown {
    const value = this.#readPlainly(field, result);
    return value === NOT_PLAIN ? this.#completeValue(field, field.definition.type, info, path, result) : value;
  }

  #completeValue(
    field: FieldPlan,
    type: GraphQLOutputType,
    info: GraphQLResolveInfo,
    path: Path,
    result: unknown,
  ): unknown {
    if (result instanceof Error) throw result;
    if (isNonNullType(type)) {
      const completed = this.#completeValue(field, type.ofType as GraphQLOutputType, info, path, result);
      if (completed === null) {
        throw new Error(`Cannot return null for non-nullable field ${info.parentType.name}.${info.fieldName}.`);
      }
      return completed;
    }
    if (result === null || result === undefined) return null;
    if (isListType(type)) return this.#completeList(field, type.ofType, info, path, result);
    if (isLeafType(type)) {
      const serialized: unknown = type.serialize(result);
      if (serialized === null || serialized === undefined) {
        throw new Error(
          `Expected \`${inspect(type)}.serialize(${inspect(result)})\` to ` +
            `return non-nullable value, returned: ${inspect(serialized)}`,
        );
      }
      return serialized;
    }
    const runtimeType = isAbstractType(type) ? this.#runtimeTypeOf(type, info, result) : (type as GraphQLObjectType);
    return isPromise(runtimeType)
      ? runtimeType.then((resolved) => this.#executeFields(field.selectionOf(resolved), result, path))
      : this.#executeFields(field.selectionOf(runtimeType), result, path);
  }

  #completeList(
    field: FieldPlan,
    itemType: GraphQLOutputType,
    info: GraphQLResolveInfo,
    path: Path,
    result: unknown,
  ): MaybePromise<unknown[]> {
    if (!isIterableObject(result)) {
      const { parentType, fieldName } = info;
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${parentType.name}.${fieldName}".`);
    }
    let containsPromise = false;
    const completed = Array.from(result, (item: unknown, index) => {
      const itemPath = addPath(path, index, undefined);
      const handle = (rawError: unknown) =>
        this.#handleError(locatedError(rawError, field.fieldNodes, pathToArray(itemPath)), itemType, itemPath);
      const complete = (value: unknown) => this.#completeValue(field, itemType, info, itemPath, value);
      try {
        const one = isPromise(item) ? item.then(complete) : complete(item);
        if (!isPromise(one)) return one;
        containsPromise = true;
        return one.then(undefined, handle);
      } catch (rawError) {
        return handle(rawError);
      }
    });
    return containsPromise ? Promise.all(completed) : completed;
  }

  #runtimeTypeOf(
    type: GraphQLNamedOutputType,
    info: GraphQLResolveInfo,
    result: unknown,
  ): MaybePromise<GraphQLObjectType> {
    if (!isAbstractType(type) || type.resolveType === undefined || type.resolveType === null) {
      throw new GraphQLError(`Abstract type "${type.name}" has no resolveType.`);
    }
    const named = type.resolveType(result, this.#contextValue, info, type);
    const find = (name: string | undefined) => {
      const found = name === undefined ? undefined : this.#schema.getType(name);
      if (!isObjectType(found) || !this.#schema.isSubType(type, found)) {
        throw new GraphQLError(
          `Abstract type "${type.name}" was resolved to "${name}", which is not one of its types.`,
        );
      }
      return found;
    };
    return isPromise(named) ? named.then(find) : find(named);
  }
}

/** A field without a resolver is a property of its object, or a method. */
const readProperty: GraphQLFieldResolver<unknown, unknown> = (source, args, context, info) => {
  if ((typeof source !== 'object' || source === null) && typeof source !== 'function') return undefined;
  const property = (source as Record<string, unknown>)[info.fieldName];
  return typeof property === 'function' ? (property.call(source, args, context, info) as unknown) : property;
};

async function settle(answer: Answer, promised: readonly [string, Promise<unknown>][]): Promise<Answer> {
  const values = await Promise.all(promised.map(([, promise]) => promise));
  for (const [index, [name]] of promised.entries()) answer[name] = values[index];
  return answer;
}

/** Errors of an answer: one that lies within what another one made null is left out. */
class CollectedErrors {
  readonly errors: GraphQLError[] = [];
  readonly #nulled = new Set<Path | undefined>();

  add(error: GraphQLError, path: Path | undefined): void {
    for (let place = path; place !== undefined; place = place.prev) if (this.#nulled.has(place)) return;
    if (this.#nulled.has(undefined)) return;
    this.#nulled.add(path);
    this.errors.push(error);
  }
}
