import type { Config } from './config.js';
import type { Logger } from './logger.js';

/** Loads what makes traces only where there is an endpoint that takes them. */
export async function startTracesIfWanted(config: Config, logger: Logger) {
  const base = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  const url = config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base.replace(/\/*$/, '')}/v1/traces`);
  if (url === undefined) return undefined;
  const { startTraces } = await import('./telemetry/traces.js');
  return startTraces({ url, logger });
}
