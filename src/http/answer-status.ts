import type { HTTPGraphQLHead } from '@apollo/server';
import type { FormattedExecutionResult, GraphQLErrorExtensions } from 'graphql';
import { ERROR_CODES, type ErrorCode } from '../errors.js';

/** Seconds after which a client may try again, by code. */
const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = { UNAVAILABLE: 5, RATE_LIMITED: 1 };

/** Headers that belong to an error's code wherever it ends the whole request. `extensions` may say how long to wait. */
export function headersOf(code: ErrorCode, extensions: GraphQLErrorExtensions = {}): Readonly<Record<string, string>> {
  const seconds = RETRY_AFTER_SECONDS[code];
  const { retryAfter } = extensions;
  if (seconds !== undefined) return { 'retry-after': String(typeof retryAfter === 'number' ? retryAfter : seconds) };
  // Not Basic, though Basic is accepted: it would make browsers open their own dialogue over the playground.
  if (code === 'UNAUTHENTICATED') return { 'www-authenticate': 'Bearer realm="fleetgraph"' };
  return {};
}

/**
 * Gives an answer the status of its error where nothing was executed, or where nothing came of it because the server
 * was in no state to: a proxy or a script should see that without reading the body. Else the status is Apollo's.
 */
export function setAnswerStatus(http: HTTPGraphQLHead, { data, errors }: FormattedExecutionResult): void {
  const extensions = errors?.[0]?.extensions ?? {};
  const { code } = extensions;
  if (!isErrorCode(code)) return;
  if (data === undefined) {
    // Statuses of HTTP's own, such as 405, were set where they arose.
    if (http.status === undefined || http.status === 200 || http.status === 500) http.status = ERROR_CODES[code].status;
  } else if (data === null && RETRY_AFTER_SECONDS[code] !== undefined) {
    http.status = ERROR_CODES[code].status;
  } else {
    return;
  }
  for (const [name, value] of Object.entries(headersOf(code, extensions))) http.headers.set(name, value);
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
}
