import type { ApolloServerPlugin, BaseContext } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import { limitExceeded } from '../errors.js';
import { costOf, type OperationLimits } from '../graphql/cost.js';
import type { Allowances } from './allowances.js';
import { requestScopes } from './request-scope.js';

/**
 * Reckons what an operation costs before it is executed, refuses one over the limit, takes its points from those of the
 * credential, and says them in `extensions.cost`.
 */
export function operationCost(
  schema: GraphQLSchema,
  limits: OperationLimits,
  allowances: Allowances,
): ApolloServerPlugin<BaseContext> {
  return {
    async requestDidStart() {
      let cost: number | undefined;
      return {
        async didResolveOperation({ document, operation, request }) {
          // An unknown operationName is refused a step later.
          if (operation === undefined) return;
          cost = costOf(schema, { document, operation, variables: request.variables ?? {} }, limits);
          if (cost > limits.cost) {
            throw limitExceeded(
              'query',
              `costs ${cost} points, at most ${limits.cost}; ask for smaller pages or less of each`,
            );
          }
          const { credential, place } = requestScopes.getStore() ?? {};
          if (credential !== undefined) allowances.charge(credential, cost);
          await place?.enter(cost);
        },
        async willSendResponse({ response }) {
          if (cost === undefined || response.body.kind !== 'single') return;
          const { singleResult } = response.body;
          singleResult.extensions = { ...singleResult.extensions, cost: { requested: cost, limit: limits.cost } };
        },
      };
    },
  };
}
