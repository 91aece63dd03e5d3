/** Reports of many devices in one call, as a gateway of theirs would send them. */
import { startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

beforeEach(async () => {
  project = await server.createProject();
  await project.ask(`mutation { a: createDevice(input: {deviceSerial: "a", group: "lab", ownerRef: "o", attributes: [
      {name: "os", value: "linux", description: "the system"}, {name: "mem", value: 1}]}) { created }
    b: createDevice(input: {deviceSerial: "b"}) { created } }`);
});

const REPORT = `mutation ($input: ReportAttributesInput!) {
  reportAttributes(input: $input) { createdCount updatedCount unchangedCount } }`;

const LONG_AGO = '2020-01-01T00:00:00.000Z';

async function report(reports: readonly object[], createMissing?: boolean): Promise<unknown> {
  const input = { reports, ...(createMissing !== undefined && { createMissing }) };
  return (await project.ask<{ reportAttributes: unknown }>(REPORT, { input })).reportAttributes;
}

function refusal(reports: readonly object[], createMissing?: boolean) {
  return project.refusal(REPORT, { input: { reports, ...(createMissing !== undefined && { createMissing }) } });
}

const counts = (createdCount: number, updatedCount: number, unchangedCount: number) => ({
  createdCount,
  updatedCount,
  unchangedCount,
});

interface Device {
  readonly updatedAt: string;
  readonly attributesUpdatedAt: string | null;
  readonly [field: string]: unknown;
}

async function read(serial: string): Promise<Device> {
  const query = `query ($serial: String) { device(deviceSerial: $serial) { ownerRef lastSeen lastSeenRelease { version revision }
    group { name } cohort { slug } registeredBy updatedAt attributesUpdatedAt attributes { name value description } } }`;
  return (await project.ask<{ device: Device }>(query, { serial })).device;
}

/** So that a later time differs for certain. */
async function backdate(): Promise<void> {
  await server.sql('update device set updated_at = $1, attributes_updated_at = $1 where project_id = $2', [
    LONG_AGO,
    project.id,
  ]);
}

const os = (value: unknown) => [{ name: 'os', value }];

it('changes each device as its report says and leaves the rest of it', async () => {
  const lastSeen = '2026-02-03T04:05:06.000Z';
  expect(
    await report([
      { deviceSerial: 'b', attributes: os('bsd'), lastSeen, lastSeenRelease: { version: '1.0' }, group: 'office' },
      { deviceSerial: 'a', attributes: os('linux 7') },
    ]),
  ).toEqual(counts(0, 2, 0));
  expect(await read('a')).toMatchObject({
    ownerRef: 'o',
    group: { name: 'lab' },
    lastSeen: null,
    attributes: [
      { name: 'mem', value: 1, description: null },
      { name: 'os', value: 'linux 7', description: 'the system' },
    ],
  });
  expect(await read('b')).toMatchObject({
    group: { name: 'office' },
    lastSeen,
    lastSeenRelease: { version: '1.0', revision: null },
    attributes: [{ name: 'os', value: 'bsd' }],
  });
});

it('makes unknown devices if asked, in the default cohort', async () => {
  const reports = ['a', 'n1', 'n2'].map((deviceSerial) => ({ deviceSerial, attributes: os('new'), group: 'fresh' }));
  expect(await report(reports, true)).toEqual(counts(2, 1, 0));
  expect(await read('n2')).toMatchObject({
    cohort: { slug: 'default' },
    group: { name: 'fresh' },
    registeredBy: 'the ADMIN',
    attributes: [{ name: 'os', value: 'new' }],
  });
  expect(await project.ask('{ group(name: "fresh") { deviceCount } cohort(slug: "default") { deviceCount } }')).toEqual(
    {
      group: { deviceCount: 3 },
      cohort: { deviceCount: 4 },
    },
  );
});

it.each([[undefined], [false]])(
  'is NOT_FOUND for an unknown device (createMissing: %j), and then changes none',
  async (createMissing) => {
    const before = await server.dump();
    const reports = [
      { deviceSerial: 'a', attributes: os('changed') },
      { deviceSerial: 'no', attributes: os('new'), group: 'new', lastSeenRelease: { version: '9' } },
    ];
    expect(await refusal(reports, createMissing)).toMatchObject({
      status: 200,
      code: 'NOT_FOUND',
      field: 'input.reports[1].deviceSerial',
    });
    expect(await server.dump()).toEqual(before);
  },
);

it('counts equal reports as unchanged and writes nothing for them', async () => {
  const lastSeen = '2026-02-03T04:05:06.000Z';
  const reports = [
    { deviceSerial: 'a', attributes: os('linux'), lastSeen, lastSeenRelease: { version: '1' }, group: 'lab' },
  ];
  expect(await report(reports)).toEqual(counts(0, 1, 0));
  await backdate();
  const before = await server.dump();
  expect(await report(reports)).toEqual(counts(0, 0, 1));
  expect(await report([...reports, { deviceSerial: 'b', attributes: [] }], true)).toEqual(counts(0, 0, 2));
  expect(await server.dump()).toEqual(before);
});

it('counts a device that was only seen again, without moving its times', async () => {
  await backdate();
  expect(await report([{ deviceSerial: 'a', attributes: os('linux'), lastSeen: '2026-02-03T00:00:00Z' }])).toEqual(
    counts(0, 1, 0),
  );
  expect(await read('a')).toMatchObject({ updatedAt: LONG_AGO, attributesUpdatedAt: LONG_AGO });
});

it('takes null for what it does not know', async () => {
  await backdate();
  const before = await server.dump();
  const nothing = { lastSeen: null, lastSeenRelease: null, group: null };
  expect(await report([{ deviceSerial: 'a', attributes: [], ...nothing }])).toEqual(counts(0, 0, 1));
  expect(await server.dump()).toEqual(before);
});

it('does nothing with no reports', async () => {
  expect(await report([])).toEqual(counts(0, 0, 0));
});

it('takes 2,000 reports and refuses 2,001', async () => {
  const reports = Array.from({ length: 2001 }, (_, index) => ({ deviceSerial: `n${index}`, attributes: os(index) }));
  const before = await server.dump();
  expect(await refusal(reports, true)).toMatchObject({ code: 'LIMIT_EXCEEDED', field: 'input.reports' });
  expect(await server.dump()).toEqual(before);
  expect(await report(reports.slice(1), true)).toEqual(counts(2000, 0, 0));
  expect(await project.ask('{ devices(filter: {attributes: [{name: "os", gt: 1000}]}) { totalCount } }')).toEqual({
    devices: { totalCount: 1000 },
  });
});

it.each<[string, object, string, string]>([
  ['a serial that stands twice', { deviceSerial: 'a', attributes: [] }, 'BAD_USER_INPUT', 'deviceSerial'],
  ['an empty serial', { deviceSerial: '', attributes: [] }, 'BAD_USER_INPUT', 'deviceSerial'],
  ['a mixed array', { deviceSerial: 'b', attributes: os([1, 'x']) }, 'BAD_USER_INPUT', 'attributes[0].value[1]'],
  ['a name twice', { deviceSerial: 'b', attributes: [...os(1), ...os(2)] }, 'BAD_USER_INPUT', 'attributes[1].name'],
  ['a group that cannot be', { deviceSerial: 'b', attributes: [], group: 'a b' }, 'BAD_USER_INPUT', 'group'],
  [
    'an empty version',
    { deviceSerial: 'b', attributes: [], lastSeenRelease: { version: '' } },
    'BAD_USER_INPUT',
    'lastSeenRelease.version',
  ],
  [
    '1,001 attributes',
    { deviceSerial: 'b', attributes: Array.from({ length: 1001 }, (_, index) => ({ name: `n${index}`, value: 1 })) },
    'LIMIT_EXCEEDED',
    'attributes',
  ],
])('refuses %s by its place in the list, and changes no device', async (_what, wrong, code, field) => {
  const before = await server.dump();
  const reports = [{ deviceSerial: 'a', attributes: os('changed') }, { deviceSerial: 'c', attributes: [] }, wrong];
  expect(await refusal(reports, true)).toMatchObject({ code, field: `input.reports[2].${field}` });
  expect(await server.dump()).toEqual(before);
});

it('refuses a device that would have too many attributes by its place in the list', async () => {
  const many = Array.from({ length: 1000 }, (_, index) => ({ name: `n${index}`, value: 1 }));
  await report([{ deviceSerial: 'b', attributes: many }]);
  const before = await server.dump();
  const reports = [
    { deviceSerial: 'a', attributes: os('changed') },
    { deviceSerial: 'b', attributes: os(1) },
  ];
  expect(await refusal(reports)).toMatchObject({ code: 'LIMIT_EXCEEDED', field: 'input.reports[1].attributes' });
  expect(await server.dump()).toEqual(before);
});

it('keeps all of several calls that come at once, in whatever order they name the devices', async () => {
  const serials = ['a', 'b', 'n1', 'n2', 'n3'];
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, call) => {
      const ordered = call % 2 === 0 ? serials : serials.toReversed();
      return report(
        ordered.map((deviceSerial) => ({ deviceSerial, attributes: [{ name: `call${call}`, value: call }] })),
        true,
      ) as Promise<{ createdCount: number }>;
    }),
  );
  expect(answers.reduce((sum, { createdCount }) => sum + createdCount, 0)).toBe(3);
  const filter = { and: Array.from({ length: 8 }, (_, call) => ({ attributes: [{ name: `call${call}`, eq: call }] })) };
  const query = 'query ($filter: DeviceFilter) { devices(filter: $filter) { totalCount } }';
  expect(await project.ask(query, { filter })).toEqual({ devices: { totalCount: 5 } });
});
