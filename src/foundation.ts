/** What there is once, however many processes serve: the database, what it must hold, and the work that comes round. */
import { type AdminKey, createAdminKey } from './admin-key.js';
import { AttributeKeys } from './attributes/keys.js';
import { foldCounts } from './changes/counts.js';
import { ensureFirstProject } from './changes/project.js';
import { pruneAuditLog } from './changes/prune-audit.js';
import type { Config } from './config.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './database/embedded/launcher.js';
import type { Database, StatementListener } from './database/query.js';
import type { Logger } from './logger.js';
import { openPool, type Pool } from './database/pool.js';
import { Frequencies } from './search/shapes/frequencies.js';

export interface Foundation {
  readonly pool: Pool;
  /** For pools of other processes. */
  readonly databaseUrl: string;
  readonly preparesStatements: boolean;
  /** The admin key, where it may be shown: one just made, or one that is kept beside the embedded database. */
  readonly adminKey: AdminKey | undefined;
  /** Ends the work that comes round, closes the pool, and stops the embedded database. */
  stop(): Promise<void>;
}

interface FoundationOptions {
  readonly logger: Logger;
  readonly poolSize: number;
  /** Connections of all processes together, which the embedded database must have room for. */
  readonly connections: number;
  readonly onStatement?: StatementListener | undefined;
  /** The embedded database is gone for good, so nothing can go on. */
  readonly onDatabaseLost?: ((reason: string) => void) | undefined;
}

/** How often the kept changes of counts are folded into sums. */
const FOLD_INTERVAL_MS = 30_000;
/** How often old entries of the audit log are deleted, beside the start. */
const PRUNE_INTERVAL_MS = 3_600_000;
const DAY_MS = 86_400_000;

export async function layFoundation(config: Config, options: FoundationOptions): Promise<Foundation> {
  const { logger } = options;
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const embedded = config.DATABASE_URL === undefined ? await startEmbedded(config, options) : undefined;
    if (embedded !== undefined) closers.push(() => embedded.stop());
    const databaseUrl = config.DATABASE_URL ?? embedded!.url;
    // Nothing stands between us and the embedded database.
    const preparesStatements = config.DATABASE_PREPARED_STATEMENTS ?? embedded !== undefined;
    const { onStatement, poolSize: size } = options;
    const pool = await openPool({ url: databaseUrl, size, preparesStatements, logger, onStatement });
    closers.push(() => pool.close());
    await pool.migrate();

    const { database } = pool;
    const project = await ensureFirstProject(database);
    const adminKey = await createAdminKey({
      database,
      projectId: project.id,
      givenSecret: config.FLEETGRAPH_ADMIN_KEY,
      keyFolder: embedded === undefined ? undefined : config.DATA_DIR,
    });
    if (project.created && config.FLEETGRAPH_DEMO) {
      const { createDemoFleet } = await import('./demo/fleet.js');
      await createDemoFleet({
        database,
        attributeKeys: new AttributeKeys(),
        frequencies: new Frequencies(),
        projectId: project.id,
        instant: new Date(),
        actor: 'demo',
      });
    }
    closers.push(startRounds(config, database, logger));
    return { pool, databaseUrl, preparesStatements, adminKey, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startEmbedded(
  config: Config,
  { logger, connections, onDatabaseLost }: FoundationOptions,
): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({
    dataDir: config.DATA_DIR,
    connections,
    logger,
    ...(config.PG_BIN_DIR !== undefined && { binDir: config.PG_BIN_DIR }),
    ...(onDatabaseLost !== undefined && { onUnexpectedExit: onDatabaseLost }),
  });
}

/** Begins the work that comes round; answers what ends it. */
function startRounds(config: Config, database: Database, logger: Logger): () => Promise<void> {
  const fold = () => {
    database
      .transaction('app.foldCounts', foldCounts)
      .catch((error: unknown) => logger.warn({ err: error }, 'counts could not be folded'));
  };
  const prune = () => {
    pruneAuditLog(database, new Date(Date.now() - config.FLEETGRAPH_AUDIT_DAYS * DAY_MS)).catch((error: unknown) =>
      logger.warn({ err: error }, 'old entries of the audit log could not be deleted'),
    );
  };
  const rounds = [setInterval(fold, FOLD_INTERVAL_MS).unref(), setInterval(prune, PRUNE_INTERVAL_MS).unref()];
  prune();
  return async () => rounds.forEach((round) => clearInterval(round));
}
