import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OperationTrace, RequestScope } from './request-scope.js';

/** Who makes traces. */
export interface Traces {
  /**
   * Begins that of a request, as a part of the caller's own if he sent one (`traceparent` of W3C's Trace Context).
   * `startedAt` is on the clock of `performance`.
   */
  begin(traceparent: string | undefined, startedAt: number): RequestTrace;
}

export interface RequestTrace extends OperationTrace {
  /** `status` is undefined if the client was gone before it was answered. */
  end(scope: RequestScope, status: number | undefined): void;
}

/** Follows a request that was let in until its answer is sent, or its client gone. */
export function traceRequest(traces: Traces, { headers, scope }: FastifyRequest, reply: FastifyReply): void {
  const response = reply.raw;
  if (response.destroyed) return;
  const { traceparent } = headers;
  const requestTrace = traces.begin(
    typeof traceparent === 'string' ? traceparent : undefined,
    performance.now() - reply.elapsedTime,
  );
  scope.trace = requestTrace;
  response.once('close', () => requestTrace.end(scope, response.writableFinished ? reply.statusCode : undefined));
}
