/**
 * Spans of operations and their statements, sent to an OTLP endpoint. Loaded only where there is one: whoever has none
 * pays nothing for it.
 */
import {
  diag,
  DiagLogLevel,
  type Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { ERROR_CODES } from '../errors.js';
import type { RequestScope, StatementEnd } from '../http/request-scope.js';
import type { RequestTrace, Traces } from '../http/traces.js';
import type { Logger } from '../logger.js';
import { ReportingExporter } from './reporting-exporter.js';

interface TracesOptions {
  /** Address to which spans are posted. */
  readonly url: string;
  readonly logger: Logger;
}

/** Above what a reachable endpoint takes for the last spans; whoever stops the server waits no longer for one that is not. */
const FLUSH_MS = 2_000;

/**
 * Starts to make spans. Sampling, batches, headers, certificates and names of the service are the library's own
 * settings (`OTEL_*`), which it reads from the environment.
 */
export function startTraces({ url, logger }: TracesOptions): Traces & { stop(): Promise<void> } {
  // What it says of settings that it does not understand. Of failures while it runs it would tell each time.
  const warn = (message: string) => logger.warn(message);
  const silent = () => undefined;
  diag.setLogger({ error: warn, warn, info: silent, debug: silent, verbose: silent }, DiagLogLevel.WARN);
  setGlobalErrorHandler(silent);
  const exporter = new ReportingExporter(new OTLPTraceExporter({ url }), logger);
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'fleetgraph' }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  diag.disable();

  const tracer = provider.getTracer('fleetgraph');
  const propagator = new W3CTraceContextPropagator();
  return {
    begin(traceparent, startedAt) {
      // Not `tracestate`, which is free text of the caller's.
      const parent = propagator.extract(ROOT_CONTEXT, { traceparent }, defaultTextMapGetter);
      const span = tracer.startSpan('GraphQL Operation', { kind: SpanKind.SERVER, startTime: startedAt }, parent);
      return traceOf(tracer, span, trace.setSpan(parent, span));
    },
    async stop() {
      const patience = new Promise<void>((resolve) => setTimeout(resolve, FLUSH_MS).unref());
      // Why it failed the exporter has said.
      await Promise.race([provider.shutdown().catch(silent), patience]);
    },
  };
}

/** Names of attributes are those of OpenTelemetry's semantic conventions; what has none there begins with `fleetgraph`. */
function traceOf(tracer: Tracer, operation: Span, context: Context): RequestTrace {
  return {
    statementBegins(name): StatementEnd {
      const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': name };
      const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, context);
      return (fault) => {
        if (fault !== undefined) setFault(span, kindOf(fault));
        span.end();
      };
    },

    end({ operationName, operationType, errorCode, requestId }: RequestScope, status) {
      // By the conventions the name is the type alone: callers choose the operation's own, as many as they like.
      if (operationType !== undefined) operation.updateName(operationType);
      operation.setAttributes({
        'graphql.operation.type': operationType,
        'graphql.operation.name': operationName,
        'http.response.status_code': status,
        'fleetgraph.request.id': requestId,
      });
      if (errorCode !== undefined) {
        // What callers did wrong is no fault of the server's.
        if (isServerFault(errorCode)) setFault(operation, errorCode);
        else operation.setAttribute('error.type', errorCode);
      }
      operation.end(performance.now());
    },
  };
}

function isServerFault(code: string): boolean {
  return Object.entries(ERROR_CODES).some(([name, { status }]) => name === code && status >= 500);
}

/** Never the message of a fault: the database's repeat values. */
function setFault(span: Span, kind: string): void {
  span.setAttribute('error.type', kind).setStatus({ code: SpanStatusCode.ERROR });
}

/** Postgres's code, that of a broken connection or our own, else the class. */
function kindOf(fault: unknown): string {
  if (!(fault instanceof Error)) return '_OTHER';
  return 'code' in fault && typeof fault.code === 'string' ? fault.code : fault.name;
}
