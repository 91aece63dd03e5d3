/** SIGTERM while requests are under way. */
import { rm } from 'node:fs/promises';
import { Client } from 'pg';
import { makeTestFolder } from '../integration/embedded/test-folder.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type Gateway, killGateways, startGateway } from '../support/gateway-process.js';
import { answered, within } from '../support/in-time.js';

let testDatabase: TestDatabase;
let gateway: Gateway;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
beforeEach(async () => {
  gateway = await startGateway({ DATABASE_URL: testDatabase.url });
});
afterAll(async () => {
  killGateways();
  await testDatabase?.drop();
});

it('finishes the requests in flight, takes no more, and exits with 0', async () => {
  let acknowledged = 0;
  let isStopping = false;
  const codes = new Set<string>();
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let n = 0; ; n += 1) {
      const sentBefore = !isStopping;
      try {
        const { body } = await gateway.graphql(
          `mutation { createDevice(input: {deviceSerial: "stop-${writer}-${n}"}) { created } }`,
        );
        const code = body.errors?.[0]?.extensions.code ?? 'created';
        codes.add(code);
        if (code === 'created') acknowledged += 1;
      } catch (fault) {
        // Refused at the door. Whatever was sent before the signal must have been answered, save on a connection that
        // was just then opened.
        if (!isStopping || sentBefore) codes.add(String((fault as Error).cause ?? fault));
        return;
      }
    }
  });
  await within(20_000, async () => acknowledged >= 50);
  isStopping = true;
  gateway.signal('SIGTERM');
  expect(await answered(10_000, gateway.gone)).toEqual({ code: 0, signal: null });
  await Promise.all(writers);

  const client = new Client({ connectionString: testDatabase.url });
  await client.connect();
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::integer as count from device where device_serial like 'stop-%'`,
  );
  await client.end();
  expect(rows).toEqual([{ count: acknowledged }]);
  expect([...codes].filter((code) => code !== 'UNAVAILABLE' && !code.includes('ECONNREFUSED'))).toEqual(['created']);
}, 60_000);

it('waits for a slow one, and ends in time though another never would', async () => {
  const client = new Client({ connectionString: testDatabase.url });
  await client.connect();
  try {
    await client.query('begin; lock table device in access exclusive mode');
    const slow = gateway.graphql('mutation { createDevice(input: {deviceSerial: "slow"}) { created } }');
    const stuck = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await within(5_000, async () => (await client.query(stuck)).rowCount === 1);
    gateway.signal('SIGTERM');
    await within(5_000, async () =>
      fetch(`${gateway.url}/healthz`).then(
        (answer) => !answer.ok,
        () => true,
      ),
    );
    await client.query('rollback');
    expect((await slow).body).toMatchObject({ data: { createDevice: { created: true } } });
    expect(await answered(10_000, gateway.gone)).toEqual({ code: 0, signal: null });
  } finally {
    await client.end();
  }
}, 60_000);

it('is kept even by a bulk change that hangs on a lock', async () => {
  const client = new Client({ connectionString: testDatabase.url });
  await client.connect();
  try {
    await client.query('begin; lock table device in access exclusive mode');
    const hanging = gateway.graphql('mutation { deleteDevices(input: {devices: {all: true}}) { changedCount } }').then(
      ({ body }) => body.errors?.[0]?.extensions.code,
      () => 'cut off',
    );
    const stuck = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await within(5_000, async () => (await client.query(stuck)).rowCount === 1);
    gateway.signal('SIGTERM');
    expect(await answered(10_000, gateway.gone)).toEqual({ code: 0, signal: null });
    expect(['TIMEOUT', 'cut off']).toContain(await hanging);
    await within(3_000, async () => (await client.query(stuck)).rowCount === 0);
  } finally {
    await client.end();
  }
}, 60_000);

it('an idle one with an embedded database is gone at once', async () => {
  gateway.signal('SIGTERM');
  const dataDir = await makeTestFolder();
  const idle = await startGateway({ DATA_DIR: dataDir });
  idle.signal('SIGTERM');
  expect(await answered(3_000, idle.gone)).toEqual({ code: 0, signal: null });
  await rm(dataDir, { recursive: true, force: true });
}, 60_000);
