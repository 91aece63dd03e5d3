import { AsyncLocalStorage } from 'node:async_hooks';
import type { Place } from './allowances.js';

/** What is known of the request that is being answered; filled as it proceeds, read by its log line. */
export interface RequestScope {
  readonly requestId: string;
  viewerName?: string;
  /** Stands for the credential where allowances are kept; not the secret itself. */
  credential?: string;
  /** The request's place among those of the credential. */
  place?: Place;
  /** Its operation is worked on, whether the client is still there or not. */
  isBegun?: boolean;
  operationName?: string;
  /** The request came as far as an operation of a valid document. */
  isOperation?: boolean;
  /** SQL statements so far, without those that check the credential. */
  statementCount?: number;
  /** Code of the first error of the answer. */
  errorCode?: string;
}

/**
 * The scope of the request at hand, for those that are called without one: the formatter of errors runs for faults that
 * have no context yet, such as a body of the wrong shape.
 */
export const requestScopes = new AsyncLocalStorage<RequestScope>();

/** To be called for each SQL statement, by whomever it is made. */
export function countStatement(): void {
  const scope = requestScopes.getStore();
  if (scope !== undefined) scope.statementCount = (scope.statementCount ?? 0) + 1;
}

const SANE_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** The caller's own id, so that both sides' logs can be joined, unless it could disturb a log. */
export function chooseRequestId(proposed: string | string[] | undefined): string {
  return typeof proposed === 'string' && SANE_ID.test(proposed) ? proposed : crypto.randomUUID();
}
