/** Many at once, through the whole gateway. */
import { Client } from 'pg';
import { startServer, type TestProject, type TestServer } from '../support/server.js';
import { answered, killGateways, startGateway } from './gateway-process.js';

let server: TestServer;
let project: TestProject;

beforeAll(async () => {
  server = await startServer({ FLEETGRAPH_MAX_CONCURRENT_OPERATIONS: '0' });
});
beforeEach(async () => {
  project = await server.createProject();
});
afterAll(async () => {
  killGateways();
  await server?.stop();
});

const codesOf = async (operations: readonly string[]) => {
  const codes = new Map<string, number>();
  const send = async (operation: string): Promise<void> => {
    const { body } = await project.graphql(operation);
    const code = body.errors?.[0]?.extensions.code ?? 'done';
    // It has not begun, as so many others are before it; a client sends it again.
    if (code === 'UNAVAILABLE') return send(operation);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  };
  await Promise.all(operations.map(send));
  return Object.fromEntries(codes);
};

it('a thousand concurrent creations of one serial make one device and 999 CONFLICTs', async () => {
  const create = 'mutation { createDevice(input: {deviceSerial: "one"}) { created } }';
  expect(await codesOf(Array.from({ length: 1_000 }, () => create))).toEqual({ done: 1, CONFLICT: 999 });
  expect(await project.ask('{ devices { totalCount } cohort(slug: "default") { deviceCount } }')).toEqual({
    devices: { totalCount: 1 },
    cohort: { deviceCount: 1 },
  });
}, 60_000);

it('concurrent moves of one device leave it in exactly one group, with right counts', async () => {
  await project.ask('mutation { createDevice(input: {deviceSerial: "d"}) { created } }');
  const names = Array.from({ length: 10 }, (_, index) => `group-${index}`);
  const moves = Array.from({ length: 100 }, (_, index) => {
    const group = names[index % names.length]!;
    if (index % 3 === 0)
      return `mutation { setDeviceGroup(input: {deviceSerial: "d", group: "${group}"}) { device { id } } }`;
    if (index % 3 === 1)
      return `mutation { moveDevicesToGroup(input: {devices: {deviceSerials: ["d"]}, group: "${group}"}) { matchedCount } }`;
    return `mutation { reportAttributes(input: {reports: [{deviceSerial: "d", attributes: [], group: "${group}"}]}) { updatedCount } }`;
  });
  expect(await codesOf(moves)).toEqual({ done: 100 });
  const { device } = await project.ask<{ device: { group: { name: string } } }>(
    '{ device(deviceSerial: "d") { group { name } } }',
  );
  expect(names).toContain(device.group.name);
  const { groups } = await project.ask<{
    groups: { nodes: { name: string; deviceCount: number; devices: { totalCount: number } }[] };
  }>('{ groups(first: 100) { nodes { name deviceCount devices { totalCount } } } }');
  expect(groups.nodes).toHaveLength(10);
  for (const { name, deviceCount, devices } of groups.nodes) {
    const expected = name === device.group.name ? 1 : 0;
    expect({ name, deviceCount, found: devices.totalCount }).toEqual({ name, deviceCount: expected, found: expected });
  }
});

it('a cheap query is answered in a second while the pool is stuck on locks, within the size of the pool', async () => {
  await project.ask('mutation { createDevice(input: {deviceSerial: "d", group: "lab"}) { created } }');
  const unlock = await server.lockTable('device');
  try {
    const stuck = [
      '{ devices { nodes { id } } }',
      '{ device(deviceSerial: "d") { id } }',
      'mutation { deleteDevice(input: {deviceSerial: "d"}) { deleted } }',
    ].flatMap((operation) => Array.from({ length: 15 }, () => project.graphql(operation)));
    await answered(3_000, waitForLocks(7));
    for (let time = 0; time < 5; time += 1) {
      expect(await answered(1_000, project.ask('{ viewer { role } }'))).toEqual({ viewer: { role: 'ADMIN' } });
      expect(await answered(1_000, fetch(`${server.url}/readyz`))).toMatchObject({ status: 200 });
    }
    const [connections] = await server.sql<{ count: number }>(
      `select count(*)::integer as count from pg_stat_activity
       where datname = current_database() and application_name = 'fleetgraph'`,
    );
    expect(connections!.count).toBeLessThanOrEqual(10);
    for (const { body } of await Promise.all(stuck)) {
      expect(['TIMEOUT', 'UNAVAILABLE']).toContain(body.errors![0]!.extensions.code);
    }
  } finally {
    await unlock();
  }
}, 60_000);

async function waitForLocks(count: number): Promise<void> {
  for (;;) {
    const waiting = await server.sql(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (waiting.length >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it('processes that start on one empty database at once migrate it once, and serve the same project', async () => {
  const name = `races_${process.pid}`;
  const client = new Client({ connectionString: process.env['TEST_SERVER_URL']! });
  await client.connect();
  try {
    await client.query(`create database ${name} template template0 encoding 'UTF8'`);
    const url = new URL(process.env['TEST_SERVER_URL']!);
    url.pathname = name;
    const gateways = await Promise.all(Array.from({ length: 3 }, () => startGateway({ DATABASE_URL: url.href })));
    const [first, ...others] = gateways;
    await first!.ask('mutation { createDevice(input: {deviceSerial: "shared"}) { created } }');
    for (const other of others) {
      expect(await other.ask('{ devices { nodes { deviceSerial } } cohorts { totalCount } }')).toEqual({
        devices: { nodes: [{ deviceSerial: 'shared' }] },
        cohorts: { totalCount: 1 },
      });
    }
    for (const gateway of gateways) gateway.signal('SIGTERM');
    for (const { gone } of gateways) expect(await gone).toEqual({ code: 0, signal: null });
  } finally {
    await client.query(`drop database if exists ${name} with (force)`);
    await client.end();
  }
}, 60_000);
