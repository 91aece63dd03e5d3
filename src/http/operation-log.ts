import type { OperationDefinitionNode } from 'graphql';
import type { Logger } from '../logger.js';
import type { RequestScope } from './request-scope.js';

const LONGEST_NAME = 200;

/** Notes that the request came as far as an operation of a valid document; undefined if the one that it names is not there. */
export function noteOperation(scope: RequestScope | undefined, operation: OperationDefinitionNode | undefined): void {
  if (scope === undefined) return;
  scope.isOperation = true;
  if (operation === undefined) return;
  scope.operationType = operation.operation;
  if (operation.name !== undefined) scope.operationName = operation.name.value.slice(0, LONGEST_NAME);
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
