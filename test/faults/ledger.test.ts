/** Clients keep a ledger of what was acknowledged, while gateway and database are killed under them. */
import { rm } from 'node:fs/promises';
import { makeTestFolder } from '../integration/embedded/test-folder.js';
import { type Gateway, killGateways, startGateway } from '../support/gateway-process.js';
import { answered, within } from '../support/in-time.js';
import { signalDatabase } from './signal-database.js';

const WRITERS = 4;
const DEVICES_OF_EACH = 20;

interface Writer {
  readonly name: string;
  /** Its own, which it reports for and moves all together. */
  readonly serials: readonly string[];
  /** Devices whose creation was acknowledged, with the number that they have as attribute and in their group's name. */
  readonly created: Map<string, number>;
  /** Numbers of the last report and of the last move that were acknowledged. */
  reported: number;
  moved: number;
}

let dataDir: string;
let gateway: Gateway;

beforeAll(async () => {
  dataDir = await makeTestFolder();
  gateway = await startGateway({ DATA_DIR: dataDir });
});

afterAll(async () => {
  gateway?.signal('SIGTERM');
  await gateway?.gone;
  killGateways();
  await rm(dataDir, { recursive: true, force: true });
});

const CREATE = `mutation ($serial: String!, $group: String!, $n: AttributeValue!) {
  createDevice(input: {deviceSerial: $serial, group: $group, attributes: [{name: "n", value: $n}]}) { created } }`;
const REPORT = `mutation ($reports: [AttributeReport!]!) {
  reportAttributes(input: {reports: $reports, createMissing: true}) { createdCount } }`;
const MOVE = `mutation ($serials: [String!]!, $group: String!) {
  moveDevicesToGroup(input: {devices: {deviceSerials: $serials}, group: $group}) { changedCount } }`;

/** Codes of the operations that were refused. */
const refusals = new Set<string>();

/** Whether it was acknowledged; a connection that broke says nothing. */
async function isDone(query: string, variables: Record<string, unknown>): Promise<boolean> {
  const answer = await answered(
    6_500,
    gateway.graphql(query, variables).catch(() => undefined),
  );
  const code = answer?.body.errors?.[0]?.extensions.code;
  if (code !== undefined) refusals.add(code);
  return answer !== undefined && code === undefined;
}

let numbers = 0;
async function write(writer: Writer): Promise<void> {
  const n = (numbers += 1);
  const serial = `${writer.name}-new-${n}`;
  if (await isDone(CREATE, { serial, group: `created-${n % 5}`, n })) writer.created.set(serial, n);
  const reports = writer.serials.map((deviceSerial) => ({ deviceSerial, attributes: [{ name: 'n', value: n }] }));
  if (await isDone(REPORT, { reports })) writer.reported = n;
  if (await isDone(MOVE, { serials: writer.serials, group: `${writer.name}-${n}` })) writer.moved = n;
}

interface Found {
  deviceSerial: string;
  group: { name: string } | null;
  attributes: { value: unknown }[];
}

async function look(): Promise<Map<string, Found>> {
  const found = new Map<string, Found>();
  for (let after: string | null = null; ;) {
    const { devices }: { devices: { nodes: Found[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } =
      await gateway.ask(
        `query ($after: String) { devices(first: 100, after: $after) {
          nodes { deviceSerial group { name } attributes { value } } pageInfo { hasNextPage endCursor } } }`,
        { after },
      );
    for (const device of devices.nodes) found.set(device.deviceSerial, device);
    if (!devices.pageInfo.hasNextPage) return found;
    after = devices.pageInfo.endCursor;
  }
}

async function compare(writers: readonly Writer[]): Promise<void> {
  const devices = await look();
  for (const { name, serials, created, reported, moved } of writers) {
    for (const [serial, n] of created) {
      expect(devices.get(serial)).toMatchObject({ group: { name: `created-${n % 5}` }, attributes: [{ value: n }] });
    }
    // All the same, which is the last that was acknowledged or a later one of which nobody was told.
    const own = serials.map((serial) => devices.get(serial));
    const [value, ...otherValues] = new Set(own.map((device) => device?.attributes[0]?.value ?? 0));
    expect(otherValues).toEqual([]);
    expect(value).toBeGreaterThanOrEqual(reported);
    const [group, ...otherGroups] = new Set(own.map((device) => device?.group?.name ?? `${name}-0`));
    expect(otherGroups).toEqual([]);
    expect(Number(group!.slice(name.length + 1))).toBeGreaterThanOrEqual(moved);
  }
  // Whatever was created without word of it is whole, too.
  for (const { deviceSerial, group, attributes } of devices.values()) {
    const [, n] = /-new-(\d+)$/.exec(deviceSerial) ?? [];
    if (n !== undefined) {
      expect({ group, attributes }).toEqual({
        group: { name: `created-${Number(n) % 5}` },
        attributes: [{ value: Number(n) }],
      });
    }
  }
  const inGroups = new Map<string, number>();
  for (const { group } of devices.values()) if (group) inGroups.set(group.name, (inGroups.get(group.name) ?? 0) + 1);
  for (const [name, deviceCount] of inGroups) {
    expect(await gateway.ask('query ($name: String!) { group(name: $name) { name deviceCount } }', { name })).toEqual({
      group: { name, deviceCount },
    });
  }
}

it('an acknowledged write is there after every kill, and none is half applied', async () => {
  const writers = Array.from({ length: WRITERS }, (_, index): Writer => {
    const name = `w${index}`;
    const serials = Array.from({ length: DEVICES_OF_EACH }, (_one, device) => `${name}-${device}`);
    return { name, serials, created: new Map(), reported: 0, moved: 0 };
  });
  const kills: (() => Promise<void>)[] = [
    async () => gateway.signal('SIGKILL'),
    async () => {
      await signalDatabase(dataDir, 'SIGKILL');
      gateway.signal('SIGKILL');
    },
    // The gateway lives on and starts it again.
    () => signalDatabase(dataDir, 'SIGKILL'),
    async () => gateway.signal('SIGKILL'),
  ];
  for (const [round, kill] of kills.entries()) {
    const before = writers.map(({ created, reported, moved }) => [created.size, reported, moved] as const);
    const over = new AbortController();
    const writing = writers.map(async (writer) => {
      while (!over.signal.aborted) await write(writer);
    });
    // In the middle of writes: each has had some acknowledged in this round.
    await within(20_000, async () =>
      writers.every(({ created, reported, moved }, index) => {
        const [creations, report, move] = before[index]!;
        return created.size > creations && reported > report && moved > move;
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 200 + 77 * round));
    await kill();
    over.abort();
    await Promise.all(writing);
    // Of a database that is away nothing else is told.
    expect([...refusals].filter((code) => code !== 'UNAVAILABLE')).toEqual([]);
    if (round === 2) {
      await within(20_000, async () => (await fetch(`${gateway.url}/readyz`)).ok);
    } else {
      await gateway.gone;
      gateway = await startGateway({ DATA_DIR: dataDir });
    }
    await compare(writers);
  }
}, 180_000);
