import { AsyncLocalStorage } from 'node:async_hooks';
import type { ExecutionResult } from 'graphql';
import type { Place } from './allowances.js';

/** To be called when a statement has ended, with its fault if it failed. */
export type StatementEnd = (fault?: unknown) => void;

/** Follows what an operation does. */
export interface OperationTrace {
  /** `name` is the statement's own, not its text. */
  statementBegins(name: string): StatementEnd;
}

/** An operation that was admitted and is executed, by whoever did so before Apollo was asked to answer it. */
interface BegunOperation {
  readonly cost: number;
  readonly contextValue: unknown;
  readonly result: Promise<ExecutionResult>;
}

/** What is known of the request that is being answered; filled as it proceeds, read by its log line. */
export interface RequestScope {
  readonly requestId: string;
  viewerName?: string;
  /** Of the credential. */
  projectId?: string;
  /** Stands for the credential where allowances are kept; not the secret itself. */
  credential?: string;
  /** The request's place among those of the credential. */
  place?: Place;
  /** Its operation is worked on, whether the client is still there or not. */
  isBegun?: boolean;
  /** Absent unless it went the short way of known operations. */
  begun?: BegunOperation;
  operationName?: string;
  /** `query` or `mutation`. */
  operationType?: string;
  /** The request came as far as an operation of a valid document. */
  isOperation?: boolean;
  /** SQL statements so far, without those that check the credential. */
  statementCount?: number;
  /** Code of the first error of the answer. */
  errorCode?: string;
  /** Absent if no traces are wanted. */
  trace?: OperationTrace;
}

/**
 * The scope of the request at hand, for those that are called without one: the formatter of errors runs for faults that
 * have no context yet, such as a body of the wrong shape.
 */
export const requestScopes = new AsyncLocalStorage<RequestScope>();

/** To be called for each SQL statement, by whomever it is made. Who gets an answer has to call it at the statement's end. */
export function statementBegins(name: string): StatementEnd | undefined {
  const scope = requestScopes.getStore();
  if (scope === undefined) return undefined;
  scope.statementCount = (scope.statementCount ?? 0) + 1;
  return scope.trace?.statementBegins(name);
}

const SANE_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** The caller's own id, so that both sides' logs can be joined, unless it could disturb a log. */
export function chooseRequestId(proposed: string | string[] | undefined): string {
  return typeof proposed === 'string' && SANE_ID.test(proposed) ? proposed : crypto.randomUUID();
}
