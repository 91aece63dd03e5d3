/** Statements that nobody waits for any more, or for which there is no time left, are gone from the database. */
import { startServer, type TestProject, type TestServer } from '../support/server.js';
import { answered, within } from '../support/in-time.js';

/** Statements of the gateway that are at work or wait for a lock. */
const BUSY = `select query, state from pg_stat_activity
  where datname = current_database() and application_name = 'fleetgraph' and state <> 'idle'`;

const SEARCH = '{ devices { nodes { id } } }';
const LOOK_UP = '{ device(deviceSerial: "d") { deviceSerial } }';
const CREATE = 'mutation { createDevice(input: {deviceSerial: "new"}) { created } }';
const BULK = 'mutation { deleteDevices(input: {devices: {all: true}}) { changedCount } }';

let server: TestServer;
let project: TestProject;

async function start(env: Record<string, string> = {}): Promise<void> {
  server = await startServer(env);
  project = await server.createProject();
  await project.ask('mutation { createDevice(input: {deviceSerial: "d"}) { created } }');
}

async function nothingRuns(): Promise<boolean> {
  return (await server.sql(BUSY)).length === 0;
}

/** Whether the operation has come as far as the table that is locked. */
async function isStuck(): Promise<boolean> {
  return (await server.sql(`${BUSY} and wait_event_type = 'Lock'`)).length > 0;
}

async function serials(): Promise<string[]> {
  const rows = await server.sql<{ serial: string }>('select device_serial as serial from device order by 1');
  return rows.map(({ serial }) => serial);
}

/** Sends an operation, and leaves before it is answered: as soon as `condition` holds. */
async function leave(query: string, condition: () => Promise<boolean>): Promise<void> {
  const leaving = new AbortController();
  const answer = fetch(server.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${project.key}` },
    body: JSON.stringify({ query }),
    signal: leaving.signal,
  });
  const left = expect(answer).rejects.toThrow('aborted');
  await within(3_000, condition);
  leaving.abort();
  await left;
}

const COMMITS = `${BUSY} and query = 'commit'`;

/** A constraint that is checked at the commit waits there until the answer is called. */
async function holdUpCommits(): Promise<() => Promise<void>> {
  await server.sql('create table barrier (id integer)');
  await server.sql(`create function pass_barrier() returns trigger language plpgsql as
    $$ begin perform 1 from barrier; return null; end $$`);
  await server.sql(`create constraint trigger barrier after insert on device deferrable initially deferred
    for each row execute function pass_barrier()`);
  return server.lockTable('barrier');
}

describe('a client that went away', () => {
  beforeAll(() => start());
  afterAll(() => server.stop());

  it.each([
    ['a search', SEARCH],
    ['a look-up', LOOK_UP],
    ['a change', CREATE],
    ['a bulk change', BULK],
  ])('takes the SQL of %s along', async (_what, query) => {
    const unlock = await server.lockTable('device');
    try {
      await leave(query, isStuck);
      await within(3_000, nothingRuns);
    } finally {
      await unlock();
    }
    expect(await serials()).toEqual(['d']);
    await Promise.all(Array.from({ length: 20 }, () => project.ask(LOOK_UP)));
  });

  it('leaves a commit alone', async () => {
    const unlock = await holdUpCommits();
    try {
      await leave(CREATE, async () => (await server.sql(COMMITS)).length === 1);
      // Longer than a cancelled statement takes to go.
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(await server.sql(COMMITS)).toHaveLength(1);
    } finally {
      await unlock();
    }
    await within(3_000, nothingRuns);
    expect(await serials()).toEqual(['d', 'new']);
  });
});

describe('a connection that breaks', () => {
  beforeAll(() => start());
  afterAll(() => server.stop());

  it('while a change is being committed leaves it to the caller to look', async () => {
    const unlock = await holdUpCommits();
    try {
      const change = project.graphql(CREATE);
      await within(3_000, async () => (await server.sql(COMMITS)).length === 1);
      await server.sql(COMMITS.replace('query, state', 'pg_terminate_backend(pid)'));
      const { status, body } = await change;
      expect(status).toBe(503);
      expect(body.errors).toMatchObject([
        { message: expect.stringContaining('look whether it was made') as string, extensions: { code: 'UNAVAILABLE' } },
      ]);
    } finally {
      await unlock();
    }
    expect(await serials()).toEqual(['d']);
  });
});

describe('an operation that takes longer than its time', () => {
  beforeAll(() => start({ FLEETGRAPH_OPERATION_TIMEOUT_MS: '600' }));
  afterAll(() => server.stop());

  it.each([
    ['a search', SEARCH],
    ['a look-up', LOOK_UP],
    ['a change', CREATE],
  ])('is TIMEOUT, and the SQL of %s is cancelled', async (_what, query) => {
    const unlock = await server.lockTable('device');
    try {
      // Well below the time of the statement alone, and of a lock.
      const { status, body } = await answered(4_000, project.graphql(query));
      expect(body.errors).toMatchObject([{ extensions: { code: 'TIMEOUT' } }]);
      expect([200, 504]).toContain(status);
      await within(3_000, nothingRuns);
    } finally {
      await unlock();
    }
    expect(await serials()).toEqual(['d']);
    expect(await project.ask(LOOK_UP)).toEqual({ device: { deviceSerial: 'd' } });
  });

  it('has one time for all its fields', async () => {
    const unlock = await server.lockTable('device');
    try {
      const fields = Array.from(
        { length: 8 },
        (_, index) => `f${index}: deleteDevice(input: {deviceSerial: "d"}) { deleted }`,
      );
      const { body } = await answered(4_000, project.graphql(`mutation { ${fields.join(' ')} }`));
      expect(body.errors!.length).toBeGreaterThan(0);
      expect(new Set(body.errors!.map(({ extensions }) => extensions.code))).toEqual(new Set(['TIMEOUT']));
    } finally {
      await unlock();
    }
    expect(await serials()).toEqual(['d']);
  });

  it('is not meant for a bulk change, which has a time of its own', async () => {
    const unlock = await server.lockTable('device');
    const change = project.graphql(BULK);
    try {
      await within(3_000, isStuck);
      // Longer than the operation's time; the change still waits.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(await nothingRuns()).toBe(false);
    } finally {
      await unlock();
    }
    const { body } = await change;
    expect(body).toMatchObject({ data: { deleteDevices: { changedCount: 1 } } });
    expect(body.errors).toBeUndefined();
  });
});
