/** A database that neither answers nor closes its connections, as on a frozen machine or behind a cut cable. */
import { rm } from 'node:fs/promises';
import { makeTestFolder } from '../integration/embedded/test-folder.js';
import { type Gateway, killGateways, startGateway } from '../support/gateway-process.js';
import { answered, within } from '../support/in-time.js';
import { signalDatabase } from './signal-database.js';

let dataDir: string;
let gateway: Gateway;

beforeAll(async () => {
  dataDir = await makeTestFolder();
  gateway = await startGateway({ DATA_DIR: dataDir });
  await gateway.ask(`mutation { createDevice(input: {deviceSerial: "d"}) { created } }`);
});

afterAll(async () => {
  await signalDatabase(dataDir, 'SIGCONT');
  gateway?.signal('SIGTERM');
  await gateway?.gone;
  killGateways();
  await rm(dataDir, { recursive: true, force: true });
});

const LOOK_UP = '{ device(deviceSerial: "d") { deviceSerial } }';
const SEARCH = '{ devices { totalCount nodes { deviceSerial } } }';
const create = (serial: string) => `mutation { createDevice(input: {deviceSerial: "${serial}"}) { created } }`;

const statusOf = async (path: string) => (await fetch(`${gateway.url}${path}`)).status;

async function expectUnavailable(operations: readonly string[]): Promise<void> {
  const answers = await answered(6_500, Promise.all(operations.map((operation) => gateway.graphql(operation))));
  for (const { status, headers, body } of answers) {
    expect(body.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
  }
}

it.each(['with connections that are idle', 'again, with connections that are new'])(
  'a frozen database is UNAVAILABLE in time and back without a restart, %s',
  async (round) => {
    await Promise.all(Array.from({ length: 8 }, () => gateway.ask(SEARCH)));
    await signalDatabase(dataDir, 'SIGSTOP');
    // More than there are connections, so that some wait for one.
    await expectUnavailable([...Array.from({ length: 15 }, () => LOOK_UP), SEARCH, SEARCH, create(`${round[0]}-lost`)]);
    // By now it is known, and nobody is kept waiting; this is more than once, since each broken connection could tell.
    for (let time = 0; time < 3; time += 1) await expectUnavailable([LOOK_UP, SEARCH]);
    expect(await statusOf('/readyz')).toBe(503);
    expect(await statusOf('/healthz')).toBe(200);

    await signalDatabase(dataDir, 'SIGCONT');
    await within(10_000, async () => (await statusOf('/readyz')) === 200);
    await gateway.ask(create(`${round[0]}-kept`));
    await Promise.all(Array.from({ length: 20 }, () => gateway.ask(LOOK_UP)));
    const { devices } = await gateway.ask<{ devices: { nodes: { deviceSerial: string }[] } }>(SEARCH);
    expect(devices.nodes.map(({ deviceSerial }) => deviceSerial)).toContain(`${round[0]}-kept`);
  },
  60_000,
);

it('freezes in the middle of writes leave each of them done or not done, and whoever was told of it was told right', async () => {
  const serials = Array.from({ length: 200 }, (_, index) => `freeze-${index}`);
  const outcomes = new Map<string, string>();
  let begun = 0;
  const writers = Array.from({ length: 6 }, async () => {
    for (let serial = serials[begun++]; serial !== undefined; serial = serials[begun++]) {
      if (begun === 60) await signalDatabase(dataDir, 'SIGSTOP');
      const { body } = await answered(20_000, gateway.graphql(create(serial)));
      outcomes.set(serial, body.errors?.[0]?.extensions.code ?? 'created');
    }
  });
  await Promise.all(writers);
  await signalDatabase(dataDir, 'SIGCONT');
  await within(10_000, async () => (await statusOf('/readyz')) === 200);
  expect(new Set(outcomes.values())).toEqual(new Set(['created', 'UNAVAILABLE']));
  for (const [serial, outcome] of outcomes) {
    if (outcome !== 'created') continue;
    expect(await gateway.ask(`{ device(deviceSerial: "${serial}") { deviceSerial } }`)).toEqual({
      device: { deviceSerial: serial },
    });
  }
}, 60_000);
