/** The servers as processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ServerName } from './contenders.js';
import { PACKAGES } from './packages.js';

const ROOT = join(__dirname, '../..');
export const TYPESCRIPT = join(ROOT, 'test/support/typescript.cjs');

/** Connections of each to the database: fleetgraph's default, and pg's. */
const POOL_SIZE = '10';
const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 10_000;

export interface RunningServer {
  readonly pid: number;
  /** Without a path. */
  readonly url: string;
  stop(): Promise<void>;
}

interface ServerOptions {
  readonly node: string;
  readonly databaseUrl: string;
  /** For what the server logs. */
  readonly folder: string;
  readonly workers: number;
  readonly profile: string | undefined;
}

interface Program {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function programOf(name: ServerName, { workers, profile }: ServerOptions): Program {
  switch (name) {
    case 'fleetgraph':
      return {
        args: [
          ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
          // What `npm start` runs.
          join(ROOT, 'scripts/start.mjs'),
        ],
        env: {
          DATABASE_POOL_SIZE: POOL_SIZE,
          // As on its own embedded database; the others prepare theirs too.
          DATABASE_PREPARED_STATEMENTS: 'true',
          FLEETGRAPH_DEMO: 'false',
          // One key sends all there is: how much it may ask for is lifted, the limits of each operation stay.
          FLEETGRAPH_RATE_POINTS_PER_SECOND: '0',
          FLEETGRAPH_MAX_CONCURRENT_OPERATIONS: '0',
          ...(workers > 1 && { WORKERS: String(workers) }),
        },
      };
    case 'postgraphile':
      return {
        args: [join(PACKAGES, 'postgraphile.mjs')],
        env: { POOL_SIZE, NODE_ENV: 'production', GRAPHILE_ENV: 'production' },
      };
    case 'floor':
      return {
        args: ['-r', TYPESCRIPT, join(__dirname, 'floor.ts')],
        env: { POOL_SIZE, NODE_ENV: 'production' },
      };
  }
}

/** Settles when it is ready. What it logs goes to a file: fleetgraph writes a line for each operation. */
export async function startServer(name: ServerName, options: ServerOptions): Promise<RunningServer> {
  const { args, env } = programOf(name, options);
  const logFile = join(options.folder, `${name}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(options.node, args, {
    cwd: options.folder,
    stdio: ['ignore', 'pipe', log],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: options.databaseUrl, PORT: '0', ...env },
  });
  closeSync(log);
  // However the benchmark ends.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  try {
    const url = await readyUrl(child);
    return { pid: child.pid!, url, stop: () => stop(child) };
  } catch (fault) {
    await stop(child);
    const end = (await readFile(logFile, 'utf8')).slice(-4_000);
    throw new Error(`${name} did not start: ${String(fault)}\n${end}`, { cause: fault });
  }
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready within ${READY_WITHIN_MS / 1000} s`)), READY_WITHIN_MS);
    child.once('error', reject).once('exit', (status) => reject(new Error(`it ended with ${String(status)}`)));
    // Read to the end, so that the pipe never fills up.
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const [, url] = /\bready at (http:\/\/[^/]+)/.exec(line) ?? [];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(timer);
}
