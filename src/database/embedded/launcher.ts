import { Client } from 'pg';
import type { Logger } from '../../logger.js';
import { type Account, chooseAccount } from './account.js';
import { type Binaries, findBinaries } from './binaries.js';
import { ensureCluster, SUPERUSER } from './cluster.js';
import { type Layout, openDataDir, openLog, readLogEnd, readPassword } from './files.js';
import { findFreePort } from './free-port.js';
import { findLiveServer, isServerOf, readLockFile } from './lock-file.js';
import { serverSettings } from './settings.js';
import { startGuarded } from './watchdog.js';

interface EmbeddedPostgresOptions {
  /** Made if absent. Holds the cluster, its password and its log in `postgres`. */
  readonly dataDir: string;
  /** Folder with initdb and postgres; absent: the npm package of this platform. */
  readonly binDir?: string;
  /** Trades safety against crashes of the machine for speed; for tests. */
  readonly volatile?: boolean;
  /** How many connections the gateway may open. */
  readonly connections?: number;
  /** Preferred; another is taken if it is in use. Absent: any. */
  readonly port?: number;
  readonly logger: Logger;
  /** The database is gone and will not come back by itself. Absent: logged as fatal. */
  readonly onUnexpectedExit?: (reason: string) => void;
}

export interface EmbeddedPostgres {
  /** Of the database `fleetgraph`, as a superuser; stays valid through restarts. */
  readonly url: string;
  /** Whether `stop` ends the server. False while another process's server on the same folder is used. */
  readonly owned: boolean;
  /** Fast shutdown; settles when the server is gone. A server of another process is left alone. */
  stop(): Promise<void>;
}

interface RunningServer {
  readonly port: number;
  readonly owned: boolean;
  /** Settles when the server is no more, with how it ended. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

const POLL_MS = 20;
/** A busy server of another process: a shutdown with a checkpoint, or a recovery. */
const FOREIGN_PATIENCE_MS = 120_000;
/** What a killed server leaves behind goes within this time. */
const REMNANT_PATIENCE_MS = 15_000;
/** A server that dies sooner than this after a restart would die again. */
const STABLE_AFTER_MS = 60_000;

/** Another process was faster, or the last processes of a killed server are still on their way out. */
const PASSING_FAULT =
  /could not create any TCP\/IP sockets|lock file "postmaster.pid" (already exists|is empty)|pre-existing shared memory block/;

/**
 * Starts Postgres on a data folder, or joins the server that runs on it already. The server ends when this process does,
 * however it ends. If it ends by itself, it is restarted once on the same port; soon after that, `onUnexpectedExit`.
 *
 * Throws with a message that says what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, binDir, volatile = false, logger } = options;
  const layout = await openDataDir(dataDir);
  const binaries = await findBinaries(binDir);
  const { account, version } = await chooseAccount(layout.dataDir, layout.cluster, binaries);
  const created = await ensureCluster({ layout, account, binaries, version, volatile });
  const place: Place = { layout, account, binaries, volatile, connections: options.connections };

  const password = await readPassword(layout);
  let server = await openDatabase(place, await findFreePort(options.port), password);
  const { port } = server;
  logger.info(
    { version, port, dataDir: layout.dataDir, runs: account.means, owned: server.owned, created },
    'embedded Postgres is ready',
  );

  let stopping = false;
  let restartedAt = 0;
  const supervision = supervise().catch((fault: unknown) => {
    if (stopping) return;
    const cause = fault instanceof Error ? fault.message : String(fault);
    const reason = `the embedded Postgres on ${layout.dataDir} is gone and cannot be restarted: ${cause}`;
    if (options.onUnexpectedExit === undefined) logger.fatal(reason);
    else options.onUnexpectedExit(reason);
  });

  async function supervise(): Promise<void> {
    for (;;) {
      const how = await server.ended;
      if (stopping) return;
      // Where it was another process's, that process has ended, and the turn is ours.
      if (server.owned) {
        if (Date.now() - restartedAt < STABLE_AFTER_MS) {
          throw new Error(`it ended again soon after a restart (${how}); its log is ${layout.log}`);
        }
        restartedAt = Date.now();
        logger.error({ how, log: layout.log }, 'embedded Postgres ended by itself and is restarted');
      }
      server = await openServer(place, port, false);
      logger.info({ port, owned: server.owned }, 'embedded Postgres is ready again');
      if (stopping) {
        await server.stop();
        return;
      }
    }
  }

  return {
    url: databaseUrl(port, password, SUPERUSER),
    get owned() {
      return server.owned;
    },
    async stop() {
      stopping = true;
      await server.stop();
      // A restart may have been under way.
      await supervision;
    },
  };
}

interface Place {
  readonly layout: Layout;
  readonly account: Account;
  readonly binaries: Binaries;
  readonly volatile: boolean;
  readonly connections: number | undefined;
}

/** The first opening: finds or makes the database too, and so proves that the server lets us in. */
async function openDatabase(place: Place, preferredPort: number, password: string): Promise<RunningServer> {
  const started = Date.now();
  for (;;) {
    const server = await openServer(place, preferredPort, true);
    try {
      await ensureDatabase(databaseUrl(server.port, password, 'postgres'));
      return server;
    } catch (cause) {
      await server.stop();
      // A server of another process may have begun to stop just now; then it is waited for.
      if (!server.owned && Date.now() - started < REMNANT_PATIENCE_MS && !REFUSAL.has(codeOf(cause))) {
        await pause();
        continue;
      }
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `the Postgres on ${place.layout.dataDir} does not serve us (${message}): set DATA_DIR to another folder`,
        { cause },
      );
    }
  }
}

