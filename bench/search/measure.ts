/** Runs a workload through the search and by hand, in turns, and compares the answers. */
import { AttributeKeys } from '../../src/attributes/keys.js';
import { Database, type Transaction } from '../../src/database/query.js';
import type { SqlFragment } from '../../src/database/sql.js';
import { LIMITS } from '../../src/model/limits.js';
import { pageOfCatalogue, parseCatalogueSearch } from '../../src/search/catalogue.js';
import { facetsOfDevices, parseFacet } from '../../src/search/facets.js';
import { WHOLE_PROJECT } from '../../src/search/found-devices.js';
import { parseOrder } from '../../src/search/order.js';
import { parsePage } from '../../src/search/page.js';
import { parseFilter } from '../../src/search/parse-filter.js';
import { countDevices } from '../../src/search/count.js';
import { SearchReport } from '../../src/search/search-report.js';
import { type SearchContext, searchDevices } from '../../src/search/search.js';
import { parseStatistics, statisticsOfDevices } from '../../src/search/statistics.js';
import { FLEET_INSTANT } from './fleet.js';
import type { PageWorkload, Sample, Situation, Workload } from './workloads/workload.js';
import { Frequencies } from '../../src/search/shapes/frequencies.js';

/** Keeps the statements that it runs, so that their plans can be shown. */
export class RecordingDatabase extends Database {
  statements: { name: string; statement: SqlFragment }[] = [];

  override rows<Row>(name: string, statement: SqlFragment, options?: { timeoutMs?: number }): Promise<Row[]> {
    this.statements.push({ name, statement });
    return super.rows<Row>(name, statement, options);
  }

  override transaction<T>(
    name: string,
    work: (transaction: Transaction) => Promise<T>,
    options?: { timeoutMs?: number },
  ): Promise<T> {
    return super.transaction(
      name,
      (transaction) =>
        work({
          ...transaction,
          rows: (statementName, statement) => {
            if (this.statements.at(-1)?.statement !== statement) {
              this.statements.push({ name: statementName, statement });
            }
            return transaction.rows(statementName, statement);
          },
        }),
      options,
    );
  }
}

export interface Measured {
  readonly name: string;
  /** Number of rows of the page, or what was counted. */
  readonly rows: number;
  readonly ours: Times | undefined;
  readonly byHand: Times;
  readonly ratio: number | undefined;
  /** How the search was carried out the last time; empty if it does not tell. */
  readonly shape: string;
  readonly fault: string | undefined;
}

export interface Times {
  readonly p50: number;
  readonly p95: number;
}

function timesOf(times: readonly number[]): Times {
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95) };
}

export function quantile(numbers: readonly number[], share: number): number {
  const ordered = numbers.toSorted((x, y) => x - y);
  return ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * share))] ?? Number.NaN;
}

export function searchContext(database: Database): SearchContext {
  return {
    database,
    attributeKeys: new AttributeKeys(),
    frequencies: new Frequencies(),
    projectId: '1',
    instant: FLEET_INSTANT,
  };
}

/** Of the searches that put them into the report. */
export function shapesOf(report: SearchReport): string {
  return report.plans.map(({ shape }) => shape).join('; ');
}

/** An answer, as text to compare, and its size. */
interface Answer {
  readonly text: string;
  readonly rows: number;
}

export async function measure(
  workload: Workload,
  context: SearchContext,
  sample: Sample,
  runs: number,
): Promise<Measured> {
  const after =
    workload.kind === 'page' && workload.deep === true ? await middle(workload, context, sample) : undefined;
  const situation: Situation = { sample, after: after?.row };
  const byHand = () => answerByHand(workload, context, situation);
  let report = new SearchReport({ wantsPlan: true });
  const ours = () => {
    report = new SearchReport({ wantsPlan: true });
    return answerOurs(workload, { ...context, report }, sample, after?.cursor);
  };
  const handTimes: number[] = [];
  const ourTimes: number[] = [];
  let fault: string | undefined;
  let rows = 0;
  for (let run = 0; run <= runs; run += 1) {
    const [hand, handMs] = await timed(byHand);
    rows = hand.rows;
    if (run > 0) handTimes.push(handMs);
    if (fault !== undefined) continue;
    try {
      const [own, ownMs] = await timed(ours);
      if (own.text !== hand.text) fault = `DIFFERENT ROWS: ours ${own.rows}, by hand ${hand.rows}`;
      if (run > 0) ourTimes.push(ownMs);
    } catch (error) {
      fault = error instanceof Error ? error.message.slice(0, 120) : String(error);
    }
  }
  const ratios = ourTimes.map((time, index) => time / handTimes[index]!);
  return {
    name: workload.name,
    rows,
    ours: ourTimes.length === 0 ? undefined : timesOf(ourTimes),
    byHand: timesOf(handTimes),
    ratio: ratios.length === 0 ? undefined : quantile(ratios, 0.5),
    shape: shapesOf(report),
    fault,
  };
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const result = await work();
  return [result, performance.now() - start];
}

