/**
 * Reports of devices against COPY of the same rows into the same indexed tables, in turns: `npm run bench:ingest --
 * --devices 100000 [--database-url URL] [--data-dir DIR] [--runs BATCHES]`. The fleet is changed by it, so a kept folder
 * is filled anew by the next program that wants it.
 */
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { AttributeKeys } from '../../src/attributes/keys.js';
import type { ChangeContext } from '../../src/changes/change-context.js';
import { reportAttributes } from '../../src/changes/report.js';
import { Database } from '../../src/database/query.js';
import { parseArguments } from '../search/arguments.js';
import { withFleet } from '../search/database.js';
import { readFleet } from '../search/fleet-device.js';
import { quantile } from '../search/measure.js';
import { RandomSource } from '../search/random-source.js';
import { loadByCopy, toCopy } from './load-by-copy.js';
import { changedReport, newReport, type Report } from './reports.js';
import { Frequencies } from '../../src/search/shapes/frequencies.js';

const BATCH = 500;
const CHANGED_SHARE = 0.35;

async function main(): Promise<void> {
  const args = parseArguments(process.argv.slice(2));
  await withFleet(args, async (dataSource, url) => {
    await dataSource.query('delete from bench.fleet');
    await printSize(dataSource);
    const random = new RandomSource(7);
    const devices = await readFleet(dataSource, Math.max(1, Math.floor(args.devices / 5_000)));
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      const batches = Array.from({ length: args.runs }, (_, batch) =>
        Array.from({ length: BATCH }, (__, index) => newReport(random, devices, `NEW-${batch}-${index}`)),
      );
      const changed = batches.map((batch) => batch.map((one) => changedReport(random, devices, one, CHANGED_SHARE)));
      const copy = (batch: readonly Report[], round: string) => copyOf(dataSource, client, batch, round);
      const report = (batch: readonly Report[]) => send(dataSource, batch);
      print('new devices', await inTurns(batches, report, (batch) => copy(batch, 'a')));
      print('re-reports, 35 % changed', await inTurns(changed, report, (batch) => copy(batch, 'b')));
      print('re-reports, unchanged', await inTurns(changed, report, (batch) => copy(batch, 'c')));
      await oneDevice(dataSource, changed[0]![0]!);
      await printSize(dataSource);
    } finally {
      await client.end();
    }
  });
}

interface Turn {
  readonly ours: number;
  readonly copy: number;
}

type Prepared = () => Promise<unknown>;

/** The first batch warms both up and does not count. */
async function inTurns(
  batches: readonly (readonly Report[])[],
  report: (batch: readonly Report[]) => Promise<Prepared>,
  copy: (batch: readonly Report[]) => Promise<Prepared>,
): Promise<Turn[]> {
  const turns: Turn[] = [];
  for (const batch of batches) {
    const ours = await timed(await report(batch));
    turns.push({ ours, copy: await timed(await copy(batch)) });
  }
  return turns.length > 1 ? turns.slice(1) : turns;
}

async function timed(work: Prepared): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function contextOf(dataSource: DataSource): ChangeContext {
  return {
    database: new Database(dataSource),
    attributeKeys: new AttributeKeys(),
    frequencies: new Frequencies(),
    projectId: '1',
    instant: new Date(),
    actor: 'bench',
  };
}

let kept: ChangeContext | undefined;

async function send(dataSource: DataSource, reports: readonly Report[]): Promise<Prepared> {
  kept ??= contextOf(dataSource);
  const context = kept;
  return () => reportAttributes(context, { reports, createMissing: true });
}

/** Rows of devices of the same values under other serials, made before the clock starts. */
async function copyOf(dataSource: DataSource, client: Client, batch: readonly Report[], round: string) {
  const ids: { id: string }[] = await dataSource.query(
    `select nextval(pg_get_serial_sequence('device', 'id')) as id from generate_series(1, $1)`,
    [batch.length],
  );
  const renamed = batch.map((report) => ({ ...report, deviceSerial: `COPY-${round}-${report.deviceSerial}` }));
  const rows = toCopy(
    renamed,
    ids.map(({ id }) => id),
  );
  return () => loadByCopy(client, rows);
}

function print(name: string, turns: readonly Turn[]): void {
  const rate = (pick: (turn: Turn) => number) => (BATCH * 1000) / quantile(turns.map(pick), 0.5);
  const ratio = quantile(
    turns.map(({ ours, copy }) => copy / ours),
    0.5,
  );
  console.log(
    `${name}: ${rate(({ ours }) => ours).toFixed(0)} devices/s, COPY ${rate(({ copy }) => copy).toFixed(0)}, ratio ${ratio.toFixed(2)}`,
  );
}

/** One device with three changed values against the plain update of three rows. */
async function oneDevice(dataSource: DataSource, report: Report): Promise<void> {
  const names = ['cpu_temperature', 'disk_free_mb', 'uptime_s'];
  const [{ id }] = await dataSource.query(`select id from device where project_id = 1 and device_serial = $1`, [
    report.deviceSerial,
  ]);
  const [other] = await dataSource.query(
    `select id from device where project_id = 1 and device_serial like 'COPY-a-%' limit 1`,
  );
  const stored: { value: number }[] = await dataSource.query(
    `select (attributes -> id ->> 0)::double precision as value
     from device_document, unnest(array['9', '10', '11']) with ordinality as k(id, n)
     where project_id = 1 and device_id = $1 order by n`,
    [other.id],
  );
  let before = stored.map(({ value }) => value);
  const ours: number[] = [];
  const plain: number[] = [];
  for (let run = 0; run < 200; run += 1) {
    const values = names.map((_, index) => run * 10 + index);
    const attributes = names.map((name, index) => ({ name, scope: 'MONITOR' as const, value: values[index]! }));
    const work = await send(dataSource, [{ ...report, attributes }]);
    ours.push(await timed(work));
    plain.push(
      await timed(() =>
        dataSource.query(
          `update posting_number p set value = new.value
           from unnest($2::integer[], $3::double precision[], $4::double precision[]) as new(key_id, old, value)
           where p.project_id = 1 and p.key_id = new.key_id and p.value = new.old and p.device_id = $1`,
          [other.id, [9, 10, 11], before, values],
        ),
      ),
    );
    before = values;
  }
  const ratio = quantile(
    ours.map((time, index) => time / plain[index]!),
    0.5,
  );
  console.log(
    `one device (${id}), three values: ${quantile(ours, 0.5).toFixed(2)} ms, plain update ${quantile(plain, 0.5).toFixed(2)} ms, ratio ${ratio.toFixed(2)}`,
  );
}

async function printSize(dataSource: DataSource): Promise<void> {
  const [size] = await dataSource.query(
    `select (sum(pg_total_relation_size(c.oid)) / (select count(*) from device))::integer as bytes
     from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`,
  );
  console.log(`disk: ${size.bytes} bytes per device`);
}

void main();
