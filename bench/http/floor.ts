/**
 * What one would write by hand for just these queries: node:http, pg, a named prepared statement for each, no GraphQL.
 * `DATABASE_URL` names the database, `POOL_SIZE` the connections; prints the address when it is ready.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool, type QueryResultRow } from 'pg';
import { PAGE_SIZE, type QueryId, type WantedAttribute } from './queries.js';

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.POOL_SIZE) });
pool.on('error', (fault) => console.error(fault));

async function rowsOf<Row extends QueryResultRow>(name: string, text: string, values: unknown[]): Promise<Row[]> {
  return (await pool.query<Row>({ name, text, values })).rows;
}

const KEY = `select project_id from api_key
  where secret_hash = $1 and revoked_at is null and (expires_at is null or expires_at > now())`;

function keyHash({ headers: { authorization } }: IncomingMessage): Buffer | undefined {
  if (authorization === undefined || !authorization.startsWith('Bearer ')) return undefined;
  return createHash('sha256').update(authorization.slice('Bearer '.length)).digest();
}

/** The project of a key, looked up each time, so that a revoked key stops to work at once. */
async function projectOf(request: IncomingMessage): Promise<number | undefined> {
  const hash = keyHash(request);
  if (hash === undefined) return undefined;
  const [key] = await rowsOf<{ project_id: number }>('key', KEY, [hash]);
  return key?.project_id;
}

interface Name {
  readonly id: string;
  readonly name: string;
  /** Place among all, in which attributes are shown. */
  readonly rank: number;
}

/** They are never changed: an id that is not known is looked up, and then known. */
const namesByProject = new Map<number, Map<string, Name>>();

async function namesOf(project: number, again: boolean): Promise<Map<string, Name>> {
  const known = namesByProject.get(project);
  if (known !== undefined && !again) return known;
  const rows = await rowsOf<{ id: string; name: string }>(
    'names',
    `select id, name from attribute_key where project_id = $1 order by name, scope, source`,
    [project],
  );
  const names = new Map(rows.map((row, rank) => [row.id, { ...row, rank }]));
  namesByProject.set(project, names);
  return names;
}

type Stored = Readonly<Record<string, readonly [value: unknown, ...rest: unknown[]]>>;

async function attributesOf(project: number, documents: readonly (Stored | null)[]): Promise<object[][]> {
  let names = await namesOf(project, false);
  const unknown = documents.some((document) => document && Object.keys(document).some((id) => !names.has(id)));
  if (unknown) names = await namesOf(project, true);
  return documents.map((document) =>
    Object.entries(document ?? {})
      .map(([id, [value]]) => ({ key: names.get(id)!, value }))
      .toSorted((a, b) => a.key.rank - b.key.rank)
      .map(({ key, value }) => ({ name: key.name, value })),
  );
}

const COUNTS = `(select n.owner_id, sum(n.delta)::integer as count from device_count n
                 where n.project_id = $1 and n.kind = 'COHORT' group by n.owner_id)`;

const DEVICE = `select d.device_serial, d.hardware_version, d.state, d.last_seen, c.name, c.slug, g.name as group_name
  from device d
  join cohort c on c.project_id = $1 and c.id = d.cohort_id
  left join device_group g on g.project_id = $1 and g.id = d.group_id
  where d.project_id = $1 and d.device_serial = $2`;

/** No row: there is no such device, or no such key. */
const DEVICE_BY_KEY = `with key as materialized (${KEY})
  select d.device_serial, d.hardware_version, d.state, d.last_seen, c.name, c.slug, g.name as group_name
  from key
  join device d on d.project_id = key.project_id and d.device_serial = $2
  join cohort c on c.project_id = key.project_id and c.id = d.cohort_id
  left join device_group g on g.project_id = key.project_id and g.id = d.group_id`;

