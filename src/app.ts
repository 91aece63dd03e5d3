/** The composition root of a gateway in one process: from the configuration down to the listening server. */
import type { AdminKey } from './admin-key.js';
import type { Config } from './config.js';
import type { StatementListener } from './database/query.js';
import { layFoundation } from './foundation.js';
import { statementBegins } from './http/request-scope.js';
import { createLogger, type Logger } from './logger.js';
import { readServingFiles, startServing } from './serving.js';
import { startTracesIfWanted } from './wanted-traces.js';

export interface App {
  /** Address of the server, without a slash at its end; the endpoint is `${url}/graphql`. */
  readonly url: string;
  /** The admin key, where it may be shown: one just made, or one that is kept beside the embedded database. */
  readonly adminKey: AdminKey | undefined;
  /** Takes no new work, lets requests in flight finish, closes the database. */
  stop(): Promise<void>;
}

interface AppOptions {
  readonly logger?: Logger;
  /** Told of every statement; the tests count them. */
  readonly onStatement?: StatementListener;
  /** The embedded database is gone for good, so the server cannot go on. */
  readonly onDatabaseLost?: (reason: string) => void;
}

export async function startApp(config: Config, options: AppOptions = {}): Promise<App> {
  const logger = options.logger ?? createLogger(config.LOG_LEVEL);
  const files = readServingFiles(config);
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const traces = await startTracesIfWanted(config, logger);
    // Stopped last: what is kept in the database matters more.
    if (traces !== undefined) closers.push(() => traces.stop());
    const foundation = await layFoundation(config, {
      logger,
      poolSize: config.DATABASE_POOL_SIZE,
      connections: config.DATABASE_POOL_SIZE,
      onStatement(name, text) {
        options.onStatement?.(name, text);
        return statementBegins(name);
      },
      onDatabaseLost: options.onDatabaseLost,
    });
    closers.push(() => foundation.stop());
    const server = await startServing(config, { pool: foundation.pool, files, logger, traces });
    closers.push(() => server.stop());
    return { url: server.url, adminKey: foundation.adminKey, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
