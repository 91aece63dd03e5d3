import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { AppError, limitExceeded } from '../errors.js';
import { costOf, type OperationLimits } from '../graphql/cost.js';
import { assertSuppliedVariables } from '../graphql/supplied-variables.js';
import type { Allowances } from './allowances.js';
import type { RequestScope } from './request-scope.js';

/** An operation of a valid document. */
export interface Operation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The context of an operation, which gathers what is to be said beside data and errors. */
export interface ExtensionsSource {
  /** Undefined: nothing, as with most answers. */
  answerExtensions(): object | undefined | Promise<object | undefined>;
}

/** What holds for each operation, by whichever way it is carried out. */
export interface OperationRules {
  /** Its points. Throws for pages and filters over a limit. */
  costOf(operation: Operation): number;
  /**
   * To be asked once before it is executed: throws what refuses it. Takes its points from those of the credential, and settles
   * when there is room for it beside the credential's others.
   */
  admit(operation: Operation, cost: number, scope: RequestScope | undefined): Promise<void> | undefined;
  /** `extensions` of its answer. */
  extensionsOf(cost: number | undefined, context: ExtensionsSource): Promise<object | undefined>;
}

interface RulesOptions {
  readonly schema: GraphQLSchema;
  readonly limits: OperationLimits;
  readonly allowances: Allowances;
}

export function createOperationRules({ schema, limits, allowances }: RulesOptions): OperationRules {
  return {
    costOf: (operation) => costOf(schema, operation, limits),

    admit({ document, operation, variables }, cost, scope) {
      assertSuppliedVariables(schema, document, operation, variables);
      if (schema.getRootType(operation.operation) === undefined) {
        const message = `There are no operations of type ${operation.operation} in this schema.`;
        throw new AppError('OPERATION_RESOLUTION_FAILURE', message);
      }
      if (cost > limits.cost) {
        const message = `costs ${cost} points, at most ${limits.cost}; ask for smaller pages or less of each`;
        throw limitExceeded('query', message);
      }
      if (scope?.credential !== undefined) allowances.charge(scope.credential, cost);
      return scope?.place?.enter(cost);
    },

    async extensionsOf(requested, context) {
      const own = requested === undefined ? undefined : { cost: { requested, limit: limits.cost } };
      const extensions = await context.answerExtensions();
      return extensions === undefined ? own : { ...own, ...extensions };
    },
  };
}
