import { GraphQLError, Kind, type GraphQLFormattedError } from 'graphql';
import { AppError, ERROR_CODES, type ErrorCode } from '../errors.js';
import type { Logger } from '../logger.js';
import { shorten } from '../model/text.js';

/** What a caller is told of one failure. */
interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly field?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Echoed values can be as long as the request; a message is for reading. */
const LONGEST_MESSAGE = 1_000;
const LONGEST_FIELD = 300;

const UNFORESEEN: Failure = {
  code: 'INTERNAL_SERVER_ERROR',
  message: 'Something went wrong in the server. Its operator finds the details in the log under this requestId.',
};

/** Codes that graphql-js and Apollo give to requests which never became an operation; their messages are written for callers. */
const TRANSPORT_CODES: ReadonlySet<unknown> = new Set<ErrorCode>([
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
]);

interface FormatterOptions {
  readonly logger: Logger;
  /** Id of the request that is being answered. */
  readonly requestId: () => string;
}

export type ErrorFormatter = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/**
 * Turns whatever was thrown into what the caller sees: a code of the vocabulary, a message written for the caller, the
 * request's id, and the path of the input at fault if one is known. Everything unforeseen becomes one fixed text, and
 * its details go to the log.
 */
export function createErrorFormatter({ logger, requestId }: FormatterOptions): ErrorFormatter {
  return ({ locations, path }, error) => {
    const failure = toFailure(error);
    const id = requestId();
    logFailure(logger, failure, error, id);
    return {
      message: shorten(failure.message, LONGEST_MESSAGE),
      ...(locations && { locations }),
      ...(path && { path }),
      extensions: {
        ...failure.details,
        code: failure.code,
        requestId: id,
        ...(failure.field !== undefined && { field: shorten(failure.field, LONGEST_FIELD) }),
      },
    };
  };
}

function toFailure(error: unknown): Failure {
  const variable = variableFailure(error);
  if (variable !== undefined) return variable;
  const appError = originOf(error, AppError);
  if (appError !== undefined) return appError;
  if (!(error instanceof GraphQLError)) return UNFORESEEN;
  const { code } = error.extensions;
  if (TRANSPORT_CODES.has(code)) return transportFailure(error, code as ErrorCode);
  return argumentFailure(error) ?? accessFailure(error) ?? refusedRequest(error) ?? UNFORESEEN;
}

/** The error itself or one that it wraps. */
function originOf<E extends Error>(error: unknown, kind: abstract new (...args: never[]) => E): E | undefined {
  for (
    let cause = error;
    cause instanceof Error;
    cause = cause instanceof GraphQLError ? cause.originalError : undefined
  ) {
    if (cause instanceof kind) return cause;
  }
  return undefined;
}

/**
 * A variable that does not fit its type. graphql-js says where only in its message:
 * `Variable "$filter" got invalid value {...} at "filter.attributes[0]"; Field "foo" is not defined by type ...`.
 */
function variableFailure(error: unknown): Failure | undefined {
  // Validation speaks of the definition of a variable in the same words.
  if (!(error instanceof GraphQLError) || error.extensions.code === 'GRAPHQL_VALIDATION_FAILED') return undefined;
  const node = error.nodes?.[0];
  if (node?.kind !== Kind.VARIABLE_DEFINITION || !error.message.startsWith('Variable "$')) return undefined;
  const name = node.variable.name.value;
  const origin = originOf(error, AppError);
  const reason = reasonOf(error);
  if (reason === undefined) {
    // `Variable "$x" of required type "T!" was not provided.`
    return { code: 'BAD_USER_INPUT', message: error.message, field: name };
  }
  const place = error.message.slice(0, -reason.length - '; '.length);
  const path = / at "([\w.[\]]+)"$/.exec(place)?.[1] ?? name;
  if (origin !== undefined) return { code: origin.code, message: `${path}: ${origin.message}`, field: path };
  // An unknown or a missing field is named by the reason, which then completes the path.
  const member = /^Field "(\w+)" (?:is not defined|of required type)/.exec(reason)?.[1];
  const field = member === undefined ? path : `${path}.${member}`;
  return { code: 'BAD_USER_INPUT', message: `${field}: ${reason}`, field };
}

