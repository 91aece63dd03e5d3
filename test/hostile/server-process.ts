import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createTestDatabase } from '../support/database.js';
import { clientOf, type TestClient } from '../support/server.js';

export interface ServerProcess extends TestClient {
  readonly url: string;
  readonly endpoint: string;
  /** Memory that the process holds, in bytes. */
  residentBytes(): number;
  stop(): Promise<void>;
}

const ROOT = join(__dirname, '../..');

/** The server as a process of its own, so that its memory is its own and nothing that is sent to it blocks the sender. */
export async function startServerProcess(settings: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const database = await createTestDatabase();
  const key = 'fg_test_hostile_key_that_is_long_enough';
  const port = await freePort();
  const child = spawn(process.execPath, ['-r', join(ROOT, 'test/support/typescript.cjs'), join(ROOT, 'src/main.ts')], {
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      PORT: String(port),
      FLEETGRAPH_ADMIN_KEY: key,
      FLEETGRAPH_DEMO: 'false',
      LOG_LEVEL: 'silent',
      ...settings,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(child, `${url}/readyz`);
  return {
    ...clientOf(`${url}/graphql`, key),
    url,
    endpoint: `${url}/graphql`,
    residentBytes: () => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)]).toString()) * 1024,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      await database.drop();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode} before it was ready`);
    const isReady = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
