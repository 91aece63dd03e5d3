import {
  access,
  chmod,
  constants,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';

/** Where things lie in the data folder. All of `cluster` is made at once, by renaming a finished folder. */
export interface Layout {
  readonly dataDir: string;
  readonly cluster: string;
  /** Postgres's own folder, PGDATA. */
  readonly pgData: string;
  /** The superuser's password, readable by the owner only. */
  readonly password: string;
  readonly log: string;
}

const SIDE_PREFIX = 'postgres.new-';
const MAX_LOG_BYTES = 10 * 1024 * 1024;
const SHOWN_LOG_BYTES = 4_000;

/** Makes the data folder if there is none, for its owner alone, and says where things lie in it. */
export async function openDataDir(path: string): Promise<Layout> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Error(`the data folder ${path} cannot be made: set DATA_DIR to a folder that can`, { cause });
  }
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new Error(`the data folder ${path} is another user's: start as that user, or set DATA_DIR`, { cause });
  }
  // Postgres names its folder without links, and we recognise our server by that name.
  return layoutOf(await realpath(path));
}

function layoutOf(dataDir: string): Layout {
  return { dataDir, ...clusterAt(join(dataDir, 'postgres')) };
}

function clusterAt(cluster: string): Omit<Layout, 'dataDir'> {
  return {
    cluster,
    pgData: join(cluster, 'data'),
    password: join(cluster, 'password'),
    log: join(cluster, 'server.log'),
  };
}

/**
 * Makes the cluster with `fill` in a folder aside and renames it when it is complete, so that an interrupted first start
 * leaves nothing half made. Of several processes at once, one wins and the others use what it made.
 */
export async function createCluster(
  layout: Layout,
  password: string,
  fill: (side: Omit<Layout, 'dataDir'>) => Promise<void>,
): Promise<void> {
  await removeOldSides(layout.dataDir);
  const side = clusterAt(await mkdtemp(join(layout.dataDir, `${SIDE_PREFIX}${process.pid}-`)));
  try {
    await mkdir(side.pgData, { mode: 0o700 });
    await writeFile(side.password, password, { mode: 0o600 });
    await fill(side);
    await rename(side.cluster, layout.cluster);
  } catch (fault) {
    if (!(await hasCluster(layout))) throw fault;
  } finally {
    await rm(side.cluster, { recursive: true, force: true });
  }
}

export async function hasCluster(layout: Layout): Promise<boolean> {
  return stat(layout.cluster).then(
    () => true,
    () => false,
  );
}

/** Whether a database was made in the data folder, which itself need not be there. */
export async function hasDatabase(dataDir: string): Promise<boolean> {
  return hasCluster(layoutOf(dataDir));
}

/** What interrupted first starts have left. */
async function removeOldSides(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const [, pid] = /^postgres\.new-(\d+)-/.exec(name) ?? [];
    if (pid === undefined) continue;
    const path = join(dataDir, name);
    // In a container each start tends to have the same number, so our own may be an older process's.
    const inUse = Number(pid) === process.pid ? await isNewerThanUs(path) : isRunning(Number(pid));
    if (!inUse) await rm(path, { recursive: true, force: true });
  }
}

async function isNewerThanUs(path: string): Promise<boolean> {
  const made = await stat(path).catch(() => undefined);
  return made !== undefined && made.mtimeMs > Date.now() - process.uptime() * 1000;
}

/** Also true of a process that is another user's. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (fault) {
    return fault instanceof Error && 'code' in fault && fault.code === 'EPERM';
  }
}

export async function readPassword({ password, dataDir }: Layout): Promise<string> {
  try {
    return (await readFile(password, 'utf8')).trim();
  } catch (cause) {
    throw new Error(
      `the password file ${password} cannot be read: start as the user whom ${dataDir} belongs to, or set DATA_DIR`,
      { cause },
    );
  }
}

/** Opened for appending. One old log is kept when it has grown large; says from where on this start's lines are. */
export async function openLog({ log }: Layout) {
  const before = await stat(log).catch(() => undefined);
  if (before !== undefined && before.size > MAX_LOG_BYTES) await rename(log, `${log}.old`);
  const file = await open(log, 'a', 0o600);
  // Whatever the umask was: statements may be quoted in it.
  await chmod(log, 0o600).catch(() => undefined);
  return { file, start: (await file.stat()).size };
}

/** The end of what was logged after `start`. */
export async function readLogEnd({ log }: Layout, start: number): Promise<string> {
  const text = (await readFile(log)).subarray(start).toString('utf8').trim();
  return text.slice(-SHOWN_LOG_BYTES);
}
