/**
 * Makes the benchmark's fleet: everything follows from a device's number by a seeded hash, so the same number of devices
 * gives the same fleet everywhere. Postgres makes the rows on one connection, and COPY loads them on another, table by
 * table and in device order as devices report; secondary indexes are built afterwards.
 */
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { copyBetween } from './copy-between.js';
import { FLEET_ATTRIBUTES, random, zipf } from './fleet-attributes.js';

/** Increase when the fleet is made in another way: kept databases are then filled anew. */
const FLEET_VERSION = 2;

/** Projects and their share of the devices that were asked for; the first is the one that is measured. */
const PROJECTS = [1, 0.1, 0.001] as const;

export const FLEET_INSTANT = new Date('2026-11-01T12:00:00.000Z');
const INSTANT = `timestamptz '${FLEET_INSTANT.toISOString()}'`;

const FILLED_TABLES = [
  'device',
  'device_document',
  'device_count',
  'posting_text',
  'posting_number',
  'posting_boolean',
] as const;

/** Whether the database holds the fleet of so many devices already. Throws if it holds anything else. */
export async function hasFleet(dataSource: DataSource, devices: number): Promise<boolean> {
  const [{ marker }] = await dataSource.query(`select to_regclass('bench.fleet') as marker`);
  if (marker !== null) {
    const [fleet] = await dataSource.query(`select devices, version from bench.fleet`);
    if (fleet?.devices === devices && fleet.version === FLEET_VERSION) return true;
    if (fleet !== undefined) {
      throw new Error(
        `this database holds a fleet of ${fleet.devices} devices, version ${fleet.version}: take another folder`,
      );
    }
  }
  const rows: unknown[] = await dataSource.query(`select from project limit 1`);
  if (rows.length > 0 && marker === null) throw new Error('this database holds data that are not of this benchmark');
  return false;
}