/** Joins the live server of the folder, else starts one. `mayMove`: another port will do as well. */
async function openServer(place: Place, preferredPort: number, mayMove: boolean): Promise<RunningServer> {
  const { pgData, dataDir } = place.layout;
  const started = Date.now();
  let port = preferredPort;
  for (;;) {
    const live = await findLiveServer(pgData);
    if (live?.state === 'ready') {
      if (!mayMove && live.port !== port) {
        throw new Error(`another process restarted it on port ${live.port}, we need ${port}: start again`);
      }
      return foreignServer(pgData, live.pid, live.port);
    }
    if (live !== undefined) {
      if (Date.now() - started > FOREIGN_PATIENCE_MS) {
        throw new Error(`process ${live.pid} runs on ${dataDir} and takes no connections: end it, or set DATA_DIR`);
      }
      await pause();
      continue;
    }

    const outcome = await startServer(place, port);
    if (typeof outcome !== 'string') return outcome;
    if (Date.now() - started > REMNANT_PATIENCE_MS || !PASSING_FAULT.test(outcome)) {
      throw new Error(`the embedded Postgres did not start on ${dataDir}; it says:\n${outcome}`);
    }
    if (mayMove) port = await findFreePort(port);
    await pause();
  }
}

/** A server that takes connections, or what it logged before it gave up. */
async function startServer(
  { layout, account, binaries, volatile, connections }: Place,
  port: number,
): Promise<RunningServer | string> {
  const log = await openLog(layout);
  try {
    const args = ['-D', layout.pgData, ...serverSettings({ port, connections, volatile })];
    const guarded = await startGuarded(account.command(binaries.postgres, args), log.file.fd);
    let how: string | undefined;
    void guarded.ended.then((text) => (how = text));
    for (;;) {
      const lock = await readLockFile(layout.pgData);
      if (lock?.pid === guarded.pid && lock.state === 'ready') {
        return { port, owned: true, ended: guarded.ended, stop: () => guarded.stop() };
      }
      if (how !== undefined) return (await readLogEnd(layout, log.start)) || how;
      await pause();
    }
  } finally {
    await log.file.close();
  }
}

function foreignServer(pgData: string, pid: number, port: number): RunningServer {
  let stopWatching: () => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    const timer = setInterval(() => {
      void isServerOf(pgData, pid).then((alive) => {
        if (!alive) stopWatching();
      });
    }, 250);
    timer.unref();
    stopWatching = () => {
      clearInterval(timer);
      resolve('its owner stopped it');
    };
  });
  return { port, owned: false, ended, stop: async () => stopWatching() };
}

async function ensureDatabase(adminUrl: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000 });
  // A connection that breaks while idle is told here, and would end the process without a listener.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query('select from pg_database where datname = $1', [SUPERUSER]);
    if (rowCount === 0) await client.query(`create database ${SUPERUSER}`);
  } catch (fault) {
    if (!JUST_MADE.has(codeOf(fault))) throw fault;
  } finally {
    await client.end();
  }
}

/** Another process has made the database between our look and our turn. */
const JUST_MADE = new Set(['42P04', '23505']);
/** Wrong password or user: waiting does not help. */
const REFUSAL = new Set(['28P01', '28000']);

function codeOf(fault: unknown): string {
  return fault instanceof Error && 'code' in fault ? String(fault.code) : '';
}

function databaseUrl(port: number, password: string, database: string): string {
  // In so many words, as PGSSLMODE of the environment would otherwise ask for what this server does not have.
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}?sslmode=disable`;
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
