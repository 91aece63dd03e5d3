/**
 * The first devices of each of 200 cohorts in one statement: LATERAL (what src/search/search.ts writes) against a
 * partitioned window, interleaved on the same tables. `npm run bench:nested -- [devices] [runs]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDataSource } from '../src/database/data-source.js';
import { startEmbeddedPostgres } from '../src/database/embedded/launcher.js';
import { migrate } from '../src/database/migrate.js';
import { createLogger } from '../src/logger.js';

const COHORTS = 200;
const PAGE = 5;

async function main(): Promise<void> {
  const devices = Number(process.argv[2] ?? 100_000);
  const runs = Number(process.argv[3] ?? 21);
  const folder = await mkdtemp(join(tmpdir(), 'fleetgraph-bench-'));
  const server = await startEmbeddedPostgres({ dataDir: folder, volatile: true, logger: createLogger('warn') });
  const dataSource = createDataSource({ url: server.url });
  try {
    await dataSource.initialize();
    await migrate(dataSource);
    await fill(devices);
    const [{ version }] = await dataSource.query(`select current_setting('server_version') as version`);
    const times: Record<keyof typeof STATEMENTS, number[]> = { lateral: [], window: [] };
    for (let run = 0; run <= runs; run += 1) {
      for (const name of ['lateral', 'window'] as const) {
        const start = performance.now();
        const rows: unknown[] = await dataSource.query(STATEMENTS[name]);
        if (rows.length !== COHORTS * PAGE) throw new Error(`${name} answered ${rows.length} rows`);
        // The first run of each fills the caches.
        if (run > 0) times[name].push(performance.now() - start);
      }
    }
    const ratios = times.lateral.map((time, index) => time / times.window[index]!);
    console.log(
      `${devices} devices, ${COHORTS} cohorts, page of ${PAGE}, ${runs} interleaved runs, Postgres ${version}`,
    );
    console.log(
      `lateral median ${median(times.lateral).toFixed(1)} ms, window median ${median(times.window).toFixed(1)} ms`,
    );
    console.log(`ratio lateral/window: median ${median(ratios).toFixed(3)}`);
  } finally {
    await dataSource.destroy();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }

  async function fill(count: number): Promise<void> {
    await dataSource.query(`insert into project (slug, name, created_at) values ('main', 'Main', now())`);
    await dataSource.query(
      `insert into cohort (project_id, name, slug, is_default, created_at, updated_at)
       select 1, 'cohort ' || n, 'cohort-' || n, n = 1, now(), now() from generate_series(1, $1::integer) n`,
      [COHORTS],
    );
    // Squared, so that a few cohorts are large and many small, as in real fleets.
    await dataSource.query(
      `insert into device (project_id, uuid, device_serial, test_mode, state, cohort_id, created_at, updated_at)
       select 1, gen_random_uuid(), 'S' || n, false, 'ACTIVE',
              1 + floor(((n * 7919) % 10007 / 10007.0) ^ 2 * $2::integer)::integer, now(), now()
       from generate_series(1, $1::integer) n`,
      [count, COHORTS],
    );
    await dataSource.query('vacuum analyze');
  }
}

const STATEMENTS = {
  lateral: `
    select parent.id, found.* from (select id from cohort where project_id = 1) parent
    cross join lateral (
      select d.id as device_id, d.device_serial from device d
      where d.project_id = 1 and d.cohort_id = parent.id order by d.id limit ${PAGE}) found`,
  window: `
    select * from (
      select d.cohort_id, d.id as device_id, d.device_serial,
             row_number() over (partition by d.cohort_id order by d.id) as position
      from device d where d.project_id = 1 and d.cohort_id = any(array(select id from cohort where project_id = 1))) ranked
    where position <= ${PAGE}`,
} as const;

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

void main();
