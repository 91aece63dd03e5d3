/** A database of the installation's own that is stopped for a while, under load, and started again. */
import { rm } from 'node:fs/promises';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded/launcher.js';
import { createLogger } from '../../src/logger.js';
import { makeTestFolder } from '../integration/embedded/test-folder.js';
import { type Gateway, killGateways, startGateway } from '../support/gateway-process.js';
import { answered, within } from '../support/in-time.js';

const CLIENTS = 12;
const IN_TIME_MS = 5_000;
const RECOVERY_MS = 10_000;

let dataDir: string;
let database: EmbeddedPostgres;
let gateway: Gateway;

function startDatabase(port?: number): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({
    dataDir,
    binDir: process.env['PG_BIN_DIR'],
    volatile: true,
    port,
    logger: createLogger('silent'),
  });
}

beforeAll(async () => {
  dataDir = await makeTestFolder();
  database = await startDatabase();
  gateway = await startGateway({ DATABASE_URL: database.url });
});

afterAll(async () => {
  gateway?.signal('SIGTERM');
  await gateway?.gone;
  killGateways();
  await database?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const statusOf = async (path: string) => (await fetch(`${gateway.url}${path}`)).status;

it('is UNAVAILABLE to everybody in time, loses nothing acknowledged, and is back without a restart', async () => {
  const acknowledged: string[] = [];
  const refusals: object[] = [];
  const over = new AbortController();
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    for (let n = 0; !over.signal.aborted; n += 1) {
      const serial = `c${client}-${n}`;
      const change = `mutation { createDevice(input: {deviceSerial: "${serial}"}) { created } }`;
      const search = '{ devices { totalCount nodes { deviceSerial attributes { name } } } }';
      const isChange = n % 2 === 0;
      const { status, headers, body } = await answered(IN_TIME_MS, gateway.graphql(isChange ? change : search));
      const code = body.errors?.[0]?.extensions.code;
      if (code !== undefined) refusals.push({ code, status, retryAfter: headers.get('retry-after') });
      else if (isChange) acknowledged.push(serial);
    }
  });
  // What goes wrong with a client is told at the end, and must not end the test's process before.
  const allDone = Promise.all(clients);
  allDone.catch(() => undefined);

  await within(20_000, async () => acknowledged.length >= 50);
  const port = Number(new URL(database.url).port);
  await database.stop();
  await within(IN_TIME_MS, async () => (await statusOf('/readyz')) === 503);
  expect(await statusOf('/healthz')).toBe(200);
  const refusedAtOnce = refusals.length;
  await within(IN_TIME_MS, async () => refusals.length >= refusedAtOnce + CLIENTS);

  database = await startDatabase(port);
  await within(RECOVERY_MS, async () => (await statusOf('/readyz')) === 200);
  const before = acknowledged.length;
  await within(RECOVERY_MS, async () => acknowledged.length >= before + CLIENTS);
  over.abort();
  await allDone;

  expect(refusals.filter((refusal) => !isUnavailable(refusal))).toEqual([]);
  const lost: string[] = [];
  for (const serial of acknowledged) {
    const { device } = await gateway.ask<{ device: object | null }>(`{ device(deviceSerial: "${serial}") { id } }`);
    if (device === null) lost.push(serial);
  }
  expect(lost).toEqual([]);
}, 90_000);

function isUnavailable(refusal: object): boolean {
  return JSON.stringify(refusal) === JSON.stringify({ code: 'UNAVAILABLE', status: 503, retryAfter: '5' });
}
