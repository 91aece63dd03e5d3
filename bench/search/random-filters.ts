/** Random searches, always the same: how long they take, or with --check whether each answer is the oracle's. */
import type { DataSource } from 'typeorm';
import { Database } from '../../src/database/query.js';
import { parseOrder } from '../../src/search/order.js';
import { parsePage } from '../../src/search/page.js';
import { parseFilter } from '../../src/search/parse-filter.js';
import { countDevices } from '../../src/search/count.js';
import { searchDevices } from '../../src/search/search.js';
import type { BenchArguments } from './arguments.js';
import { type FleetDevice, readFleet } from './fleet-device.js';
import { quantile, searchContext } from './measure.js';
import { expected } from './oracle.js';
import { type RandomSearch, randomSearch, toInput } from './random-search.js';
import { RandomSource } from './random-source.js';

const SEED = 20_261_121;
const PAGE = 50;
/** Devices of which values are taken. */
const SAMPLED = 2_000;

export async function runRandomFilters(
  dataSource: DataSource,
  { devices, check, searches: count }: BenchArguments,
): Promise<void> {
  const sample = await readFleet(dataSource, Math.max(1, Math.floor(devices / SAMPLED)));
  const random = new RandomSource(SEED);
  const searches = Array.from({ length: count }, () => randomSearch(random, sample));
  const context = searchContext(new Database(dataSource));
  const run = (search: RandomSearch) =>
    searchDevices(
      context,
      { filter: parseFilter(toInput(search.filter)), order: parseOrder(search.orderBy) },
      parsePage({ first: PAGE }),
    );

  if (check) {
    await checkAll(searches, await readFleet(dataSource, 1));
    return;
  }
  const times: { ms: number; search: RandomSearch; fault?: string }[] = [];
  // The first round fills the caches.
  for (const round of [0, 1]) {
    for (const search of searches) {
      const start = performance.now();
      const fault = await run(search).then(
        () => undefined,
        (error: unknown) => String(error),
      );
      if (round === 1) times.push({ ms: performance.now() - start, search, ...(fault !== undefined && { fault }) });
    }
  }
  report('all', times);
  report(
    'in order of id',
    times.filter(({ search }) => search.orderBy.length === 0),
  );
  report(
    'sorted',
    times.filter(({ search }) => search.orderBy.length > 0),
  );
  for (const { ms, search, fault } of times.toSorted((a, b) => b.ms - a.ms).slice(0, 15)) {
    console.log(`${ms.toFixed(0)} ms ${fault ?? ''} ${JSON.stringify(search)}`);
  }

  async function checkAll(all: readonly RandomSearch[], fleet: readonly FleetDevice[]): Promise<void> {
    let wrong = 0;
    for (const search of all) {
      const { count: wanted, ids } = expected(search, fleet, PAGE);
      const page = await run(search).catch(String);
      const found = typeof page === 'string' ? page : page.rows.map(({ id }) => id).join();
      const total = await countDevices(context, parseFilter(toInput(search.filter))).catch(String);
      if (found === ids.join() && total === wanted) continue;
      wrong += 1;
      console.log(
        `${typeof page === 'string' || typeof total === 'string' ? 'FAILED' : 'WRONG'}: ${JSON.stringify(search)}\n  expected ${wanted}: ${ids.join()}\n  got ${total}: ${found}`,
      );
    }
    console.log(`${all.length - wrong} of ${all.length} answers (page and total) equal the oracle's`);
    if (wrong > 0) process.exitCode = 1;
  }
}

function report(name: string, times: readonly { ms: number; fault?: string }[]): void {
  const all = times.map(({ ms }) => ms);
  const shown = [0.5, 0.95, 0.99, 1].map((share) => quantile(all, share).toFixed(1));
  const faults = times.filter(({ fault }) => fault !== undefined).length;
  console.log(
    `${name}: ${all.length} searches, p50 ${shown[0]}, p95 ${shown[1]}, p99 ${shown[2]}, worst ${shown[3]} ms, ${faults} failed`,
  );
}
