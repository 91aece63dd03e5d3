/** Releases, which are made when they are first named, and what happened to devices. */
import { startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

beforeEach(async () => {
  project = await server.createProject();
  await project.ask('mutation { createDevice(input: {deviceSerial: "d"}) { created } }');
});

const RECORD =
  'mutation ($input: RecordDeviceEventInput!) { recordDeviceEvent(input: $input) { device { deviceSerial } } }';

async function record(at: string, input: object = {}): Promise<void> {
  await project.ask(RECORD, { input: { deviceSerial: 'd', kind: 'INSTALL', at, ...input } });
}

async function device<Fields>(fields: string): Promise<Fields> {
  return (await project.ask<{ device: Fields }>(`{ device(deviceSerial: "d") { ${fields} } }`)).device;
}

async function releases(args = ''): Promise<readonly unknown[]> {
  const query = `{ releases${args} { nodes { version revision deviceCount } totalCount } }`;
  const answer = await project.ask<{ releases: { nodes: unknown[]; totalCount: number } }>(query);
  expect(answer.releases.totalCount).toBe(answer.releases.nodes.length);
  return answer.releases.nodes;
}

function see(deviceSerial: string, version: string, revision?: string | null): Promise<unknown> {
  return project.ask('mutation ($input: CreateDeviceInput!) { createDevice(input: $input) { created } }', {
    input: { deviceSerial, lastSeenRelease: { version, revision }, ifExists: 'UPDATE' },
  });
}

describe('a release', () => {
  it('is its version and revision, where no revision is a revision of its own', async () => {
    await see('d', '1.0');
    await see('e', '1.0', null);
    await see('f', '1.0', 'abc');
    await see('g', '1.0', 'abc');
    await see('h', '2.0', 'abc');
    expect(await releases()).toEqual([
      { version: '2.0', revision: 'abc', deviceCount: 1 },
      { version: '1.0', revision: 'abc', deviceCount: 2 },
      { version: '1.0', revision: null, deviceCount: 2 },
    ]);
  });

  it.each([
    [
      'a device that is made',
      'createDevice(input: {deviceSerial: "n", lastSeenRelease: {version: "v"}}) { created }',
      1,
    ],
    [
      'a device that is changed',
      'updateDevice(input: {deviceSerial: "d", lastSeenRelease: {version: "v"}}) { device { id } }',
      1,
    ],
    [
      'a report',
      'reportAttributes(input: {reports: [{deviceSerial: "d", attributes: [], lastSeenRelease: {version: "v"}}]}) { updatedCount }',
      1,
    ],
    [
      'an event',
      'recordDeviceEvent(input: {deviceSerial: "d", kind: TRACE, at: "2026-01-01T00:00:00Z", release: {version: "v"}}) { device { id } }',
      0,
    ],
    ['a deployment', 'deployRelease(input: {cohort: "default", release: {version: "v"}}) { deployment { id } }', 0],
  ])('is made by %s that names it', async (_what, mutation, deviceCount) => {
    await project.ask(`mutation { ${mutation} }`);
    expect(await releases()).toEqual([{ version: 'v', revision: null, deviceCount }]);
  });

  it('counts the devices that were last seen with it', async () => {
    await see('d', '1.0');
    await see('e', '1.0');
    await see('e', '2.0');
    await project.ask('mutation { updateDevice(input: {deviceSerial: "d", lastSeenRelease: null}) { device { id } } }');
    expect(await releases()).toMatchObject([{ deviceCount: 1 }, { deviceCount: 0 }]);
  });

  it('is listed newest first and filtered by version', async () => {
    for (const version of ['1.0', '1.1', '2.0', '10.0']) await see('d', version);
    const versions = async (args: string) =>
      (await releases(args)).map((release) => (release as { version: string }).version);
    expect(await versions('')).toEqual(['10.0', '2.0', '1.1', '1.0']);
    expect(await versions('(version: {startsWith: "1."})')).toEqual(['1.1', '1.0']);
    expect(await versions('(version: {notIn: ["1.0", "2.0"]})')).toEqual(['10.0', '1.1']);
  });

  it('is filtered by its version for devices, all revisions together', async () => {
    await see('d', '1.0', 'a');
    await see('e', '1.0', 'b');
    await see('f', '2.0', 'a');
    await project.ask('mutation { createDevice(input: {deviceSerial: "never seen"}) { created } }');
    const count = async (filter: string) => {
      const query = `{ devices(filter: {${filter}}) { totalCount } }`;
      return (await project.ask<{ devices: { totalCount: number } }>(query)).devices.totalCount;
    };
    expect(await count('release: {eq: "1.0"}')).toBe(2);
    expect(await count('release: {ne: "1.0"}')).toBe(2);
    expect(await count('release: {exists: false}')).toBe(1);
  });
});

describe('an event', () => {
  it('shows as the newest of its kind by its own time, in whatever order events are recorded', async () => {
    await record('2026-01-02T00:00:00Z', {
      title: 'second',
      release: { version: '2', revision: 'r' },
      url: 'https://example.com/2',
    });
    await record('2026-01-01T00:00:00Z', { title: 'first', release: { version: '1' } });
    await record('2025-12-31T00:00:00Z', { title: 'crash', kind: 'TRACE' });
    expect(
      await device(
        'latestInstall { kind at title url release { version revision } } latestTrace { kind title url release { id } }',
      ),
    ).toEqual({
      latestInstall: {
        kind: 'INSTALL',
        at: '2026-01-02T00:00:00.000Z',
        title: 'second',
        url: 'https://example.com/2',
        release: { version: '2', revision: 'r' },
      },
      latestTrace: { kind: 'TRACE', title: 'crash', url: null, release: null },
    });
  });

  it('is absent from a device to which nothing happened', async () => {
    expect(await device('latestInstall { at } latestTrace { at } events { at }')).toEqual({
      latestInstall: null,
      latestTrace: null,
      events: [],
    });
  });

  it('is listed newest first, twenty unless told otherwise, of one kind if asked', async () => {
    for (let day = 1; day <= 25; day += 1) {
      await record(`2026-01-${String(day).padStart(2, '0')}T00:00:00Z`, { kind: day % 5 === 0 ? 'TRACE' : 'INSTALL' });
    }
    const days = (events: readonly { at: string }[]) => events.map(({ at }) => Number(at.slice(8, 10)));
    type Events = Record<'some' | 'all' | 'traces' | 'two' | 'none', { at: string }[]>;
    const found =
      await device<Events>(`some: events { at } all: events(first: 500) { at } traces: events(kind: TRACE) { at }
      two: events(kind: INSTALL, first: 2) { at } none: events(first: 0) { at }`);
    const downFrom = (first: number, count: number) => Array.from({ length: count }, (_, index) => first - index);
    expect(days(found.some)).toEqual(downFrom(25, 20));
    expect(days(found.all)).toEqual(downFrom(25, 25));
    expect(days(found.traces)).toEqual([25, 20, 15, 10, 5]);
    expect(days(found.two)).toEqual([24, 23]);
    expect(found.none).toEqual([]);
  });

  it('moves neither a time nor a release of the device', async () => {
    const before = await device('updatedAt attributesUpdatedAt lastSeen lastSeenRelease { id }');
    await record('2030-01-01T00:00:00Z', { release: { version: '9' } });
    expect(await device('updatedAt attributesUpdatedAt lastSeen lastSeenRelease { id }')).toEqual(before);
  });

  it.each([-1, 501])('is not listed with first: %d', async (first) => {
    const query = 'query ($first: Int!) { device(deviceSerial: "d") { events(first: $first) { at } } }';
    expect(await project.refusal(query, { first })).toMatchObject({ code: 'BAD_USER_INPUT', field: 'first' });
  });

  it.each([
    ['title', 'is empty', '', 'BAD_USER_INPUT'],
    ['title', 'has 257 characters', 't'.repeat(257), 'LIMIT_EXCEEDED'],
    ['url', 'would run as a script', 'javascript:alert(1)', 'BAD_USER_INPUT'],
    ['url', 'is no address', 'example.com', 'BAD_USER_INPUT'],
    ['url', 'has over 2,048 characters', `https://example.com/${'x'.repeat(2048)}`, 'LIMIT_EXCEEDED'],
    ['at', 'has no offset', '2026-01-01T00:00:00', 'BAD_USER_INPUT'],
    ['at', 'is no day', '2026-02-30T00:00:00Z', 'BAD_USER_INPUT'],
    ['kind', 'is unknown', 'REBOOT', 'BAD_USER_INPUT'],
  ])('is refused if its %s %s', async (field, _fault, value, code) => {
    const input = { deviceSerial: 'd', kind: 'TRACE', at: '2026-01-01T00:00:00Z', [field]: value };
    expect(await project.refusal(RECORD, { input })).toMatchObject({ code, field: `input.${field}` });
    expect(await device('events { at }')).toEqual({ events: [] });
  });

  it('is NOT_FOUND for an unknown device, and then makes no release', async () => {
    const input = { deviceSerial: 'no', kind: 'TRACE', at: '2026-01-01T00:00:00Z', release: { version: '1' } };
    expect(await project.refusal(RECORD, { input })).toMatchObject({ code: 'NOT_FOUND', field: 'input.deviceSerial' });
    expect(await releases()).toEqual([]);
  });
});