const page = (counted: boolean) => `
  select d.device_serial, d.state, c.name, c.slug, g.name as group_name, o.attributes ${counted ? ', n.count' : ''}
  from (select id, device_serial, state, cohort_id, group_id from device
        where project_id = $1 and id > $2 order by id limit ${PAGE_SIZE + 1}) d
  join cohort c on c.project_id = $1 and c.id = d.cohort_id
  ${counted ? `left join ${COUNTS} n on n.owner_id = c.id` : ''}
  left join device_group g on g.project_id = $1 and g.id = d.group_id
  left join device_document o on o.project_id = $1 and o.device_id = d.id
  order by d.id`;
const PAGE = page(false);
const COUNTED_PAGE = page(true);

const SEARCH = `select d.device_serial, (
    select jsonb_object_agg(k.id, o.attributes -> k.id) from unnest($5::text[]) as k(id) where o.attributes ? k.id) as attributes
  from (
    select s.id from (
      select a.device_id as id from posting_text a
      join posting_text b on b.device_id = a.device_id and b.project_id = $1 and b.key_id = 14 and b.value = $3
      where a.project_id = $1 and a.key_id = 1 and a.value = $2 order by a.device_id offset 0) s
    where exists (select from device_document o where o.project_id = $1 and o.device_id = s.id
                  and (o.attributes -> '9' ->> 0)::double precision > $4 offset 0)
    order by s.id limit ${PAGE_SIZE + 1}) page
  join device d on d.project_id = $1 and d.id = page.id
  join device_document o on o.project_id = $1 and o.device_id = page.id
  order by d.id`;

const COHORTS = `select c.name, c.slug, coalesce(n.count, 0) as count, d.device_serial, d.state
  from cohort c
  left join ${COUNTS} n on n.owner_id = c.id
  left join lateral (
    select id, device_serial, state from device
    where project_id = $1 and cohort_id = c.id order by id limit 5) d on true
  where c.project_id = $1 order by c.slug, d.id`;

interface PageRow {
  readonly device_serial: string;
  readonly state: string;
  readonly name: string;
  readonly slug: string;
  readonly count?: number;
  readonly group_name: string | null;
  readonly attributes: Stored | null;
}

async function answerPage(project: number, after: string, counted: boolean) {
  const found = await rowsOf<PageRow>(counted ? 'counted' : 'page', counted ? COUNTED_PAGE : PAGE, [project, after]);
  const rows = found.slice(0, PAGE_SIZE);
  const attributes = await attributesOf(
    project,
    rows.map((row) => row.attributes),
  );
  const nodes = rows.map(({ device_serial: deviceSerial, state, name, slug, count, group_name: group }, index) => ({
    deviceSerial,
    state,
    cohort: counted ? { name, slug, deviceCount: count } : { name, slug },
    group: group === null ? null : { name: group },
    attributes: attributes[index],
  }));
  return { devices: { nodes, pageInfo: { hasNextPage: found.length > PAGE_SIZE } } };
}

interface SearchInput {
  readonly kind: string;
  readonly region: string;
  readonly warmerThan: number;
  readonly names: readonly string[];
}

async function answerSearch(project: number, { kind, region, warmerThan, names }: SearchInput) {
  const known = await namesOf(project, false);
  const ids = [...known.values()].flatMap(({ id, name }) => (names.includes(name) ? [id] : []));
  const found = await rowsOf<PageRow>('search', SEARCH, [project, kind, region, warmerThan, ids]);
  const rows = found.slice(0, PAGE_SIZE);
  const attributes = await attributesOf(
    project,
    rows.map((row) => row.attributes),
  );
  const nodes = rows.map(({ device_serial: deviceSerial }, index) => ({ deviceSerial, attributes: attributes[index] }));
  return { devices: { nodes, pageInfo: { hasNextPage: found.length > PAGE_SIZE } } };
}

type DeviceRow = PageRow & { readonly hardware_version: string | null; readonly last_seen: Date | null };

async function answerDevice(project: number, serial: string) {
  return deviceOf((await rowsOf<DeviceRow>('device', DEVICE, [project, serial]))[0]);
}

function deviceOf(row: DeviceRow | undefined) {
  if (row === undefined) return { device: null };
  const { device_serial: deviceSerial, hardware_version: hardwareVersion, state, last_seen: lastSeen } = row;
  const group = row.group_name === null ? null : { name: row.group_name };
  return {
    device: { deviceSerial, hardwareVersion, state, lastSeen, cohort: { name: row.name, slug: row.slug }, group },
  };
}

