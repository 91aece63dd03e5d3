import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';

const SUPPORT = join(__dirname, '..', '..', 'support');

interface OwnerOptions {
  readonly dataDir: string;
  readonly binDir?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly umask?: string;
  readonly user?: { readonly uid: number; readonly gid: number };
}

export interface Owner {
  readonly url: string;
  readonly owned: boolean;
  /** Sends the signal and waits until the process is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

const running = new Set<ChildProcess>();

/** A Node process of its own that starts the embedded Postgres, in the given environment and no other. */
export async function startOwner({ dataDir, binDir, env = {}, umask = '022', user }: OwnerOptions): Promise<Owner> {
  const script = [
    '-r',
    join(SUPPORT, 'typescript.cjs'),
    join(SUPPORT, 'embedded-owner.ts'),
    dataDir,
    ...(binDir === undefined ? [] : [binDir]),
  ];
  const child = spawn('/bin/sh', ['-c', 'umask "$0"; exec "$@"', umask, process.execPath, ...script], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });
  running.add(child);
  const gone = once(child, 'exit').then(() => running.delete(child));
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += String(chunk)));

  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk) => resolve(String(chunk)));
    void gone.then(() => reject(new Error(`the process ended before Postgres was ready: ${errors}`)));
  });
  return {
    ...(JSON.parse(line) as { url: string; owned: boolean }),
    async end(signal) {
      child.kill(signal);
      await gone;
    },
  };
}

/** For afterAll: whatever a failed test has left. */
export function killOwners(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Rows of one statement. */
export async function query<Row extends Record<string, unknown>>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Waits for the condition; the time-out of the test is the limit. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Number of processes that work on the cluster of this data folder. */
export async function countServerProcesses(dataDir: string): Promise<number> {
  const pgData = join(dataDir, 'postgres', 'data');
  let count = 0;
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    // Server processes work in the folder, their guard names it. Zombies have neither.
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (folder === pgData || (command.startsWith('/bin/sh') && command.includes(pgData))) count += 1;
  }
  return count;
}

/** Number of the server's main process. */
export async function serverPid(dataDir: string): Promise<number> {
  const text = await readFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8');
  return Number(text.split('\n')[0]);
}
