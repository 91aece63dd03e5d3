/** Random searches, always the same: how long they take, and with --check whether each answer is the oracle's. */
import type { DataSource } from 'typeorm';
import { Database } from '../../src/database/query.js';
import { parseOrder } from '../../src/search/order.js';
import { parsePage } from '../../src/search/page.js';
import { parseFilter } from '../../src/search/parse-filter.js';
import { countDevices } from '../../src/search/count.js';
import { SearchReport } from '../../src/search/search-report.js';
import { type DevicePage, type SearchContext, searchDevices } from '../../src/search/search.js';
import type { BenchArguments } from './arguments.js';
import { readFleet } from './fleet-device.js';
import { quantile, searchContext, shapesOf } from './measure.js';
import { Oracle } from './oracle.js';
import { type RandomSearch, randomSearch, toInput } from './random-search.js';
import { RandomSource } from './random-source.js';

const SEED = 20_261_121;
const PAGE = 50;
/** Devices of which values are taken. */
const SAMPLED = 2_000;

interface Timed {
  readonly ms: number;
  readonly search: RandomSearch;
  readonly shape: string;
  readonly fault: string | undefined;
}

export async function runRandomFilters(
  dataSource: DataSource,
  { devices, check, searches: count }: BenchArguments,
): Promise<void> {
  const sample = await readFleet(dataSource, Math.max(1, Math.floor(devices / SAMPLED)));
  const random = new RandomSource(SEED);
  const searches = Array.from({ length: count }, () => randomSearch(random, sample));
  const context = searchContext(new Database(dataSource));
  await timeAll(context, searches);
  if (check) await checkAll(context, searches, new Oracle(await readFleet(dataSource, 1)));
}

function pageOf(context: SearchContext, { filter, orderBy }: RandomSearch): Promise<DevicePage> {
  const search = { filter: parseFilter(toInput(filter)), order: parseOrder(orderBy) };
  return searchDevices(context, search, parsePage({ first: PAGE }));
}

async function timeAll(context: SearchContext, searches: readonly RandomSearch[]): Promise<void> {
  // Fills the caches.
  for (const search of searches) await timedSearch(context, search);
  const times: Timed[] = [];
  for (const search of searches) times.push(await timedSearch(context, search));
  report('all', times);
  report(
    'in order of id',
    times.filter(({ search }) => search.orderBy.length === 0),
  );
  report(
    'sorted',
    times.filter(({ search }) => search.orderBy.length > 0),
  );
  for (const { ms, search, shape, fault } of times.toSorted((a, b) => b.ms - a.ms).slice(0, 15)) {
    console.log(`${ms.toFixed(0)} ms ${fault ?? shape} ${JSON.stringify(search)}`);
  }
}

async function timedSearch(context: SearchContext, search: RandomSearch): Promise<Timed> {
  const searchReport = new SearchReport({ wantsPlan: true });
  const start = performance.now();
  const fault = await pageOf({ ...context, report: searchReport }, search).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  return { ms: performance.now() - start, search, shape: shapesOf(searchReport), fault };
}

async function checkAll(context: SearchContext, searches: readonly RandomSearch[], oracle: Oracle): Promise<void> {
  let differing = 0;
  for (const search of searches) {
    const { count, ids } = oracle.expected(search, PAGE);
    const wanted = `${count}: ${ids.join()}`;
    const got = await answerOf(context, search).catch(String);
    if (got === wanted) continue;
    differing += 1;
    console.log(`DIFFERENT: ${JSON.stringify(search)}\n  expected ${wanted}\n  got ${got}`);
  }
  console.log(`${searches.length} answers (ids of the page in order, and total) checked, ${differing} differ`);
  if (differing > 0) process.exitCode = 1;
}

/** The total, and the page's ids in order, as text to compare. */
async function answerOf(context: SearchContext, search: RandomSearch): Promise<string> {
  const page = await pageOf(context, search);
  const total = await countDevices(context, parseFilter(toInput(search.filter)));
  return `${total}: ${page.rows.map(({ id }) => id).join()}`;
}

function report(name: string, times: readonly Timed[]): void {
  const all = times.map(({ ms }) => ms);
  const shown = [0.5, 0.95, 0.99, 1].map((share) => quantile(all, share).toFixed(1));
  const faults = times.filter(({ fault }) => fault !== undefined).length;
  console.log(
    `${name}: ${all.length} searches, p50 ${shown[0]}, p95 ${shown[1]}, p99 ${shown[2]}, worst ${shown[3]} ms, ${faults} failed`,
  );
}
