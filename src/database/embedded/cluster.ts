import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, giveTo } from './account.js';
import type { Binaries } from './binaries.js';
import { run } from './command.js';
import { createCluster, hasCluster, type Layout } from './files.js';

/** The superuser, and the database that the gateway uses. */
export const SUPERUSER = 'fleetgraph';

const LEAST_MAJOR = 15;
/** The first with a locale provider that needs nothing of the operating system. */
const BUILTIN_LOCALE_MAJOR = 17;

interface ClusterOptions {
  readonly layout: Layout;
  readonly account: Account;
  readonly binaries: Binaries;
  /** What `postgres --version` printed. */
  readonly version: string;
  readonly volatile: boolean;
}

/** Makes the cluster if there is none; one of another major version is refused. True if it was made now. */
export async function ensureCluster({
  layout,
  account,
  binaries,
  version,
  volatile,
}: ClusterOptions): Promise<boolean> {
  const major = Number(/(\d+)/.exec(version)?.[1]);
  if (!(major >= LEAST_MAJOR)) {
    throw new Error(
      `${binaries.postgres} is ${version}: Postgres ${LEAST_MAJOR} or newer is needed; correct PG_BIN_DIR`,
    );
  }
  if (await hasCluster(layout)) {
    const made = (await readFile(join(layout.pgData, 'PG_VERSION'), 'utf8')).trim();
    if (Number(made) !== major) {
      throw new Error(
        `the data in ${layout.dataDir} was made by Postgres ${made}, and ${binaries.postgres} is ${version}: ` +
          `set PG_BIN_DIR to the bin folder of a Postgres ${made}, or DATA_DIR to another folder`,
      );
    }
    return false;
  }

  const password = randomBytes(24).toString('base64url');
  await createCluster(layout, password, async (side) => {
    if (account.owner !== undefined) await giveTo(account.owner, side.cluster);
    const common = [
      `--pgdata=${side.pgData}`,
      `--pwfile=${side.password}`,
      `--username=${SUPERUSER}`,
      '--auth-host=scram-sha-256',
      '--auth-local=scram-sha-256',
      // Never what LANG happens to say: LANG=C would make databases that take any bytes for text.
      '--encoding=UTF8',
      ...(volatile ? ['--no-sync'] : []),
    ];
    const initdb = (locale: readonly string[]) => run(account.command(binaries.initdb, [...common, ...locale]));
    if (major >= BUILTIN_LOCALE_MAJOR) {
      await initdb(['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']);
      return;
    }
    // Not every operating system has C.UTF-8; with C only letters beyond ASCII compare by other rules.
    await initdb(['--locale=C.UTF-8']).catch(() => initdb(['--locale=C']));
  });
  return true;
}
