/**
 * The vocabulary of failures. Every error that a caller may see is an AppError with one of these codes; anything else
 * is shown as INTERNAL_SERVER_ERROR with a fixed text, and its details stay in the log.
 */

/** Each code with the HTTP status it has where it ends the whole request, and what the caller can do about it. */
export const ERROR_CODES = {
  BAD_USER_INPUT: { status: 400, advice: 'Correct the value at extensions.field and send again.' },
  LIMIT_EXCEEDED: { status: 400, advice: 'Send less: split the request or simplify the filter.' },
  UNAUTHENTICATED: { status: 401, advice: 'Send a valid key as HTTP Basic or Bearer.' },
  FORBIDDEN: { status: 200, advice: 'Use a key whose role allows this.' },
  NOT_FOUND: { status: 200, advice: 'Create the object first, or correct its name.' },
  CONFLICT: { status: 200, advice: 'Look at the present state and decide again.' },
  CURSOR_MISMATCH: { status: 200, advice: 'Start again from the first page of the changed search.' },
  TOO_MANY_AFFECTED: {
    status: 200,
    advice: 'Check extensions.matchedCount; raise maxAffected if it is what you mean.',
  },
  RATE_LIMITED: { status: 429, advice: 'Wait as long as Retry-After says.' },
  TIMEOUT: { status: 504, advice: 'Narrow the search, or try again later.' },
  UNAVAILABLE: { status: 503, advice: 'Try again after the time in Retry-After.' },
  INTERNAL_SERVER_ERROR: { status: 500, advice: 'Report extensions.requestId to the operator.' },
  BAD_REQUEST: { status: 400, advice: 'Send GraphQL over HTTP: POST, application/json.' },
  GRAPHQL_PARSE_FAILED: { status: 400, advice: 'Correct the syntax of the document.' },
  GRAPHQL_VALIDATION_FAILED: { status: 400, advice: 'Correct the document to fit schema.graphql.' },
  OPERATION_RESOLUTION_FAILURE: { status: 400, advice: 'Name one operation of the document.' },
  PERSISTED_QUERY_NOT_FOUND: { status: 400, advice: 'Send the whole document.' },
} as const satisfies Record<string, { status: number; advice: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

interface AppErrorOptions {
  /** Path of the input at fault, such as `filter.and[1].attributes[0].gt`. */
  field?: string;
  /** More for `extensions`; safe to show. */
  details?: Readonly<Record<string, unknown>>;
  /** What happened underneath; logged, never shown. */
  cause?: unknown;
}

/** An error whose message was written for the caller. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.field = options.field;
    this.details = options.details ?? {};
  }
}

/** Refuses an input. The message starts with its path, so that it also helps where only messages are shown. */
export function badInput(field: string, message: string): AppError {
  return new AppError('BAD_USER_INPUT', `${field}: ${message}`, { field });
}

/** Refuses an input that is too long, too deep or too many. */
export function limitExceeded(field: string, message: string): AppError {
  return new AppError('LIMIT_EXCEEDED', `${field}: ${message}`, { field });
}

/** The end of an exhaustive branch: does not type-check while a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`unreachable case: ${JSON.stringify(value)}`);
}
