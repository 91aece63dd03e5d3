// First: it lets the imports below find their files.
import './support/typescript.cjs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { createDataSource } from '../src/database/data-source.js';
import { isRunning } from '../src/database/embedded/files.js';
import { startEmbeddedPostgres } from '../src/database/embedded/launcher.js';
import { createLogger } from '../src/logger.js';

declare global {
  /** Ends what this run has started; for the teardown, which runs in the same process. */
  // oxlint-disable-next-line no-var
  var endTestRun: (() => Promise<void>) | undefined;
}

const FOLDER_PREFIX = 'fleetgraph-test-';
const DATABASE_PREFIX = 'fleetgraph_test_';
/** First key of the advisory lock that each run holds, with its number as the second. */
const RUN_LOCK = 7_316_200;

/**
 * One migrated template database for the whole run, on a server of its own or on that of TEST_DATABASE_URL. Workers
 * inherit TEST_SERVER_URL and TEST_TEMPLATE, from which `createTestDatabase` makes its clones.
 *
 * A default export because Jest wants one.
 */
export default async function globalSetup(): Promise<void> {
  const stops: (() => Promise<unknown>)[] = [];
  globalThis.endTestRun = async () => {
    for (const stop of stops.toReversed()) await stop();
  };
  try {
    const serverUrl = process.env['TEST_DATABASE_URL'] || (await startTestServer(stops));
    await createTemplate(serverUrl, stops);
  } catch (fault) {
    await globalThis.endTestRun();
    throw fault;
  }
}

async function startTestServer(stops: (() => Promise<unknown>)[]): Promise<string> {
  await removeOldFolders();
  const folder = await mkdtemp(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  const server = await startEmbeddedPostgres({
    dataDir: folder,
    binDir: process.env['PG_BIN_DIR'],
    volatile: true,
    logger: createLogger('warn'),
  });
  stops.push(() => server.stop());
  return server.url;
}

/** Of runs that were killed; their servers have ended with them. */
async function removeOldFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, pid] = new RegExp(`^${FOLDER_PREFIX}(\\d+)-`).exec(name) ?? [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    // Somebody else's may not be ours to remove.
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

async function createTemplate(serverUrl: string, stops: (() => Promise<unknown>)[]): Promise<void> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  stops.push(() => client.end());

  const run = Math.floor(Math.random() * 2 ** 31);
  await client.query('select pg_advisory_lock($1, $2)', [RUN_LOCK, run]);
  await dropOldDatabases(client);
  stops.push(() => dropDatabasesOfRun(client, run));

  const template = `${DATABASE_PREFIX}${run}_template`;
  // From template0, so that additions to a server's template1 do not matter, nor its encoding.
  await client.query(`create database ${template} template template0 encoding 'UTF8'`);
  const url = new URL(serverUrl);
  url.pathname = template;
  const dataSource = createDataSource({ url: url.href, poolSize: 2 });
  await dataSource.initialize();
  try {
    await dataSource.runMigrations();
  } finally {
    await dataSource.destroy();
  }
  process.env['TEST_SERVER_URL'] = serverUrl;
  process.env['TEST_TEMPLATE'] = template;
}

/** Databases of runs whose lock is free, which means that they were killed. Others may be at work on this server now. */
async function dropOldDatabases(client: Client): Promise<void> {
  const { rows } = await client.query<{ run: string }>(
    `select distinct substring(datname from '^${DATABASE_PREFIX}(\\d+)_') as run from pg_database
      where datname ~ '^${DATABASE_PREFIX}\\d+_'`,
  );
  for (const { run } of rows) {
    const lock = [RUN_LOCK, run];
    const held = await client.query<{ free: boolean }>('select pg_try_advisory_lock($1, $2) as free', lock);
    if (held.rows[0]?.free !== true) continue;
    await dropDatabasesOfRun(client, Number(run));
    await client.query('select pg_advisory_unlock($1, $2)', lock);
  }
}

async function dropDatabasesOfRun(client: Client, run: number): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select datname as name from pg_database where datname ~ '^${DATABASE_PREFIX}${run}_'`,
  );
  for (const { name } of rows) await client.query(`drop database if exists ${name} with (force)`);
}
