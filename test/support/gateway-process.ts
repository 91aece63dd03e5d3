import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { clientOf, type TestClient } from './server.js';

const ROOT = join(__dirname, '..', '..');

/** The admin key of every gateway here, so that it is the same after a restart. */
const KEY = `fg_test_${randomBytes(18).toString('base64url')}`;

/** The gateway as its users run it: a process of its own, here from the sources. */
export interface Gateway extends TestClient {
  readonly url: string;
  readonly endpoint: string;
  readonly pid: number;
  /** All that it has written to stdout and stderr. */
  readonly output: () => string;
  signal(name: NodeJS.Signals): void;
  /** Memory that the process holds, in bytes. */
  residentBytes(): number;
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
  const endpoint = `${url}/graphql`;
  return {
    ...clientOf(endpoint, KEY),
    url,
    endpoint,
    pid: child.pid!,
    output: () => output,
    signal: (name) => void child.kill(name),
    residentBytes: () => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)]).toString()) * 1024,
    gone,
  };
}

/** For afterAll: whatever a failed test has left. The embedded databases follow by themselves. */
export function killGateways(): void {
  for (const child of running) child.kill('SIGKILL');
}
