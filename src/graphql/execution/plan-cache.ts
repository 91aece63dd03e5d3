import { type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode, visit } from 'graphql';
import { type OperationPlan, planOperation } from './operation-plan.js';

/** Fields of all plans together; a plan takes some 2.5 kB for each, with its document. */
const MOST_FIELDS = 20_000;

interface Plans {
  /** Variables that decide by `@skip` and `@include` what is selected. */
  readonly deciding: readonly string[];
  /** By what those decide. Null: it cannot be planned. */
  readonly byDecision: Map<string, OperationPlan | null>;
}

interface Kept extends Plans {
  readonly decision: string;
  readonly fieldCount: number;
}

/** Plans of the operations that came last, bounded by their fields: clients may send as many documents as they like. */
export class PlanCache {
  readonly #schema: GraphQLSchema;
  readonly #plans = new WeakMap<OperationDefinitionNode, Plans>();
  /** Oldest first. */
  readonly #kept: Kept[] = [];
  #fieldCount = 0;

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  /** Null: it cannot be planned, for whatever reason. graphql-js then tells what is wrong with it, if anything is. */
  find(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Record<string, unknown>,
  ): OperationPlan | null {
    let plans = this.#plans.get(operation);
    if (plans === undefined) {
      plans = { deciding: decidingVariables(document), byDecision: new Map() };
      this.#plans.set(operation, plans);
    }
    const decision = plans.deciding.map((name) => String(variables[name])).join();
    const known = plans.byDecision.get(decision);
    if (known !== undefined) return known;
    const plan = this.#plan(document, operation, variables);
    this.#keep({ ...plans, decision, fieldCount: 1 + (plan?.fieldCount ?? 0) }, plan);
    return plan;
  }

  #plan(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Record<string, unknown>,
  ): OperationPlan | null {
    try {
      return planOperation({ schema: this.#schema, document, operation, variables });
    } catch {
      return null;
    }
  }

  #keep(kept: Kept, plan: OperationPlan | null): void {
    kept.byDecision.set(kept.decision, plan);
    this.#kept.push(kept);
    this.#fieldCount += kept.fieldCount;
    while (this.#fieldCount > MOST_FIELDS) {
      const { byDecision, decision, fieldCount } = this.#kept.shift()!;
      byDecision.delete(decision);
      this.#fieldCount -= fieldCount;
    }
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
