import type { App } from '../app.js';
import type { Config } from '../config.js';
import { layFoundation } from '../foundation.js';
import type { Logger } from '../logger.js';
import { startWorkers } from './workers.js';

interface ClusterOptions {
  readonly logger: Logger;
  /** The file that a worker runs. */
  readonly program: string;
  /** The database or the workers are gone for good, so the gateway cannot go on. */
  readonly onLost: (reason: string) => void;
}

/** For migrations at the start, and then for counts and the audit log now and then; idle ones are closed. */
const POOL_SIZE = 5;

/** A gateway of several processes: this one keeps the database, the others serve. */
export async function startCluster(config: Config, { logger, program, onLost }: ClusterOptions): Promise<App> {
  const foundation = await layFoundation(config, {
    logger,
    poolSize: POOL_SIZE,
    connections: POOL_SIZE + config.WORKERS * config.DATABASE_POOL_SIZE,
    onDatabaseLost: onLost,
  });
  try {
    const { databaseUrl, preparesStatements, adminKey } = foundation;
    const workers = await startWorkers({
      program,
      count: config.WORKERS,
      assignment: { port: config.PORT, databaseUrl, preparesStatements },
      logger,
      onExhausted: onLost,
    });
    return {
      url: workers.url,
      adminKey,
      async stop() {
        await workers.stop();
        await foundation.stop();
      },
    };
  } catch (fault) {
    await foundation.stop();
    throw fault;
  }
}
