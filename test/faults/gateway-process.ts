import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { clientOf, type TestClient } from '../support/server.js';

const ROOT = join(__dirname, '..', '..');

/** The admin key of every gateway here, so that it is the same after a restart. */
const KEY = `fg_test_${randomBytes(18).toString('base64url')}`;

/** The gateway as its users run it: a process of its own, here from the sources. */
export interface Gateway extends TestClient {
  readonly url: string;
  /** All that it has written to stdout and stderr. */
  readonly output: () => string;
  signal(name: NodeJS.Signals): void;
  /** Settles when the process is gone. */
  readonly gone: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const running = new Set<ChildProcess>();

/** Starts one and waits until it is ready; throws with its words if it ends before. */
export async function startGateway(env: Record<string, string>): Promise<Gateway> {
  const child = spawn(process.execPath, ['-r', './test/support/typescript.cjs', 'src/main.ts'], {
    cwd: ROOT,
    env: {
      ...(process.env['PATH'] !== undefined && { PATH: process.env['PATH'] }),
      ...(process.env['PG_BIN_DIR'] !== undefined && { PG_BIN_DIR: process.env['PG_BIN_DIR'] }),
      PORT: '0',
      LOG_LEVEL: 'warn',
      FLEETGRAPH_ADMIN_KEY: KEY,
      FLEETGRAPH_DEMO: 'false',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  const gone = once(child, 'exit').then(([code, signal]) => {
    running.delete(child);
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      output += `${line}\n`;
      const [, address] = /ready at (\S+)\/graphql/.exec(line) ?? [];
      if (address !== undefined) resolve(address);
    });
    void gone.then(() => reject(new Error(output)));
  });
  return {
    ...clientOf(`${url}/graphql`, KEY),
    url,
    output: () => output,
    signal: (name) => void child.kill(name),
    gone,
  };
}

/** For afterAll: whatever a failed test has left. The embedded databases follow by themselves. */
export function killGateways(): void {
  for (const child of running) child.kill('SIGKILL');
}

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

/** Waits for the condition; throws when it is not met in time, which is a promise of docs/reliability.md. */
export async function within(timeoutMs: number, condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The answer, or an error if there is none in time. */
export async function answered<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
