import {
  type DocumentNode,
  execute,
  type ExecutionResult,
  getVariableValues,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { executePlan } from './execute-plan.js';
import { type OperationPlan, planOperation } from './operation-plan.js';

/** Plans of one operation: as many as there are answers to its `@skip` and `@include`, up to a bound. */
const MOST_PLANS = 16;

interface Request {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
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

interface Plans {
  /** Variables that decide what is selected. */
  readonly deciding: readonly string[];
  /** By the values of those. Null: graphql-js has to do it. */
  readonly byDecision: Map<string, OperationPlan | null>;
}

/**
 * Carries out operations by plans that are made once for each document, and leaves to graphql-js what cannot be planned: the
 * answers are the same. Plans live as long as their documents, which are kept by whoever parses them.
 */
export function createExecutor<Context>({ schema, isGuarded, maxCoercionErrors }: ExecutorOptions<Context>) {
  const plansOf = new WeakMap<OperationDefinitionNode, Plans>();

  function planOf({ document, operation }: Request, variables: Record<string, unknown>): OperationPlan | null {
    let plans = plansOf.get(operation);
    if (plans === undefined) {
      plans = { deciding: decidingVariables(document), byDecision: new Map() };
      plansOf.set(operation, plans);
    }
    const { deciding, byDecision } = plans;
    const decision = deciding.map((name) => String(variables[name])).join();
    let plan = byDecision.get(decision);
    if (plan === undefined) {
      if (byDecision.size >= MOST_PLANS) return null;
      plan = tryToPlan({ schema, document, operation, variables });
      byDecision.set(decision, plan);
    }
    return plan;
  }

  return (request: Request): ExecutionResult | Promise<ExecutionResult> => {
    const { document, operation, variables, contextValue } = request;
    if (!isGuarded(contextValue as Context)) {
      const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
        maxErrors: maxCoercionErrors,
      });
      if (errors !== undefined) return { errors };
      const plan = planOf(request, coerced);
      if (plan !== null) return executePlan({ schema, plan, variables: coerced, contextValue });
    }
    return execute({
      schema,
      document,
      contextValue,
      variableValues: variables,
      operationName: operation.name?.value ?? null,
      options: { maxCoercionErrors },
    });
  };
}

/** Null if it cannot be planned, for whatever reason: graphql-js then tells what is wrong with it, if anything is. */
function tryToPlan(operation: Parameters<typeof planOperation>[0]): OperationPlan | null {
  try {
    return planOperation(operation);
  } catch {
    return null;
  }
}

function decidingVariables(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ arguments: given = [] }) {
      for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names].toSorted();
}
