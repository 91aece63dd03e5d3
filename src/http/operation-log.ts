import type { ApolloServerPlugin, BaseContext } from '@apollo/server';
import type { Logger } from '../logger.js';
import { requestScopes, type RequestScope } from './request-scope.js';

const LONGEST_NAME = 200;

/** Notes the operation's name and type and the code of its first error in the scope of the request. */
export function operationNotes(): ApolloServerPlugin<BaseContext> {
  return {
    async requestDidStart() {
      const scope = requestScopes.getStore();
      if (scope === undefined) return;
      return {
        async didResolveOperation({ operation, operationName }) {
          scope.isOperation = true;
          if (operation !== undefined) scope.operationType = operation.operation;
          if (operationName) scope.operationName = operationName.slice(0, LONGEST_NAME);
        },
        async willSendResponse({ response }) {
          if (response.body.kind !== 'single') return;
          const code = response.body.singleResult.errors?.[0]?.extensions?.code;
          if (typeof code === 'string') scope.errorCode = code;
        },
      };
    },
  };
}

/**
 * One line for each request to the endpoint, whether it came as far as an operation or not. Never the document, the
 * variables or the credential.
 */
export function logOperation(logger: Logger, scope: RequestScope, status: number, durationMs: number): void {
  logger.info(
    {
      requestId: scope.requestId,
      operation: scope.operationName ?? null,
      principal: scope.viewerName ?? null,
      status,
      durationMs: Math.round(durationMs * 10) / 10,
      statements: scope.statementCount ?? 0,
      ...(scope.errorCode !== undefined && { code: scope.errorCode }),
    },
    'operation',
  );
}
