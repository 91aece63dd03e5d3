/** Statistics of a numeric attribute: for the devices of the whole project, or of many parents at once. */
import { commaSeparated, integerLiteral, join, sql, type SqlFragment } from '../database/sql.js';
import { badInput, limitExceeded } from '../errors.js';
import { compileCountingValues } from './counting-values.js';
import type { AttributeName } from './filter.js';
import { type CountedDevices, findDevices } from './found-devices.js';
import { type AttributeKeyInput, parseAttributeKey } from './parse-attribute-key.js';
import { runCount } from './run-count.js';
import type { SearchContext } from './search.js';
import { SearchRun } from './search-run.js';
import { warnAboutStatistics } from './warnings.js';

export interface StatisticsRequest {
  readonly attribute: AttributeName;
  /** From 0 to 100, in the order in which they are answered. */
  readonly percents: readonly number[];
  /** Buckets of the histogram. */
  readonly buckets: number;
}

export interface NumberStatistics {
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly standardDeviation: number | null;
  readonly percentiles: readonly { readonly percent: number; readonly value: number | null }[];
  readonly histogram: readonly { readonly from: number; readonly to: number; readonly count: number }[];
}

const MAX_PERCENTILES = 100;
const MAX_BUCKETS = 200;

/** Throws BAD_USER_INPUT or LIMIT_EXCEEDED with the path. An explicit null passes the defaults of the schema. */
export function parseStatistics(
  attribute: AttributeKeyInput,
  percentiles: readonly (number | null)[] | null,
  buckets: number | null,
): StatisticsRequest {
  if (percentiles === null) throw badInput('percentiles', 'a list of numbers from 0 to 100, got null');
  if (percentiles.length > MAX_PERCENTILES) {
    throw limitExceeded('percentiles', `at most ${MAX_PERCENTILES}, got ${percentiles.length}`);
  }
  if (buckets === null || buckets < 1 || buckets > MAX_BUCKETS) {
    throw badInput('buckets', `a number from 1 to ${MAX_BUCKETS}, got ${buckets}`);
  }
  const percents = percentiles.map((percent, index) => {
    if (percent !== null && percent >= 0 && percent <= 100) return percent;
    throw badInput(`percentiles[${index}]`, `a number from 0 to 100, got ${percent}`);
  });
  return { attribute: parseAttributeKey(attribute, 'attribute'), percents, buckets };
}

/** Of no numbers. */
export function emptyStatistics({ percents }: StatisticsRequest): NumberStatistics {
  return {
    count: 0,
    min: null,
    max: null,
    mean: null,
    standardDeviation: null,
    percentiles: percents.map((percent) => ({ percent, value: null })),
    histogram: [],
  };
}

/** All but count, min and max are multiplied by `scale`. */
interface StatisticsRow {
  readonly parent: string;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly scale: number;
  readonly mean: number;
  readonly deviation: number;
  readonly percentiles: readonly number[];
  /** Lower ends of the buckets. */
  readonly edges: readonly number[];
  /** Numbers of the buckets that are not empty, from 1 on, and of what is in each. */
  readonly bars: readonly number[];
  readonly counts: readonly number[];
}

/**
 * The statistics of each parent, by its id, or of the whole project under WHOLE_PROJECT, in one statement. A parent
 * without numbers is absent: `emptyStatistics` is its answer.
 */
