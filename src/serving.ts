/** What each process that serves has of its own: the schema, the caches, and the HTTP server. */
import { AttributeKeys } from './attributes/keys.js';
import { createApiKeyStrategy } from './auth/api-key-strategy.js';
import { createAuthenticator } from './auth/authenticate.js';
import { createDeviceClients, createDeviceTokenStrategy } from './auth/device-clients.js';
import { type JwtSettings, readJwtSettings } from './auth/jwt-settings.js';
import type { Config } from './config.js';
import type { Database } from './database/query.js';
import { sql } from './database/sql.js';
import { createContextFactory } from './graphql/context.js';
import { buildFleetSchema, isGuarded } from './graphql/schema.js';
import type { MetricsSnapshot } from './http/metrics.js';
import { serverLimits } from './http/server-limits.js';
import { createHttpServer, type HttpServer } from './http/server.js';
import type { Traces } from './http/traces.js';
import { readTrustedDocuments } from './http/trusted-documents.js';
import type { Logger } from './logger.js';
import type { Pool } from './database/pool.js';

/** What may be wrong with the settings' files is found before anything is started that would have to be stopped. */
export function readServingFiles(config: Config) {
  const trustedFile = config.FLEETGRAPH_TRUSTED_DOCUMENTS;
  return {
    jwt: readJwtSettings(config),
    trustedDocuments: trustedFile === undefined ? undefined : readTrustedDocuments(trustedFile),
  };
}

interface ServingOptions {
  readonly pool: Pool;
  readonly files: ReturnType<typeof readServingFiles>;
  readonly logger: Logger;
  readonly traces: Traces | undefined;
  /** Where others serve on the same port: the metrics of all. */
  readonly gatherMetrics?: (projectId: string) => Promise<readonly MetricsSnapshot[]>;
}

/** Listens; the database must be migrated. */
export async function startServing(
  config: Config,
  { pool, files, logger, traces, gatherMetrics }: ServingOptions,
): Promise<HttpServer> {
  const { database } = pool;
  const { jwt, trustedDocuments } = files;
  const server: HttpServer = await createHttpServer({
    schema: await buildFleetSchema(),
    host: config.HOST,
    port: config.PORT,
    publicUrl: config.PUBLIC_URL,
    logger,
    authenticate: createAuthenticator([
      createDeviceTokenStrategy(database),
      ...(await jwtStrategies(jwt, database)),
      createApiKeyStrategy({
        database,
        onTouchFault: (error) => logger.warn({ err: error }, 'the last use of a key could not be kept'),
      }),
    ]),
    deviceClients: createDeviceClients(database),
    createContext: createContextFactory({
      database,
      attributeKeys: new AttributeKeys(),
      tokenUrl: () => `${server.url}/oauth/token`,
      auditedReports: config.FLEETGRAPH_AUDIT_REPORTS,
      operationTimeoutMs: config.FLEETGRAPH_OPERATION_TIMEOUT_MS,
    }),
    isDatabaseReady: () => isReady(database),
    poolState: () => pool.state(),
    gatherMetrics,
    limits: serverLimits(config, config.WORKERS),
    plannedExecution: config.FLEETGRAPH_PLANNED_EXECUTION ? { isGuarded } : undefined,
    corsOrigins: config.FLEETGRAPH_CORS_ORIGINS,
    trustedDocuments,
    traces,
  });
  return server;
}

/** Loads what checks signatures only where an issuer is trusted. */
async function jwtStrategies(settings: JwtSettings | null, database: Database) {
  if (settings === null) return [];
  const { createJwtStrategy } = await import('./auth/jwt-strategy.js');
  return [createJwtStrategy({ database, settings })];
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
