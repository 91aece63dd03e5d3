import { randomUUID } from 'node:crypto';
import type { AuditFacts } from '../changes/change-context.js';
import { type Config, ConfigError, parseConfig } from '../config.js';
import { createDataSource } from '../database/data-source.js';
import { hasDatabase } from '../database/embedded/files.js';
import { startEmbeddedPostgres } from '../database/embedded/launcher.js';
import { isMigrated } from '../database/migrate.js';
import { Database } from '../database/query.js';
import { AppError } from '../errors.js';
import { createLogger } from '../logger.js';
import { CliError, EXIT_CODE, usageError } from './exit-code.js';
import type { Shell } from './shell.js';

/** The database itself, for what no key of the API can do, and who the audit log says it was. */
export interface Installation {
  readonly database: Database;
  readonly actor: string;
  readonly audit: AuditFacts;
}

/** For the help of the commands that work on it. */
export const INSTALLATION_HELP = `Works on the database itself, also while a server runs on it, and needs no key.

Environment, as of the server:
  DATABASE_URL
      The Postgres of the server. Absent: the embedded one in DATA_DIR.
  DATA_DIR
      Folder of the embedded database. Default: .fleetgraph in the working folder.`;

/** Nobody waits for more than one statement at a time. */
const POOL_SIZE = 2;

/**
 * Does something with the database that the server of this environment uses. The embedded one is joined where a server
 * runs on it, and started for this while otherwise. Throws CliError for whatever a user can cause.
 */
export async function withInstallation<Result>(
  shell: Shell,
  work: (installation: Installation) => Promise<Result>,
): Promise<Result> {
  const config = readConfig(shell);
  const closers: (() => Promise<void>)[] = [];
  try {
    const url = config.DATABASE_URL ?? (await startEmbedded(config, closers));
    const dataSource = createDataSource({ url, poolSize: POOL_SIZE });
    await dataSource.initialize();
    closers.push(() => dataSource.destroy());
    if (!(await isMigrated(dataSource))) {
      throw usageError('the database has not the tables of this version: start the server on it first, by npm start');
    }
    const audit = { role: 'ADMIN', requestId: randomUUID(), reports: 'keys' } as const;
    return await work({ database: new Database(dataSource), actor: 'command line', audit });
  } catch (fault) {
    throw toCliError(fault);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

function readConfig({ env }: Shell): Config {
  try {
    return parseConfig(env);
  } catch (fault) {
    throw fault instanceof ConfigError ? usageError(fault.message) : fault;
  }
}

async function startEmbedded(config: Config, closers: (() => Promise<void>)[]): Promise<string> {
  const { DATA_DIR: dataDir, PG_BIN_DIR: binDir } = config;
  // A mistyped folder must not become a new and empty installation.
  if (!(await hasDatabase(dataDir))) {
    throw usageError(
      `there is no database in ${dataDir}: set DATA_DIR or DATABASE_URL as for the server, or start it once, by npm start`,
    );
  }
  const embedded = await startEmbeddedPostgres({
    dataDir,
    logger: createLogger('warn'),
    ...(binDir !== undefined && { binDir }),
  });
  closers.push(() => embedded.stop());
  return embedded.url;
}

/** What the user asked for in vain is his to correct; all else is the database's. */
const USER_FAULTS: readonly string[] = ['BAD_USER_INPUT', 'LIMIT_EXCEEDED', 'NOT_FOUND', 'CONFLICT'];

/** Runs a check of words that throws AppError, as the rules of names do. */
export function checked<Value>(check: () => Value): Value {
  try {
    return check();
  } catch (fault) {
    throw toCliError(fault);
  }
}

function toCliError(fault: unknown): CliError {
  if (fault instanceof CliError) return fault;
  if (fault instanceof AppError && USER_FAULTS.includes(fault.code)) return usageError(fault.message);
  const message = fault instanceof Error && fault.message !== '' ? fault.message : String(fault);
  return new CliError(EXIT_CODE.failed, `the database could not be used: ${message}`, { cause: fault });
}