export async function statisticsOfDevices(
  context: SearchContext,
  counted: CountedDevices,
  request: StatisticsRequest,
): Promise<ReadonlyMap<string, NumberStatistics>> {
  const { attributeKeys, database, projectId } = context;
  const { attribute, percents, buckets } = request;
  const run = new SearchRun(context.report, 'search.statistics');
  // Sent together: each trip to the database is time that the caller waits.
  const [found, keys] = await Promise.all([
    findDevices(context, counted, run),
    attributeKeys.byNames(run.watch(database), projectId, [attribute.name]),
  ]);
  warnAboutStatistics(context, attribute, keys);
  const { definitions, numbers } = compileCountingValues(attribute, keys, projectId, found);
  if (numbers.length === 0) {
    run.end({ shape: found.shape, estimates: [], rows: 0 });
    return new Map();
  }
  const rows = await runCount<StatisticsRow>(
    run.watch(database),
    'search.statistics',
    sql`with ${commaSeparated([
      ...definitions,
      // Read twice, and sorted once: percentiles and histogram are of the same numbers.
      sql`plain as materialized (select e.parent, e.value from (${join(numbers, sql` union all `)}) e)`,
      sql`extent as (select e.parent, e.min, e.max, ${SCALE} as scale
                     from (select p.parent, min(p.value), max(p.value) from plain p group by p.parent) e)`,
      sql`scaled as (select p.parent, ${scaled(sql`p.value`)} as value from plain p join extent e on e.parent = p.parent)`,
      sql`summary as (select s.parent, count(*) as count, avg(s.value) as mean, stddev_pop(s.value) as deviation,
                             percentile_cont(${percents.map((percent) => percent / 100)}::double precision[])
                               within group (order by s.value) as percentiles
                      from scaled s group by s.parent)`,
      sql`ends as (select e.*, ${scaled(sql`e.min`)} as low, ${scaled(sql`e.max`)} as high from extent e)`,
      sql`grid as (select e.*, array(select e.low + (e.high - e.low) * i / ${integerLiteral(buckets)}
                                     from generate_series(0, ${integerLiteral(buckets - 1)}) i order by i) as edges
                   from ends e)`,
      // By the very edges that are answered, so that rounding cannot put a number beside its bucket.
      sql`bar as (select s.parent, width_bucket(s.value, g.edges) as bar, count(*) as count
                  from scaled s join grid g on g.parent = s.parent group by s.parent, 2)`,
    ])}
    select g.parent, s.count::integer as count, g.min, g.max, g.scale, s.mean, s.deviation, s.percentiles, g.edges,
           b.bars, b.counts
    from grid g
    join summary s on s.parent = g.parent
    join (select b.parent, array_agg(b.bar) as bars, array_agg(b.count::integer) as counts
          from bar b group by b.parent) b on b.parent = g.parent`,
    'wholeLists',
  );
  run.end({ shape: found.shape, estimates: [], rows: rows.length });
  return new Map(rows.map((row) => [row.parent, toStatistics(row, request)]));
}

/**
 * Sums of squares of the largest doubles overflow, of the smallest ones underflow, and Postgres refuses either. So where
 * the largest of the numbers is near an end, all are multiplied by a power of two, which is exact.
 */
const DOWN = 2 ** -664;
const UP = 2 ** 664;
const SCALE = sql`(case when greatest(abs(e.min), abs(e.max)) > 1e140 then ${DOWN}::double precision
                        when greatest(abs(e.min), abs(e.max)) < 1e-140 then ${UP}::double precision
                        else 1 end)`;

function scaled(value: SqlFragment): SqlFragment {
  // Beside numbers over 1e140, one below 1e-80 is nothing; to make it smaller still would be refused.
  return sql`(case when e.scale = 1 then ${value} when e.scale < 1 and abs(${value}) < 1e-80 then 0
                   else ${value} * e.scale end)`;
}

function toStatistics(row: StatisticsRow, { percents, buckets }: StatisticsRequest): NumberStatistics {
  const { count, min, max, scale } = row;
  // Rounding must not lead out of the range.
  const unscaled = (value: number) => Math.min(Math.max(value / scale, min), max);
  const percentiles = percents.map((percent, index) => ({ percent, value: unscaled(row.percentiles[index]!) }));
  // Numbers that are all equal have no width to divide.
  if (min === max) {
    return {
      count,
      min,
      max,
      mean: min,
      standardDeviation: 0,
      percentiles,
      histogram: [{ from: min, to: max, count }],
    };
  }
  const countByBar = new Map(row.bars.map((bar, index) => [bar, row.counts[index]!]));
  const edges = row.edges.map(unscaled);
  return {
    count,
    min,
    max,
    mean: unscaled(row.mean),
    standardDeviation: row.deviation / scale,
    percentiles,
    histogram: Array.from({ length: buckets }, (_, index) => ({
      from: edges[index]!,
      to: edges[index + 1] ?? max,
      count: countByBar.get(index + 1) ?? 0,
    })),
  };
}
