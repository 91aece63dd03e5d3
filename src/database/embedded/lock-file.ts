import { execFile } from 'node:child_process';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning } from './files.js';

/** What Postgres writes of itself into postmaster.pid. */
export interface LockFile {
  readonly pid: number;
  readonly port: number;
  /** `ready` takes connections; `busy` starts, recovers or stops. */
  readonly state: 'ready' | 'busy';
}

// Lines of the file, counted from 0; Postgres's documents list them under "Database File Layout".
const PID_LINE = 0;
const PORT_LINE = 3;
const STATE_LINE = 7;

/** Undefined where there is no lock, or one so new that its process is not named yet. */
export async function readLockFile(pgData: string): Promise<LockFile | undefined> {
  const text = await readFile(pathOf(pgData), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[PID_LINE]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[PORT_LINE] ?? 0), state: lines[STATE_LINE]?.trim() === 'ready' ? 'ready' : 'busy' };
}

/** The lock of a server that runs on this folder now; a lock that outlived its server is removed. */
export async function findLiveServer(pgData: string): Promise<LockFile | undefined> {
  const lock = await readLockFile(pgData);
  if (lock !== undefined && (await isServerOf(pgData, lock.pid))) return lock;
  if (lock !== undefined && (await readLockFile(pgData))?.pid !== lock.pid) {
    // A new server took its place just now.
    return findLiveServer(pgData);
  }
  // Postgres would remove it itself if the process were gone, but not if its number is now another program's, as is
  // common after the restart of a container, nor if a power cut left it empty.
  if (lock !== undefined || (await isEmptyForLong(pgData))) await rm(pathOf(pgData), { force: true });
  return undefined;
}

/** Whether that process is the Postgres of this folder, and not a later program with the same number. */
export async function isServerOf(pgData: string, pid: number): Promise<boolean> {
  if (!isRunning(pid)) return false;
  if (process.platform === 'linux') {
    // A server works in its folder. Zombies and other users' processes have none that we could read.
    const [folder, wanted] = await Promise.all(
      [`/proc/${pid}/cwd`, pgData].map((path) => stat(path).catch(() => undefined)),
    );
    if (folder !== undefined && wanted !== undefined) return folder.dev === wanted.dev && folder.ino === wanted.ino;
  }
  const command = await commandOf(pid);
  return /postgres|postmaster/.test(command) && command.includes(pgData);
}

async function commandOf(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return new Promise((resolve) => {
    execFile('/bin/ps', ['-ww', '-o', 'command=', '-p', String(pid)], (_error, stdout) => resolve(stdout));
  });
}

async function isEmptyForLong(pgData: string): Promise<boolean> {
  const file = await stat(pathOf(pgData)).catch(() => undefined);
  return file !== undefined && file.size === 0 && Date.now() - file.mtimeMs > 5_000;
}

function pathOf(pgData: string): string {
  return join(pgData, 'postmaster.pid');
}
