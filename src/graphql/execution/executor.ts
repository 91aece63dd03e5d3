import {
  type DocumentNode,
  execute,
  type ExecutionResult,
  getVariableValues,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { executePlan } from './execute-plan.js';
import { PlanCache } from './plan-cache.js';

interface Request {
  readonly document: DocumentNode;
  /** Absent if none has the name. */
  readonly operation: OperationDefinitionNode | undefined;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly contextValue: unknown;
}

interface ExecutorOptions<Context> {
  readonly schema: GraphQLSchema;
  /** Whether guards of fields may refuse the viewer, so that each has to be asked. */
  readonly isGuarded: (contextValue: Context) => boolean;
  /** Faults in variables that are told at once. */
  readonly maxCoercionErrors: number;
}

/**
 * Carries out operations by plans that are made once for each document, and leaves to graphql-js what cannot be planned: the
 * answers are the same. Documents are those that somebody keeps: one that is parsed anew has no plan.
 */
export function createExecutor<Context>({ schema, isGuarded, maxCoercionErrors }: ExecutorOptions<Context>) {
  const plans = new PlanCache(schema);
  return (request: Request): ExecutionResult | Promise<ExecutionResult> => {
    const { document, operation, operationName, variables, contextValue } = request;
    if (operation !== undefined && !isGuarded(contextValue as Context)) {
      const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
        maxErrors: maxCoercionErrors,
      });
      if (errors !== undefined) return { errors };
      const plan = plans.find(document, operation, coerced);
      if (plan !== null) return executePlan({ schema, plan, variables: coerced, contextValue });
    }
    return execute({
      schema,
      document,
      contextValue,
      variableValues: variables,
      operationName,
      options: { maxCoercionErrors },
    });
  };
}