/** The part of the message that says what is wrong, without the echoed value before it. */
function reasonOf(error: GraphQLError): string | undefined {
  for (
    let cause = error.originalError;
    cause;
    cause = cause instanceof GraphQLError ? cause.originalError : undefined
  ) {
    if (cause.message !== error.message && error.message.endsWith(`; ${cause.message}`)) return cause.message;
  }
  return undefined;
}

function transportFailure(error: GraphQLError, code: ErrorCode): Failure {
  // The parser recurses; running out of stack is the document's fault, and says so in our words.
  if (originOf(error, RangeError)) return { code, message: 'Syntax Error: the document is nested too deeply.' };
  const { field } = error.extensions;
  return { code, message: error.message, field: typeof field === 'string' ? field : undefined };
}

/** Arguments that graphql-js or type-graphql refuse while executing. */
function argumentFailure(error: GraphQLError): Failure | undefined {
  const argument = /^Argument "(\w+)" /.exec(error.message)?.[1];
  if (argument !== undefined && error.extensions.code === undefined) {
    return { code: 'BAD_USER_INPUT', message: error.message, field: argument };
  }
  // Its list holds whole input objects, so only names and reasons are taken from it.
  const faults = error.extensions.validationErrors;
  if (error.extensions.code !== 'BAD_USER_INPUT' || !Array.isArray(faults)) return undefined;
  const { field, reason } = firstConstraint(faults, '');
  return { code: 'BAD_USER_INPUT', message: field ? `${field}: ${reason}` : reason, field: field || undefined };
}

interface ConstraintFault {
  readonly property?: unknown;
  readonly constraints?: Readonly<Record<string, unknown>>;
  readonly children?: readonly ConstraintFault[];
}

function firstConstraint(faults: readonly ConstraintFault[], path: string): { field: string; reason: string } {
  const [fault] = faults;
  if (fault === undefined) return { field: path, reason: 'an argument is not valid' };
  const name = String(fault.property);
  const field = /^\d+$/.test(name) ? `${path}[${name}]` : path ? `${path}.${name}` : name;
  const [reason] = Object.values(fault.constraints ?? {});
  if (typeof reason === 'string') return { field, reason };
  return firstConstraint(fault.children ?? [], field);
}

function accessFailure(error: GraphQLError): Failure | undefined {
  switch (error.extensions.code) {
    case 'UNAUTHENTICATED':
      return { code: 'UNAUTHENTICATED', message: 'A valid key is needed.' };
    case 'UNAUTHORIZED':
      return { code: 'FORBIDDEN', message: 'The role of this key does not allow that.' };
    default:
      return undefined;
  }
}

/** What Apollo refuses with a status of its own but without a code of ours, such as a wrong hash of a persisted query. */
function refusedRequest(error: GraphQLError): Failure | undefined {
  const { http } = error.extensions;
  const status = typeof http === 'object' && http !== null && 'status' in http ? Number(http.status) : 500;
  return status >= 400 && status < 500 ? { code: 'BAD_REQUEST', message: error.message } : undefined;
}

function logFailure(logger: Logger, { code }: Failure, error: unknown, requestId: string): void {
  const { status } = ERROR_CODES[code];
  if (status < 500) return;
  const level = code === 'INTERNAL_SERVER_ERROR' ? 'error' : 'warn';
  logger[level]({ requestId, code, fault: describeFault(error) }, 'an operation failed');
}

/**
 * An error and what caused it, for the log. Only these members: errors of the database also carry values and
 * statements, which may hold what must not be logged.
 */
function describeFault(error: unknown, remaining = 5): unknown {
  if (!(error instanceof Error)) return String(error);
  const cause = (error instanceof GraphQLError ? error.originalError : undefined) ?? error.cause;
  return {
    name: error.name,
    message: shorten(error.message, LONGEST_MESSAGE),
    ...('code' in error && { code: error.code }),
    ...(error instanceof GraphQLError && error.path && { path: error.path.join('.') }),
    stack: error.stack,
    ...(cause !== undefined && remaining > 0 && { cause: describeFault(cause, remaining - 1) }),
  };
}
