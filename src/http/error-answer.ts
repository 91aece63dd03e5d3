import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, ERROR_CODES } from '../errors.js';
import type { ErrorFormatter } from '../graphql/format-error.js';
import { headersOf } from './answer-status.js';
import { HttpError, tooLarge } from './http-error.js';
import { chooseMediaType } from './media-type.js';
import { requestScopes, type RequestScope } from './request-scope.js';

/**
 * Answers a request that failed outside of GraphQL's execution, in GraphQL's form: clients then need one way to read
 * errors. `scope` is the request's, for its id and its log line.
 */
export function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { scope, format }: { scope: RequestScope; format: ErrorFormatter },
): FastifyReply {
  const fault = toAppError(error);
  const code = fault instanceof AppError ? fault.code : 'INTERNAL_SERVER_ERROR';
  scope.errorCode = code;
  const formatted = requestScopes.run(scope, () => format({ message: '' }, fault));
  const status = fault instanceof HttpError ? fault.status : outsideStatus(code);
  void reply
    .code(status)
    .headers({ ...headersOf(code, formatted.extensions), ...(fault instanceof HttpError ? fault.headers : {}) });
  const type = chooseMediaType(request.headers.accept) ?? 'application/json';
  // As text: Fastify would otherwise look for a serializer of its own for the type.
  return reply.type(`${type}; charset=utf-8`).send(`${JSON.stringify({ errors: [formatted] })}\n`);
}

/** Whether Fastify has refused a body by its length, before it has come. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 413;
}

/** Codes that are results of an operation have status 200; here there was none. */
function outsideStatus(code: keyof typeof ERROR_CODES): number {
  const { status } = ERROR_CODES[code];
  return status === 200 ? 400 : status;
}

/** Fastify's own errors in our vocabulary; what is not one stays as it is. */
function toAppError(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const status = 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status === 413) return tooLarge('body', 'larger than this server accepts');
  if (status === 415) {
    return new HttpError('BAD_REQUEST', 'Send a JSON body with Content-Type: application/json.', { status });
  }
  // Fastify's texts of this kind speak of the request alone: a wrong length, an address that cannot be decoded.
  if (status >= 400 && status < 500) return new HttpError('BAD_REQUEST', `${error.message}.`, { status });
  return error;
}

const CLIENT_FAULTS = new Map([
  [
    'HPE_HEADER_OVERFLOW',
    { status: '431 Request Header Fields Too Large', message: 'The address or the headers are too long.' },
  ],
  ['ERR_HTTP_REQUEST_TIMEOUT', { status: '408 Request Timeout', message: 'The request did not arrive in time.' }],
]);

/** Answers what was not even HTTP, or too long for it: there is no request object to reply to. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const fault = CLIENT_FAULTS.get(error.code ?? '');
  const { status, message } = fault ?? { status: '400 Bad Request', message: 'This is not an HTTP request.' };
  const requestId = crypto.randomUUID();
  const body = JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_REQUEST', requestId } }] });
  if (socket.writable) {
    const head = `HTTP/1.1 ${status}\r\nX-Request-Id: ${requestId}\r\nContent-Type: application/json\r\n`;
    socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
  } else {
    socket.destroy();
  }
}
