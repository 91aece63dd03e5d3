import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Logger } from '../logger.js';

/** Says when spans stop to arrive and when they arrive again, each once: an endpoint may be away for days. */
export class ReportingExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #logger: Logger;
  #isFailing = false;

  constructor(exporter: SpanExporter, logger: Logger) {
    this.#exporter = exporter;
    this.#logger = logger;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, (result) => {
      this.#report(result);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  #report({ code, error }: ExportResult): void {
    const isFailing = code !== ExportResultCode.SUCCESS;
    if (isFailing && !this.#isFailing) {
      // Not the whole error, which holds what the endpoint answered.
      this.#logger.warn({ reason: error?.message }, 'traces cannot be sent; this is said once');
    }
    if (!isFailing && this.#isFailing) this.#logger.info('traces are sent again');
    this.#isFailing = isFailing;
  }
}
