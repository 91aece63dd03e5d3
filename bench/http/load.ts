/**
 * The load, as a process of its own: reads what to do as JSON from stdin, sends requests by autocannon for some seconds and
 * writes what it measured to stdout.
 */
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from './contenders.js';
import { cpuOfTree } from './cpu.js';
import { queryOf, requestMaker, type QueryId, type Sample } from './queries.js';
import { seededRandom } from './random.js';

export interface LoadOrder {
  readonly query: QueryId;
  readonly contender: Contender;
  readonly url: string;
  readonly key: string;
  readonly concurrency: number;
  readonly warmUpMs: number;
  readonly ms: number;
  readonly seed: string;
  readonly sample: Sample;
  readonly serverPid: number;
  readonly postmasterPid: number;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of one request; NaN (null in JSON) where the system does not tell. */
  readonly nodeCpuMs: number | null;
  readonly postgresCpuMs: number | null;
  readonly requests: number;
}

/** What of autocannon is used: its package is not among the gateway's. */
interface Cannon {
  on(event: 'response', listener: (client: unknown, status: number, bytes: number, ms: number) => void): void;
  on(event: 'reqError', listener: (fault: Error) => void): void;
  on(event: 'done', listener: () => void): void;
  stop(): void;
}

interface CannonOptions {
  readonly url: string;
  readonly connections: number;
  readonly duration: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly requests: readonly {
    readonly method: 'POST';
    readonly path: string;
    readonly setupRequest: (request: object) => object;
  }[];
  readonly verifyBody: (body: string) => boolean;
}

type Autocannon = (options: CannonOptions, onDone: () => void) => Cannon;

const LEAST_REQUESTS = 5;
const LONGEST_MS = 120_000;

/** A page is some ten kilobytes; faults stand at its beginning or its end. */
const FAULT_WITHIN = 200;

async function main(): Promise<void> {
  const order = JSON.parse(await text(process.stdin)) as LoadOrder;
  const autocannon = createRequire(join(__dirname, 'packages/package.json'))('autocannon') as Autocannon;
  const query = queryOf(order.query);
  const random = seededRandom(order.seed);
  const { path, bodyOf } = requestMaker(query, order.contender);

  const fire = async (ms: number, least: number) => {
    const times: number[] = [];
    const faults: string[] = [];
    const begin = { at: performance.now(), node: cpuOfTree(order.serverPid), postgres: cpuOfTree(order.postmasterPid) };
    const cannon = autocannon(
      {
        url: order.url,
        connections: order.concurrency,
        // It is stopped before.
        duration: 3_600,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${order.key}` },
        requests: [
          {
            method: 'POST',
            path,
            setupRequest: (request) => ({ ...request, body: bodyOf(query.draw(random, order.sample)) }),
          },
        ],
        verifyBody: (body) => {
          if (!`${body.slice(0, FAULT_WITHIN)}${body.slice(-FAULT_WITHIN)}`.includes('"errors":')) return true;
          faults.push(body);
          return false;
        },
      },
      () => undefined,
    );
    cannon.on('response', (_client, status, _bytes, took) => {
      times.push(took);
      if (status !== 200) faults.push(`status ${status}`);
    });
    cannon.on('reqError', (fault) => faults.push(String(fault)));
    const done = new Promise<void>((resolve) => cannon.on('done', resolve));
    await sleep(ms);
    // The slowest take longer than a short trial.
    while (times.length < least && performance.now() - begin.at < LONGEST_MS) await sleep(20);
    const requests = times.length;
    const end = { at: performance.now(), node: cpuOfTree(order.serverPid), postgres: cpuOfTree(order.postmasterPid) };
    cannon.stop();
    await done;
    if (faults.length > 0)
      throw new Error(`${faults.length} of ${requests} requests failed, the first with ${faults[0]}`);
    if (requests < least) throw new Error(`no more than ${requests} requests were answered within ${LONGEST_MS} ms`);
    const inOrder = times.slice(0, requests).toSorted((a, b) => a - b);
    const at = (share: number) => inOrder[Math.min(requests - 1, Math.floor(requests * share))]!;
    return {
      requestsPerSecond: (requests / (end.at - begin.at)) * 1000,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      nodeCpuMs: (end.node - begin.node) / requests,
      postgresCpuMs: (end.postgres - begin.postgres) / requests,
      requests,
    } satisfies LoadResult;
  };

  await fire(order.warmUpMs, 1);
  process.stdout.write(JSON.stringify(await fire(order.ms, LEAST_REQUESTS)));
}

main().catch((fault: unknown) => {
  console.error(fault);
  process.exit(1);
});
