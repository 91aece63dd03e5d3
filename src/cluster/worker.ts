import type { Config } from '../config.js';
import type { MetricsSnapshot } from '../http/metrics.js';
import { statementBegins } from '../http/request-scope.js';
import type { HttpServer } from '../http/server.js';
import { createLogger } from '../logger.js';
import { openPool } from '../database/pool.js';
import { readServingFiles, startServing } from '../serving.js';
import { startTracesIfWanted } from '../wanted-traces.js';
import type { Assignment, FromPrimary, FromWorker } from './messages.js';
import { Questions } from './questions.js';

/** A primary that stops waits for less; this is for whoever tells a worker alone to end. */
const STOP_WITHIN_MS = 9_500;

/** Serves what the primary process tells it to, until that tells it to stop, or is gone. */
export async function runWorker(config: Config): Promise<void> {
  // Ctrl-C reaches all processes of a terminal; the primary says when to stop.
  process.on('SIGINT', () => undefined);
  const metricsOfAll = new Questions<readonly MetricsSnapshot[]>();
  let server: HttpServer | undefined;
  let stop = async () => {};
  let isEnding = false;
  const end = () => {
    if (isEnding) return;
    isEnding = true;
    setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
    void stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', end);

  const assignment = await new Promise<Assignment>((resolve) => {
    process.on('message', (message: FromPrimary) => {
      switch (message.kind) {
        case 'serve':
          return resolve(message.assignment);
        case 'stop':
          return end();
        case 'tellMetrics':
          void server?.metricsOf(message.projectId).then((snapshot) => {
            tell({ kind: 'ownMetrics', question: message.question, snapshot });
          });
          return;
        case 'metricsOfAll':
          metricsOfAll.answer(message.question, message.snapshots);
      }
    });
    tell({ kind: 'awake' });
  });

  const logger = createLogger(config.LOG_LEVEL).child({ worker: assignment.number });
  try {
    const files = readServingFiles(config);
    const traces = await startTracesIfWanted(config, logger);
    const pool = await openPool({
      url: assignment.databaseUrl,
      size: config.DATABASE_POOL_SIZE,
      preparesStatements: assignment.preparesStatements,
      logger,
      onStatement: (name) => statementBegins(name),
    });
    const serving = await startServing(
      { ...config, PORT: assignment.port },
      {
        pool,
        files,
        logger,
        traces,
        gatherMetrics: (projectId) => metricsOfAll.ask((question) => tell({ kind: 'askMetrics', question, projectId })),
      },
    );
    server = serving;
    stop = async () => {
      await serving.stop();
      await pool.close();
      await traces?.stop();
    };
    tell({ kind: 'ready', url: serving.url });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    // Ended when it is told, as it is lost otherwise.
    process.send?.({ kind: 'failed', message, code } satisfies FromWorker, () => process.exit(1));
  }
}

function tell(message: FromWorker): void {
  process.send?.(message);
}
