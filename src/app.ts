/** The composition root: everything live is built here, from the configuration down to the listening server. */
import { type AdminKey, createAdminKey } from './admin-key.js';
import { AttributeKeys } from './attributes/keys.js';
import { createApiKeyStrategy } from './auth/api-key-strategy.js';
import { createAuthenticator } from './auth/authenticate.js';
import { createDeviceClients, createDeviceTokenStrategy } from './auth/device-clients.js';
import { readJwtSettings } from './auth/jwt-settings.js';
import { createJwtStrategy } from './auth/jwt-strategy.js';
import { foldCounts } from './changes/counts.js';
import { pruneAuditLog } from './changes/prune-audit.js';
import { ensureFirstProject } from './changes/project.js';
import type { Config } from './config.js';
import { createDataSource } from './database/data-source.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './database/embedded/launcher.js';
import { migrate } from './database/migrate.js';
import { poolStateOf } from './database/pool-state.js';
import { Database, type StatementListener } from './database/query.js';
import { sql } from './database/sql.js';
import { createDemoFleet } from './demo/fleet.js';
import { createContextFactory } from './graphql/context.js';
import { buildFleetSchema, isGuarded } from './graphql/schema.js';
import { statementBegins } from './http/request-scope.js';
import { serverLimits } from './http/server-limits.js';
import { createHttpServer, type HttpServer } from './http/server.js';
import { readTrustedDocuments } from './http/trusted-documents.js';
import { createLogger, type Logger } from './logger.js';
import { Frequencies } from './search/shapes/frequencies.js';

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

/** How often the kept changes of counts are folded into sums. */
const FOLD_INTERVAL_MS = 30_000;
/** How often old entries of the audit log are deleted, beside the start. */
const PRUNE_INTERVAL_MS = 3_600_000;
const DAY_MS = 86_400_000;

export async function startApp(config: Config, options: AppOptions = {}): Promise<App> {
  const logger = options.logger ?? createLogger(config.LOG_LEVEL);
  // Before anything is started that would have to be stopped.
  const jwt = readJwtSettings(config);
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const traces = await startTracesIfWanted(config, logger);
    // Stopped last: what is kept in the database matters more.
    if (traces !== undefined) closers.push(() => traces.stop());
    const trustedFile = config.FLEETGRAPH_TRUSTED_DOCUMENTS;
    const trustedDocuments = trustedFile === undefined ? undefined : readTrustedDocuments(trustedFile);
    const embedded = config.DATABASE_URL === undefined ? await startEmbedded(config, logger, options) : undefined;
    if (embedded !== undefined) closers.push(() => embedded.stop());
    const dataSource = createDataSource({
      url: config.DATABASE_URL ?? embedded!.url,
      poolSize: config.DATABASE_POOL_SIZE,
      onConnectionError: (error) => logger.warn({ err: error }, 'an idle database connection broke'),
    });
    await dataSource.initialize();
    closers.push(() => dataSource.destroy());
    await migrate(dataSource);
    const database = new Database(dataSource, {
      onStatement(name, text) {
        options.onStatement?.(name, text);
        return statementBegins(name);
      },
      // Nothing stands between us and the embedded database.
      preparesStatements: config.DATABASE_PREPARED_STATEMENTS ?? embedded !== undefined,
    });
    const attributeKeys = new AttributeKeys();

    const project = await ensureFirstProject(database);
    const adminKey = await createAdminKey({
      database,
      projectId: project.id,
      givenSecret: config.FLEETGRAPH_ADMIN_KEY,
      keyFolder: embedded === undefined ? undefined : config.DATA_DIR,
    });
    if (project.created && config.FLEETGRAPH_DEMO) {
      await createDemoFleet({
        database,
        attributeKeys,
        frequencies: new Frequencies(),
        projectId: project.id,
        instant: new Date(),
        actor: 'demo',
      });
    }

    const folding = setInterval(() => {
      database
        .transaction('app.foldCounts', foldCounts)
        .catch((error: unknown) => logger.warn({ err: error }, 'counts could not be folded'));
    }, FOLD_INTERVAL_MS).unref();
    closers.push(async () => clearInterval(folding));

    const prune = () => {
      pruneAuditLog(database, new Date(Date.now() - config.FLEETGRAPH_AUDIT_DAYS * DAY_MS)).catch((error: unknown) =>
        logger.warn({ err: error }, 'old entries of the audit log could not be deleted'),
      );
    };
    prune();
    const pruning = setInterval(prune, PRUNE_INTERVAL_MS).unref();
    closers.push(async () => clearInterval(pruning));

    const server: HttpServer = await createHttpServer({
      schema: await buildFleetSchema(),
      host: config.HOST,
      port: config.PORT,
      publicUrl: config.PUBLIC_URL,
      logger,
      authenticate: createAuthenticator([
        createDeviceTokenStrategy(database),
        ...(jwt === null ? [] : [createJwtStrategy({ database, settings: jwt })]),
        createApiKeyStrategy({
          database,
          onTouchFault: (error) => logger.warn({ err: error }, 'the last use of a key could not be kept'),
        }),
      ]),
      deviceClients: createDeviceClients(database),
      createContext: createContextFactory({
        database,
        attributeKeys,
        tokenUrl: () => `${server.url}/oauth/token`,
        auditedReports: config.FLEETGRAPH_AUDIT_REPORTS,
        operationTimeoutMs: config.FLEETGRAPH_OPERATION_TIMEOUT_MS,
      }),
      isDatabaseReady: () => isReady(database),
      poolState: () => poolStateOf(dataSource),
      limits: serverLimits(config),
      plannedExecution: config.FLEETGRAPH_PLANNED_EXECUTION ? { isGuarded } : undefined,
      corsOrigins: config.FLEETGRAPH_CORS_ORIGINS,
      trustedDocuments,
      traces,
    });
    closers.push(() => server.stop());
    return { url: server.url, adminKey, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Loads what makes traces only where there is an endpoint that takes them. */
async function startTracesIfWanted(config: Config, logger: Logger) {
  const base = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  const url = config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base.replace(/\/*$/, '')}/v1/traces`);
  if (url === undefined) return undefined;
  const { startTraces } = await import('./telemetry/traces.js');
  return startTraces({ url, logger });
}

function startEmbedded(config: Config, logger: Logger, { onDatabaseLost }: AppOptions): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({
    dataDir: config.DATA_DIR,
    logger,
    ...(config.PG_BIN_DIR !== undefined && { binDir: config.PG_BIN_DIR }),
    ...(onDatabaseLost !== undefined && { onUnexpectedExit: onDatabaseLost }),
  });
}

/** Whether the database answers within two seconds; a frozen one would never. */
async function isReady(database: Database): Promise<boolean> {
  const patience = new Promise<false>((resolve) => {
    setTimeout(() => resolve(false), 2_000).unref();
  });
  const answer = database.rows('app.isReady', sql`select 1`).then(
    () => true,
    () => false,
  );
  return Promise.race([answer, patience]);
}
