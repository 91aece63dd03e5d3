/** Measurements in turns: there and back through the contenders, so that what the machine does meanwhile meets all alike. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import type { Contender } from './contenders.js';
import type { LoadOrder, LoadResult } from './load.js';
import { contendersOf, type Query } from './queries.js';
import { freshSeed } from './random.js';
import { TYPESCRIPT } from './servers.js';

/** Before each measurement, and before the first one of a contender. */
const WARM_UP_MS = 500;
const FIRST_WARM_UP_MS = 5_000;

interface Series {
  readonly contenders: readonly Contender[];
  readonly concurrency: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly node: string;
  readonly signal: AbortSignal;
  /** What is the same in all of a contender's orders. */
  readonly orderOf: (contender: Contender) => Pick<LoadOrder, 'url' | 'key' | 'sample' | 'serverPid' | 'postmasterPid'>;
}

export interface Measured extends LoadResult {
  readonly query: Query;
  readonly contender: Contender;
  readonly concurrency: number;
}

/** Medians over the rounds, by contender. */
export async function measureInTurns(query: Query, series: Series): Promise<Measured[]> {
  const { concurrency, rounds, seconds } = series;
  const contenders = contendersOf(query, series.contenders);
  const results = new Map<Contender, LoadResult[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round += 1) {
    const seed = `${query.id} ${concurrency} ${round}`;
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const known = results.get(contender)!;
      const result = await runLoad(series, {
        ...series.orderOf(contender),
        query: query.id,
        contender,
        concurrency,
        warmUpMs: known.length === 0 ? FIRST_WARM_UP_MS : WARM_UP_MS,
        ms: seconds * 1000,
        seed: query.writes ? freshSeed(seed, contender) : seed,
      });
      known.push(result);
    }
  }
  return contenders.map((contender) => {
    const known = results.get(contender)!;
    const median = (value: (one: LoadResult) => number | null) => medianOf(known.map((one) => value(one) ?? NaN));
    return {
      query,
      contender,
      concurrency,
      requestsPerSecond: median((one) => one.requestsPerSecond),
      p50Ms: median((one) => one.p50Ms),
      p99Ms: median((one) => one.p99Ms),
      nodeCpuMs: median((one) => one.nodeCpuMs),
      postgresCpuMs: median((one) => one.postgresCpuMs),
      requests: known.reduce((sum, one) => sum + one.requests, 0),
    };
  });
}

async function runLoad({ node, signal }: Series, order: LoadOrder): Promise<LoadResult> {
  const load = spawn(node, ['-r', TYPESCRIPT, join(__dirname, 'load.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    signal,
  });
  const ended = new Promise((resolve, reject) => load.once('error', reject).once('close', resolve));
  // It may end before it has read all; then its status tells.
  load.stdin.on('error', () => undefined);
  load.stdin.end(JSON.stringify(order));
  const [output, status] = await Promise.all([text(load.stdout), ended]);
  if (status !== 0) throw new Error(`the load of ${order.query} on ${order.contender} failed`);
  return JSON.parse(output) as LoadResult;
}

function medianOf(values: readonly number[]): number {
  const ordered = values.toSorted((a, b) => a - b);
  const middle = Math.floor(ordered.length / 2);
  return ordered.length % 2 === 1 ? ordered[middle]! : (ordered[middle - 1]! + ordered[middle]!) / 2;
}