async function answerCohorts(project: number) {
  const rows = await rowsOf<PageRow>('cohorts', COHORTS, [project]);
  const nodes: { slug: string; devices: { nodes: object[] } }[] = [];
  for (const { name, slug, count: deviceCount, device_serial: deviceSerial, state } of rows) {
    let cohort = nodes.at(-1);
    if (cohort?.slug !== slug) {
      nodes.push((cohort = { name, slug, deviceCount, devices: { nodes: [] } } as (typeof nodes)[number]));
    }
    if (deviceSerial !== null) cohort.devices.nodes.push({ deviceSerial, state });
  }
  return { cohorts: { nodes } };
}

async function setAttributes(project: number, serial: string, wanted: readonly WantedAttribute[]) {
  const [row] = await rowsOf<PageRow>(
    'set',
    `select d.device_serial from bench_http.set_device_attributes($1, $2, $3) d`,
    [project, serial, JSON.stringify(wanted)],
  );
  return { device: { deviceSerial: row!.device_serial } };
}

async function moveDevices(project: number, slug: string, serials: readonly string[]) {
  const [row] = await rowsOf<{ matched_count: number; changed_count: number }>(
    'move',
    `select m.matched_count, m.changed_count from bench_http.move_devices_to_cohort($1, $2, $3) m`,
    [project, slug, serials],
  );
  return { moved: { matchedCount: row!.matched_count, changedCount: row!.changed_count } };
}

type Answerer = (project: number, input: never) => Promise<object>;

const ANSWERERS: Readonly<Record<QueryId, Answerer>> = {
  Q1: (project, { serial }: { serial: string }) => answerDevice(project, serial),
  Q2: (project, { after }: { after: string }) => answerPage(project, after, true),
  Q2n: (project, { after }: { after: string }) => answerPage(project, after, false),
  Q3: answerSearch,
  Q4: answerCohorts,
  Q5: (project, { serial, wanted }: { serial: string; wanted: readonly WantedAttribute[] }) =>
    setAttributes(project, serial, wanted),
  Q6: (project, { slug, serials }: { slug: string; serials: readonly string[] }) => moveDevices(project, slug, serials),
};

interface Answer {
  readonly status: number;
  readonly body: object;
}

async function answerAtOnce(request: IncomingMessage): Promise<Answer> {
  const { serial } = (await readBody(request)) as { serial: string };
  const [row] = await rowsOf<DeviceRow>('device by key', DEVICE_BY_KEY, [keyHash(request), serial]);
  if (row !== undefined) return { status: 200, body: { data: deviceOf(row) } };
  const project = await projectOf(request);
  return project === undefined ? UNAUTHENTICATED : { status: 200, body: { data: deviceOf(row) } };
}

const UNAUTHENTICATED: Answer = { status: 401, body: { errors: [{ message: 'no such key' }] } };

async function answer(request: IncomingMessage): Promise<Answer> {
  if (request.url === '/Q1/one') return answerAtOnce(request);
  const [project, input] = await Promise.all([projectOf(request), readBody(request)]);
  if (project === undefined) return UNAUTHENTICATED;
  const answerer = (ANSWERERS as Partial<Record<string, Answerer>>)[(request.url ?? '').slice(1)];
  if (answerer === undefined) return { status: 404, body: { errors: [{ message: 'no such query' }] } };
  return { status: 200, body: { data: await answerer(project, input as never) } };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  await new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', resolve).once('error', reject);
  });
  return JSON.parse(Buffer.concat(chunks).toString());
}

const server = createServer((request, response) => {
  void answer(request)
    .catch((fault: unknown) => {
      console.error(fault);
      return { status: 500, body: { errors: [{ message: 'a fault of the server' }] } };
    })
    .then(({ status, body }) => {
      const bytes = Buffer.from(JSON.stringify(body));
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes);
    });
});
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`ready at http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on('SIGTERM', () => process.exit(0));
