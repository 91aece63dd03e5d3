/**
 * Searches of a large fleet, each against the best statement written by hand for it:
 * `npm run bench:search -- --devices 100000 [--database-url URL] [--data-dir DIR] [--only EXPRESSION] [--runs N]
 * [--explain] [--json FILE]`, and random ones with `--random [--searches N] [--check]`. `--growth FILE FILE` compares what
 * two runs have written.
 */
import type { DataSource } from 'typeorm';
import { parseArguments, type BenchArguments } from './arguments.js';
import { withFleet } from './database.js';
import { type Measured, measure, RecordingDatabase, searchContext, type Times } from './measure.js';
import { runRandomFilters } from './random-filters.js';
import { printGrowth, writeResults } from './results.js';
import type { Sample } from './workloads/workload.js';
import { WORKLOADS } from './workloads/workloads.js';

async function main(): Promise<void> {
  const args = parseArguments(process.argv.slice(2));
  if (args.growth !== undefined) return printGrowth(args.growth);
  await withFleet(args, async (dataSource) => {
    const [{ version }] = await dataSource.query(`select current_setting('server_version') as version`);
    console.log(`${args.devices} devices, ${args.runs} runs in turns, Postgres ${version}, Node ${process.version}`);
    if (args.random) await runRandomFilters(dataSource, args);
    else {
      const workloads = await runWorkloads(dataSource, args);
      const { devices, runs, json } = args;
      if (json !== undefined) await writeResults(json, { devices, runs, postgres: version, workloads });
    }
  });
}

async function runWorkloads(
  dataSource: DataSource,
  { devices, runs, only, explain }: BenchArguments,
): Promise<Measured[]> {
  const database = new RecordingDatabase(dataSource);
  const context = searchContext(database);
  const sample = await readSample(dataSource, Math.ceil(devices / 2));
  console.log(
    '| workload | rows | ours p50 | p95 | by hand p50 | p95 | ratio | shape |\n|---|---|---|---|---|---|---|---|',
  );
  const results: Measured[] = [];
  for (const workload of WORKLOADS) {
    if (only !== undefined && !only.test(workload.name)) continue;
    database.statements = [];
    const measured = await measure(workload, context, sample, runs);
    results.push(measured);
    console.log(lineOf(measured));
    if (explain) await explainLast(dataSource, database);
  }
  return results;
}

async function readSample(dataSource: DataSource, id: number): Promise<Sample> {
  const [sample] = await dataSource.query(
    `select id, device_serial as "deviceSerial", attributes -> '4' ->> 0 as mac, attributes -> '13' -> 0 ->> 0 as address
     from device join device_document on device_id = id where id = $1`,
    [id],
  );
  return sample;
}

function lineOf({ name, rows, ours, byHand, ratio, shape, fault }: Measured): string {
  const times = (one: Times | undefined) => (one === undefined ? ['', ''] : [one.p50.toFixed(1), one.p95.toFixed(1)]);
  const cells = [
    name,
    rows,
    ...times(ours),
    ...times(byHand),
    ratio?.toFixed(2) ?? '',
    [fault, shape].filter(Boolean).join(', '),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The plans of the last statements of each name. */
async function explainLast(dataSource: DataSource, database: RecordingDatabase): Promise<void> {
  const last = new Map(database.statements.map(({ name, statement }) => [name, statement]));
  for (const [name, statement] of last) {
    const { text, values } = statement.compile();
    const rows: { 'QUERY PLAN': string }[] = await dataSource.query(`explain (analyze, buffers) ${text}`, values);
    console.log(`--- ${name}\n${rows.map((row) => row['QUERY PLAN']).join('\n')}`);
  }
}

void main();
