import { createDataSource } from './data-source.js';
import { migrate } from './migrate.js';
import { poolStateOf } from './pool-state.js';
import { Database, type StatementListener } from './query.js';
import type { Logger } from '../logger.js';

interface PoolOptions {
  readonly url: string;
  /** Most connections at once. */
  readonly size: number;
  /** Whether look-ups are prepared: not behind a pooler that shares connections. */
  readonly preparesStatements: boolean;
  readonly logger: Logger;
  readonly onStatement?: StatementListener | undefined;
}

/** The connections of this process to the database, and what runs statements on them. */
export interface Pool {
  readonly database: Database;
  /** Brings the schema up to date. */
  migrate(): Promise<void>;
  state(): object;
  close(): Promise<void>;
}

export async function openPool({ url, size, preparesStatements, logger, onStatement }: PoolOptions): Promise<Pool> {
  const dataSource = createDataSource({
    url,
    poolSize: size,
    // The driver hangs the connection on its error, with all that it is known by to the server.
    onConnectionError: (error) =>
      logger.warn(
        { message: error instanceof Error ? error.message : String(error) },
        'an idle database connection broke',
      ),
  });
  await dataSource.initialize();
  return {
    database: new Database(dataSource, { preparesStatements, ...(onStatement !== undefined && { onStatement }) }),
    migrate: () => migrate(dataSource),
    state: () => poolStateOf(dataSource),
    close: () => dataSource.destroy(),
  };
}
