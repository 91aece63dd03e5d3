import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Numbers of the processes of the Postgres that works on this data folder. */
async function databaseProcesses(dataDir: string): Promise<number[]> {
  const pgData = join(dataDir, 'postgres', 'data');
  const found: number[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    if ((await readlink(`/proc/${pid}/cwd`).catch(() => '')) === pgData) found.push(Number(pid));
  }
  return found;
}

/** Sends a signal to all of them; those that are gone meanwhile are what was wanted. */
export async function signalDatabase(dataDir: string, name: NodeJS.Signals): Promise<void> {
  for (const pid of await databaseProcesses(dataDir)) {
    try {
      process.kill(pid, name);
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code !== 'ESRCH') throw fault;
    }
  }
}
