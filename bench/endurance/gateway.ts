import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(__dirname, '../..');

export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

export interface Gateway {
  readonly url: string;
  /** `collects`: after a collection of garbage, but for `rss`, which is that of before. */
  memory(options: { readonly collects: boolean }): Promise<Memory>;
  /** How late timers were since the last look, in ms, at the 99th percentile and at worst. */
  loopDelay(key: string): Promise<{ p99: number; most: number }>;
  stop(): Promise<void>;
}

/** What `npm start` runs, on this database, without limits of rate: one key sends all there is. */
export async function startGateway(databaseUrl: string): Promise<Gateway> {
  const preload = join(__dirname, 'tell-memory.cjs');
  const child = spawn(process.execPath, ['--expose-gc', '-r', preload, join(ROOT, 'scripts/start.mjs')], {
    // The log has a line for each operation, which is written as always, and read by nobody.
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      PORT: '0',
      DATABASE_PREPARED_STATEMENTS: 'true',
      FLEETGRAPH_DEMO: 'false',
      FLEETGRAPH_RATE_POINTS_PER_SECOND: '0',
      FLEETGRAPH_MAX_CONCURRENT_OPERATIONS: '0',
    },
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const gone = once(child, 'exit').finally(() => process.off('exit', kill));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const [, address] = /\bready at (http:\/\/[^/]+)/.exec(line) ?? [];
      if (address !== undefined) resolve(address);
    });
    void gone.then(([status]) => reject(new Error(`the gateway ended with ${String(status)}`)));
  });
  return {
    url,
    async memory(options) {
      const answer = once(child, 'message');
      child.send(options);
      const [memory] = await answer;
      return memory as Memory;
    },
    async loopDelay(key) {
      const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
      const text = await answer.text();
      const at = (percentile: number) => {
        const line = new RegExp(`^fleetgraph_event_loop_delay_seconds\\{percentile="${percentile}"\\} (\\S+)$`, 'm');
        return Number(line.exec(text)?.[1]) * 1_000;
      };
      return { p99: at(99), most: at(100) };
    },
    async stop() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}