async function answerOurs(
  workload: Workload,
  context: SearchContext,
  sample: Sample,
  after: string | undefined,
): Promise<Answer> {
  if (workload.kind === 'catalogue') {
    const { nameContains } = workload;
    const found = await pageOfCatalogue(context, parseCatalogueSearch(nameContains, undefined), parsePage({}));
    return answer(found.rows.map(({ name, scope, source }) => [name, scope, source].join('/')));
  }
  const filter = parseFilter(workload.filter?.(sample));
  switch (workload.kind) {
    case 'count': {
      const count = await countDevices(context, filter);
      return { text: String(count), rows: count };
    }
    case 'facet': {
      const facets = await facetsOfDevices(context, { filter }, parseFacet(workload.by, 20));
      return answer(
        facets.get(WHOLE_PROJECT)?.buckets.map(({ value, deviceCount }) => `${value}: ${deviceCount}`) ?? [],
      );
    }
    case 'statistics': {
      const request = parseStatistics({ name: workload.attribute }, [50, 95, 99], 20);
      const statistics = (await statisticsOfDevices(context, { filter }, request)).get(WHOLE_PROJECT);
      return answer(statistics?.percentiles.map(({ value }) => value?.toFixed(6) ?? '') ?? []);
    }
    case 'page': {
      const page = parsePage({ ...workload.page, ...(after !== undefined && { after }) });
      const found = await searchDevices(context, { filter, order: parseOrder(workload.orderBy) }, page);
      return answer(found.rows.map(({ id }) => id));
    }
  }
}

/** Under a limit of time too, as every search is, so that both pay for it. */
async function answerByHand(workload: Workload, context: SearchContext, situation: Situation): Promise<Answer> {
  const rows = await context.database.rows<HandRow>('bench.byHand', workload.byHand(situation), { timeoutMs: 60_000 });
  switch (workload.kind) {
    case 'catalogue':
      return answer(rows.map(({ name, scope, source }) => [name, scope, source].join('/')));
    case 'count':
      return { text: String(rows[0]?.count), rows: rows[0]?.count ?? 0 };
    case 'facet':
      return answer(rows.map(({ value, count }) => `${value}: ${count}`));
    case 'statistics':
      return answer(rows[0]?.percentiles.map((value) => value.toFixed(6)) ?? []);
    case 'page': {
      const page = parsePage(workload.page ?? {});
      const ids = rows.slice(0, page.size).map(({ id }) => id);
      return answer(page.backward ? ids.toReversed() : ids);
    }
  }
}

/** What statements by hand answer, each its part of it. */
interface HandRow {
  readonly id: string;
  readonly count: number;
  readonly value: string;
  readonly percentiles: readonly number[];
  readonly name: string;
  readonly scope: string;
  readonly source: string;
}

function answer(parts: readonly string[]): Answer {
  return { text: parts.join('\n'), rows: parts.length };
}

/** A cursor in the middle of a result, and the device it stands at. */
async function middle(workload: PageWorkload, context: SearchContext, sample: Sample) {
  const filter = parseFilter(workload.filter?.(sample));
  const search = { filter, order: parseOrder(workload.orderBy) };
  const count = await countDevices(context, filter);
  const offset = Math.min(LIMITS.offset, Math.floor(count / 2));
  let page = await searchDevices(context, search, parsePage({ first: 1, offset }));
  let row = page.rows[0]!;
  let cursor = page.cursorOf(row);
  for (let passed = offset + 500; passed < count / 2; passed += 500) {
    page = await searchDevices(context, search, parsePage({ first: 500, after: cursor }));
    row = page.rows.at(-1)!;
    cursor = page.cursorOf(row);
  }
  return { row, cursor };
}