/** `url` leads to the database of the data source. */
export async function makeFleet(
  dataSource: DataSource,
  url: string,
  devices: number,
  say: (text: string) => void,
): Promise<void> {
  const timed = async (what: string, work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    say(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  };
  const run = (what: string, text: string) => timed(what, () => dataSource.query(text));
  for (const text of FUNCTIONS) await dataSource.query(text);
  await dataSource.query(
    `truncate project, ${[...FILLED_TABLES, 'cohort', 'device_group', 'release', 'attribute_key'].join(', ')} cascade`,
  );
  await dataSource.query(`drop table if exists bench.plan, bench.value`);
  for (const text of smallTables()) await dataSource.query(text);
  await run('plan', planTable(devices));
  await run('values', VALUES);
  const indexes = await dropIndexes(dataSource);
  await withTwoClients(url, async (source, target) => {
    for (const { table, columns, rows } of LOADS) {
      await timed(`copy into ${table}`, () => copyBetween(source, rows, target, `${table} (${columns})`));
    }
  });
  for (const { name, text } of indexes) await run(name, text);
  for (const table of ['project', 'cohort', 'device_group', 'release', 'attribute_key', 'device']) {
    await dataSource.query(
      `select setval(pg_get_serial_sequence('${table}', 'id'), (select coalesce(max(id), 1) from ${table}))`,
    );
  }
  await dataSource.query(`drop table bench.plan, bench.value`);
  await run('vacuum and analyze', `vacuum (analyze, freeze)`);
  await dataSource.query(`insert into bench.fleet (devices, version) values ($1, $2)`, [devices, FLEET_VERSION]);
}

async function withTwoClients(url: string, work: (source: Client, target: Client) => Promise<void>): Promise<void> {
  const [source, target] = [new Client({ connectionString: url }), new Client({ connectionString: url })];
  try {
    await Promise.all([source.connect(), target.connect()]);
    await work(source, target);
  } finally {
    await Promise.all([source.end(), target.end()]);
  }
}

const FUNCTIONS = [
  `create schema if not exists bench`,
  `create table if not exists bench.fleet (devices integer not null, version integer not null)`,
  `create or replace function bench.random(n bigint, purpose integer) returns double precision
   language sql immutable parallel safe
   return ((hashint8extended(n, purpose) >> 11) & 9007199254740991)::double precision / 9007199254740992.0`,
  // Distinct numbers below 2^24 (the modulus is a prime), so that names and addresses are unique and in no order.
  `create or replace function bench.mix(n bigint) returns bigint
   language sql immutable parallel safe return (n * 11400714 + 5) % 16777213`,
  `create or replace function bench.mixed(n bigint) returns text
   language sql immutable parallel safe return lpad(bench.mix(n)::text, 8, '0')`,
  `create or replace function bench.mac(n bigint) returns text language sql immutable parallel safe
   return '52:54:00:' || lpad(to_hex(bench.mix(n) >> 16), 2, '0') || ':' ||
          lpad(to_hex((bench.mix(n) >> 8) & 255), 2, '0') || ':' || lpad(to_hex(bench.mix(n) & 255), 2, '0')`,
  `create or replace function bench.address(network integer, n bigint) returns text language sql immutable parallel safe
   return network || '.' || (bench.mix(n) >> 16) || '.' || ((bench.mix(n) >> 8) & 255) || '.' || (bench.mix(n) & 255)`,
];

function smallTables(): string[] {
  const perProject = (text: string) => text.replaceAll('PROJECTS', `generate_series(1, ${PROJECTS.length}) p`);
  return [
    perProject(`insert into project (id, slug, name, created_at)
                select p, 'project-' || p, 'Project ' || p, ${INSTANT} from PROJECTS`),
    perProject(`insert into cohort (project_id, id, name, slug, is_default, created_at, updated_at)
                select p, (p - 1) * 12 + n, 'cohort ' || n, 'cohort-' || n, n = 1, ${INSTANT}, ${INSTANT}
                from PROJECTS, generate_series(1, 12) n`),
    perProject(`insert into device_group (project_id, id, name, created_at, updated_at)
                select p, (p - 1) * 200 + n, 'group-' || n, ${INSTANT}, ${INSTANT}
                from PROJECTS, generate_series(1, 200) n`),
    perProject(`insert into release (project_id, id, version, created_at)
                select p, (p - 1) * 30 + n, (2 + n % 3) || '.' || (n % 10) || '.' || n, ${INSTANT} - n * interval '9 days'
                from PROJECTS, generate_series(1, 30) n`),
    ...FLEET_ATTRIBUTES.map(({ id, scope, name, type }) =>
      perProject(`insert into attribute_key (project_id, id, scope, source, name, type)
                  select p, (p - 1) * 100 + ${id}, '${scope}', 'api', '${name}', '${type}' from PROJECTS`),
    ),
  ];
}

/** What a device is, from which its own fields and its attributes follow. */
function planTable(devices: number): string {
  const sizes = PROJECTS.map((share) => Math.ceil(devices * share));
  const cohortShares = [0.32, 0.52, 0.64, 0.73, 0.8, 0.86, 0.9, 0.93, 0.96, 0.98, 0.99, 1];
  const cases = cohortShares.map((upTo, index) => `when ${random(1, 'n')} < ${upTo} then ${index + 1}`).join(' ');
  return `
    create unlogged table bench.plan as
    select n, p, ${zipf(2, 40, 1.21, 'n')} as kind, ${zipf(3, 12, 0.9, 'n')} as system, ${zipf(4, 30, 1, 'n')} as release,
           case ${cases} end as cohort,
           case when ${random(5, 'n')} < 0.6 then ${zipf(6, 200, 1.1, 'n')} end as grp,
           1 + floor(${random(7, 'n')} * 12)::integer as region
    from (select n::bigint as n, case when n <= ${sizes[0]} then 1 when n <= ${sizes[0]! + sizes[1]!} then 2 else 3 end as p
          from generate_series(1, ${sizes.reduce((sum, size) => sum + size, 0)}) n) numbered
    order by n`;
}

const SEEN = `case when ${random(40)} < 0.97
              then ${INSTANT} - interval '1 minute' - power(${random(41)}, 6) * interval '400 days' end`;

interface Load {
  readonly table: string;
  readonly columns: string;
  /** A query. */
  readonly rows: string;
}

const DEVICES: Load = {
  table: 'device',
  columns: `project_id, id, uuid, device_serial, owner_ref, hardware_version, manufacturer, device_code, test_mode,
            state, last_seen, last_seen_release_id, cohort_id, group_id, registered_by, created_at, updated_at,
            attributes_updated_at`,
  rows: `
    select f.p, f.n, md5('device ' || f.n)::uuid, 'SN-' || bench.mixed(f.n),
           case when ${random(42)} < 0.8 then 'owner-' || ${zipf(43, 5000)} end,
           case when ${random(44)} < 0.95 then 'rev-' || chr(64 + ${zipf(45, 8)}) end,
           'maker-' || (1 + f.kind % 12), case when ${random(46)} < 0.9 then 'code-' || (f.kind * 3 + f.system % 3) end,
           ${random(47)} < 0.02, case when ${random(48)} < 0.03 then 'DISABLED' else 'ACTIVE' end,
           ${SEEN}, case when ${random(40)} < 0.97 then (f.p - 1) * 30 + f.release end,
           (f.p - 1) * 12 + f.cohort, (f.p - 1) * 200 + f.grp, 'bench',
           ${INSTANT} - interval '400 days' - ${random(49)} * interval '1000 days',
           ${INSTANT} - ${random(50)} * interval '400 days',
           coalesce(${SEEN}, ${INSTANT} - interval '400 days')
    from bench.plan f order by f.n`,
};

const VALUES = `
  create unlogged table bench.value as
  select f.n, f.p, ${FLEET_ATTRIBUTES.map(({ id, value }) => `${value} as v${id}`).join(', ')}
  from bench.plan f order by f.n`;

const DOCUMENTS: Load = {
  table: 'device_document',
  columns: 'project_id, device_id, attributes',
  rows: `
    select p, n, jsonb_object_agg(((p - 1) * 100 + key)::text, jsonb_build_array(value, ${FLEET_INSTANT.getTime() - 86_400_000})
                                  order by key)
    from bench.value f, lateral (values ${FLEET_ATTRIBUTES.map(({ id }) => `(${id}, to_jsonb(v${id}))`).join(', ')}) a(key, value)
    where value is not null group by p, n`,
};

function postings(kind: 'text' | 'number' | 'boolean'): Load {
  const own = FLEET_ATTRIBUTES.filter(({ type }) =>
    ({ text: ['STRING', 'STRING_ARRAY'], number: ['NUMBER', 'NUMBER_ARRAY'], boolean: ['BOOLEAN'] })[kind].includes(
      type,
    ),
  );
  const values = own.map(({ id, type }) => `(${id}, ${type.endsWith('ARRAY') ? `v${id}` : `array[v${id}]`})`);
  return {
    table: `posting_${kind}`,
    columns: 'project_id, device_id, key_id, value',
    rows: `
      select p, n, (p - 1) * 100 + key, element
      from bench.value f, lateral (values ${values.join(', ')}) a(key, elements),
           lateral (select distinct element from unnest(elements) e(element)) e
      where element is not null order by n, key`,
  };
}

const COUNTS: Load = {
  table: 'device_count',
  columns: 'project_id, kind, owner_id, delta',
  rows: `
    select project_id, kind, owner_id, count(*)
    from device,
         lateral (values ('COHORT', cohort_id), ('GROUP', group_id), ('RELEASE', last_seen_release_id)) o(kind, owner_id)
    where owner_id is not null group by 1, 2, 3`,
};

const LOADS: readonly Load[] = [DEVICES, DOCUMENTS, postings('text'), postings('number'), postings('boolean'), COUNTS];

/**
 * Takes the indexes off the large tables, in whatever form the migrations have given them, and answers how to put them
 * back. Primary keys of tables that others refer to stay.
 */
async function dropIndexes(dataSource: DataSource): Promise<{ name: string; text: string }[]> {
  const tables = ['posting_text', 'posting_number', 'posting_boolean'];
  const constraints: { name: string; table: string; definition: string }[] = await dataSource.query(
    `select c.conname as name, c.conrelid::regclass::text as table, pg_get_constraintdef(c.oid) as definition
     from pg_constraint c join pg_class t on t.oid = c.conrelid
     where t.relname = any($1) and t.relkind = 'r' and c.contype in ('p', 'u')`,
    [tables],
  );
  const indexes: { name: string; definition: string }[] = await dataSource.query(
    `select i.relname as name, pg_get_indexdef(i.oid) as definition
     from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
     where t.relname = any($1) and t.relkind = 'r' and not exists (select from pg_constraint c where c.conindid = i.oid)`,
    [[...tables, 'device']],
  );
  for (const { name } of indexes) await dataSource.query(`drop index "${name}"`);
  for (const { name, table } of constraints) await dataSource.query(`alter table ${table} drop constraint "${name}"`);
  return [
    ...constraints.map(({ name, table, definition }) => ({
      name,
      text: `alter table ${table} add constraint "${name}" ${definition}`,
    })),
    ...indexes.map(({ name, definition }) => ({ name, text: definition })),
  ];
}
