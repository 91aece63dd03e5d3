/** What operators see: metrics, one line of the log for each operation, and readiness while the server stops. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pino } from 'pino';
import { type App, startApp } from '../../src/app.js';
import { parseConfig } from '../../src/config.js';
import type { Logger } from '../../src/logger.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { graphql } from '../support/graphql-client.js';
import { clientOf, type TestClient } from '../support/server.js';

const KEY = `fg_test_${'m'.repeat(24)}`;

let database: TestDatabase;
let app: App;
let admin: TestClient;
const logLines: Record<string, unknown>[] = [];

function start(): Promise<App> {
  const settings = {
    DATABASE_URL: database.url,
    PORT: '0',
    FLEETGRAPH_ADMIN_KEY: KEY,
    FLEETGRAPH_DEMO: 'false',
    DATABASE_POOL_SIZE: '7',
  };
  const logger = pino(
    { level: 'info' },
    { write: (line: string) => void logLines.push(JSON.parse(line) as Record<string, unknown>) },
  ) as Logger;
  return startApp(parseConfig(settings), { logger });
}

beforeAll(async () => {
  database = await createTestDatabase();
  app = await start();
  admin = clientOf(`${app.url}/graphql`, KEY);
});
afterAll(async () => {
  await app?.stop();
  await database?.drop();
});

async function metrics(): Promise<string> {
  const response = await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${KEY}` } });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return response.text();
}

/** The number of one series; 0 if there is none. */
async function valueOf(series: string): Promise<number> {
  const line = (await metrics()).split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

/** Requests are counted once the answer has been sent, which may be after it was read. */
async function rises(series: string, by: number, work: () => Promise<unknown>): Promise<void> {
  const before = await valueOf(series);
  await work();
  while ((await valueOf(series)) < before + by) await new Promise((resume) => setImmediate(resume));
  expect(await valueOf(series)).toBe(before + by);
}

describe('/metrics', () => {
  it('wants a key, of role READER at least', async () => {
    expect((await fetch(`${app.url}/metrics`)).status).toBe(401);
    expect((await fetch(`${app.url}/metrics`, { headers: { authorization: 'Bearer no' } })).status).toBe(401);
    const { createApiKey } = await admin.ask<{ createApiKey: { secret: string } }>(
      'mutation { createApiKey(input: {name: "scraper", role: READER}) { secret } }',
    );
    const headers = { authorization: `Bearer ${createApiKey.secret}` };
    expect((await fetch(`${app.url}/metrics`, { headers })).status).toBe(200);
  });

  it('counts requests by status and errors by code', async () => {
    const endpoint = `${app.url}/graphql`;
    await rises('fleetgraph_requests_total{status="200"}', 2, async () => {
      await admin.ask('{ viewer { name } }');
      await admin.ask('{ viewer { name } }');
    });
    await rises('fleetgraph_errors_total{code="UNAUTHENTICATED"}', 1, () =>
      graphql(endpoint, 'no', '{ viewer { name } }'),
    );
    await rises('fleetgraph_errors_total{code="GRAPHQL_PARSE_FAILED"}', 1, () => graphql(endpoint, KEY, '{'));
    await rises('fleetgraph_requests_total{status="400"}', 1, () => graphql(endpoint, KEY, '{'));
    await rises('fleetgraph_errors_total{code="NOT_FOUND"}', 1, () =>
      admin.refusal('mutation { updateDevice(input: {deviceSerial: "no"}) { device { id } } }'),
    );
  });

  it('counts time and statements of operations by name', async () => {
    const name = 'operation="Two"';
    await rises(`fleetgraph_operation_duration_seconds_count{${name}}`, 1, () =>
      admin.ask('query Two { devices(first: 1) { nodes { id } totalCount } }'),
    );
    expect(await valueOf(`fleetgraph_operation_statements_sum{${name}}`)).toBe(2);
    expect(await valueOf(`fleetgraph_operation_duration_seconds_sum{${name}}`)).toBeGreaterThan(0);
    expect(await valueOf(`fleetgraph_operation_duration_seconds_bucket{le="+Inf",${name}}`)).toBe(1);
    await rises('fleetgraph_operation_duration_seconds_count{operation="anonymous"}', 1, () =>
      admin.ask('{ viewer { name } }'),
    );
  });

  it('knows a request that is no operation by its status alone', async () => {
    const operations = async () =>
      (await metrics()).split('\n').filter((line) => line.startsWith('fleetgraph_operation_duration_seconds_count'));
    const before = await operations();
    await rises('fleetgraph_requests_total{status="400"}', 1, () =>
      graphql(`${app.url}/graphql`, KEY, 'query Nothing { no }'),
    );
    expect(await operations()).toEqual(before);
  });

  it('tells of the pool and of the event loop', async () => {
    expect(await valueOf('fleetgraph_database_pool{state="open"}')).toBeGreaterThanOrEqual(1);
    expect(await valueOf('fleetgraph_database_pool{state="open"}')).toBeLessThanOrEqual(7);
    const text = await metrics();
    for (const series of ['pool{state="idle"}', 'pool{state="waiting"}']) {
      expect(text).toContain(`fleetgraph_database_${series} `);
    }
    for (const percentile of [50, 99, 100]) {
      expect(text).toMatch(
        new RegExp(`fleetgraph_event_loop_delay_seconds\\{percentile="${percentile}"\\} [\\d.e+-]+\\n`),
      );
    }
  });

  // Last: it uses all names up.
  it('has at most 100 names of operations, and none that is long', async () => {
    const others = 'fleetgraph_operation_duration_seconds_count{operation="other"}';
    await rises(others, 1, () => admin.ask(`query ${'x'.repeat(65)} { viewer { name } }`));
    for (let index = 0; index < 110; index += 1) await admin.ask(`query Name${index} { viewer { name } }`);
    await rises(others, 1, () => admin.ask('query OneMore { viewer { name } }'));
    await rises('fleetgraph_operation_duration_seconds_count{operation="Two"}', 1, () =>
      admin.ask('query Two { viewer { name } }'),
    );
    const names = new Set([...(await metrics()).matchAll(/operation="([^"]*)"/g)].map(([, name]) => name));
    // With anonymous and other.
    expect(names.size).toBe(102);
    expect(names).not.toContain('OneMore');
  });
});

it('an operation leaves one line with request, principal, duration, statements and code', async () => {
  const answer = await graphql(
    `${app.url}/graphql`,
    KEY,
    'mutation Miss($serial: String!) { updateDevice(input: {deviceSerial: $serial, ownerRef: "hush"}) { device { id } } }',
    { serial: 'hush' },
  );
  const requestId = answer.headers.get('x-request-id');
  const lines = () => logLines.filter((line) => line['requestId'] === requestId && line['msg'] === 'operation');
  while (lines().length === 0) await new Promise((resume) => setImmediate(resume));
  expect(lines()).toEqual([
    expect.objectContaining({
      operation: 'Miss',
      principal: 'admin',
      status: 200,
      durationMs: expect.any(Number) as unknown,
      // Looks for the device, and then refuses.
      statements: 1,
      code: 'NOT_FOUND',
    }),
  ]);
  expect(JSON.stringify(lines())).not.toMatch(/hush|fg_test/);
});

describe('a server that stops', () => {
  /** A request of which the last bytes are yet to come: the server waits for them. */
  async function begin(url: string, path: string): Promise<Socket> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n`);
    return socket;
  }

  async function end(socket: Socket): Promise<string> {
    let text = '';
    socket.on('data', (bytes) => (text += String(bytes)));
    socket.write('\r\n');
    await once(socket, 'close');
    return text;
  }

  it('is alive but not ready', async () => {
    const own = await start();
    const [ready, health] = [await begin(own.url, '/readyz'), await begin(own.url, '/healthz')];
    // Answered after the server has read what came before.
    expect((await fetch(`${own.url}/readyz`)).status).toBe(200);
    const stopped = own.stop();
    const answers = await Promise.all([end(ready), end(health)]);
    await stopped;
    expect(answers[0]).toMatch(/^HTTP\/1\.1 503 [^]*\{"status":"stopping"\}/);
    expect(answers[1]).toMatch(/^HTTP\/1\.1 200 [^]*\{"status":"ok"\}/);
  });
});
