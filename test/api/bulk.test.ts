/** Changes of many devices at once, and how they are chosen. */
import { startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;
/** Ids of the devices by serial. */
let ids: Map<string, string>;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

const LONG_AGO = '2020-01-01T00:00:00.000Z';

beforeEach(async () => {
  project = await server.createProject();
  await project.ask(`mutation { createCohort(input: {name: "Beta"}) { created }
    reportAttributes(input: {createMissing: true, reports: [
      {deviceSerial: "a", group: "lab", attributes: [{name: "os", value: "linux"}]}
      {deviceSerial: "b", group: "lab", attributes: [{name: "os", value: "linux", description: "the system"}, {name: "mem", value: 512}]}
      {deviceSerial: "c", attributes: [{name: "os", value: "bsd"}]}
      {deviceSerial: "d", attributes: []}]}) { createdCount }
    moveDevicesToCohort(input: {devices: {deviceSerials: ["d"]}, cohort: "beta"}) { changedCount } }`);
  await server.sql(
    `update device set updated_at = $1, attributes_updated_at = case when attributes_updated_at is null then null else $1::timestamptz end
     where project_id = $2`,
    [LONG_AGO, project.id],
  );
  const { devices } = await project.ask<{ devices: { nodes: { id: string; deviceSerial: string }[] } }>(
    '{ devices { nodes { id deviceSerial } } }',
  );
  ids = new Map(devices.nodes.map(({ id, deviceSerial }) => [deviceSerial, id]));
});

const PAYLOAD = '{ matchedCount changedCount unknownSerials unknownIds dryRun }';
const TO_COHORT = `mutation ($input: MoveDevicesToCohortInput!) { result: moveDevicesToCohort(input: $input) ${PAYLOAD} }`;
const TO_GROUP = `mutation ($input: MoveDevicesToGroupInput!) { result: moveDevicesToGroup(input: $input) ${PAYLOAD} }`;
const SET = `mutation ($input: SetAttributesOfDevicesInput!) { result: setAttributesOfDevices(input: $input) ${PAYLOAD} }`;
const DELETE = `mutation ($input: DeleteDevicesInput!) { result: deleteDevices(input: $input) ${PAYLOAD} }`;

/** Each bulk change with what it needs beside the devices. */
const CHANGES: readonly (readonly [name: string, mutation: string, rest: object])[] = [
  ['moveDevicesToCohort', TO_COHORT, { cohort: 'beta' }],
  ['moveDevicesToGroup', TO_GROUP, { group: 'new' }],
  ['setAttributesOfDevices', SET, { attributes: [{ name: 'os', value: 'new' }] }],
  ['deleteDevices', DELETE, {}],
];

interface Result {
  readonly matchedCount: number;
  readonly changedCount: number;
  readonly unknownSerials: readonly string[];
  readonly unknownIds: readonly string[];
  readonly dryRun: boolean;
}

async function change(mutation: string, input: object): Promise<Result> {
  return (await project.ask<{ result: Result }>(mutation, { input })).result;
}

const result = (matchedCount: number, changedCount: number, rest: Partial<Result> = {}): Result => ({
  matchedCount,
  changedCount,
  unknownSerials: [],
  unknownIds: [],
  dryRun: false,
  ...rest,
});

interface Device {
  readonly deviceSerial: string;
  readonly cohort: { readonly slug: string };
  readonly group: { readonly name: string } | null;
  readonly updatedAt: string;
  readonly attributesUpdatedAt: string | null;
}

async function read(): Promise<readonly Device[]> {
  const query = `{ devices(orderBy: {field: DEVICE_SERIAL, direction: ASC}) {
    nodes { deviceSerial cohort { slug } group { name } updatedAt attributesUpdatedAt } } }`;
  return (await project.ask<{ devices: { nodes: Device[] } }>(query)).devices.nodes;
}

/** Cohort of each device; those that were touched are marked. */
async function cohorts(): Promise<string> {
  return (await read())
    .map(({ deviceSerial, cohort, updatedAt }) => `${deviceSerial}:${cohort.slug}${updatedAt === LONG_AGO ? '' : '*'}`)
    .join(' ');
}

async function groups(): Promise<string> {
  return (await read())
    .map(
      ({ deviceSerial, group, updatedAt }) =>
        `${deviceSerial}:${group?.name ?? '-'}${updatedAt === LONG_AGO ? '' : '*'}`,
    )
    .join(' ');
}

/** An id that looks right but is of no device. */
const UNKNOWN_ID = Buffer.from('Device:999999999').toString('base64url');

describe('devices are chosen', () => {
  it('by serials, where duplicates count once and unknown ones are listed', async () => {
    const deviceSerials = ['a', 'no', 'c', 'a', 'nor this', 'no'];
    expect(await change(TO_COHORT, { devices: { deviceSerials }, cohort: 'beta' })).toEqual(
      result(2, 2, { unknownSerials: ['no', 'nor this'] }),
    );
    expect(await cohorts()).toBe('a:beta* b:default c:beta* d:beta');
  });

  it('by ids, where duplicates count once, and unknown ones and those of other things are listed', async () => {
    const { cohort } = await project.ask<{ cohort: { id: string } }>('{ cohort(slug: "beta") { id } }');
    const chosen = [ids.get('a')!, UNKNOWN_ID, ids.get('b')!, ids.get('a')!, cohort.id];
    expect(await change(TO_COHORT, { devices: { ids: chosen }, cohort: 'beta' })).toEqual(
      result(2, 2, { unknownIds: [UNKNOWN_ID, cohort.id] }),
    );
    expect(await cohorts()).toBe('a:beta* b:beta* c:default d:beta');
  });

  it('by a filter', async () => {
    const filter = { attributes: [{ name: 'os', eq: 'linux' }] };
    expect(await change(TO_COHORT, { devices: { filter }, cohort: 'beta' })).toEqual(result(2, 2));
    expect(await cohorts()).toBe('a:beta* b:beta* c:default d:beta');
  });

  it('by a filter that finds none', async () => {
    const filter = { attributes: [{ name: 'os', eq: 'dos' }] };
    const before = await server.dump();
    for (const [, mutation, rest] of CHANGES) {
      expect(await change(mutation, { devices: { filter }, ...rest })).toEqual(result(0, 0));
    }
    expect(await server.dump()).toEqual(before);
  });

  it('all, in so many words', async () => {
    expect(await change(TO_COHORT, { devices: { all: true }, cohort: 'beta' })).toEqual(result(4, 3));
    expect(await cohorts()).toBe('a:beta* b:beta* c:beta* d:beta');
  });

  it.each(CHANGES)('in the same ways by %s', async (_name, mutation, rest) => {
    const dryRun = true;
    const by = (devices: object) => change(mutation, { devices, ...rest, dryRun });
    expect(await by({ deviceSerials: ['a', 'a', 'no'] })).toEqual(result(1, 1, { dryRun, unknownSerials: ['no'] }));
    expect(await by({ ids: [ids.get('a'), UNKNOWN_ID] })).toEqual(result(1, 1, { dryRun, unknownIds: [UNKNOWN_ID] }));
    expect(await by({ filter: { group: { eq: 'lab' } } })).toEqual(result(2, 2, { dryRun }));
    expect((await by({ all: true })).matchedCount).toBe(4);
  });

  it.each(CHANGES)('in exactly one way by %s', async (_name, mutation, rest) => {
    const before = await server.dump();
    const refused = (devices: unknown) => project.refusal(mutation, { input: { devices, ...rest } });
    const path = 'input.devices';
    for (const [devices, field] of [
      [{}, path],
      [{ deviceSerials: ['a'], all: true }, path],
      [{ deviceSerials: ['a'], ids: [ids.get('a')] }, path],
      [{ filter: { testMode: true }, deviceSerials: [] }, path],
      [{ all: false }, `${path}.all`],
      [{ all: null }, `${path}.all`],
      [{ filter: null }, `${path}.filter`],
      [{ deviceSerials: [] }, `${path}.deviceSerials`],
      [{ ids: [] }, `${path}.ids`],
      [{ deviceSerials: ['a', ''] }, `${path}.deviceSerials[1]`],
      [{ ids: [ids.get('a'), 'garbage'] }, `${path}.ids[1]`],
      [{ filter: {} }, `${path}.filter`],
      [{ filter: { deviceSerial: {} } }, `${path}.filter.deviceSerial`],
    ] as const) {
      expect([devices, await refused(devices)]).toMatchObject([devices, { code: 'BAD_USER_INPUT', field }]);
    }
    expect(await server.dump()).toEqual(before);
  });

  it('by at most 50,000 serials or ids', async () => {
    const deviceSerials = Array.from({ length: 50_001 }, (_, index) => `s${index}`);
    expect(await project.refusal(DELETE, { input: { devices: { deviceSerials } } })).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'input.devices.deviceSerials',
    });
    const input = { devices: { deviceSerials: deviceSerials.slice(1) }, dryRun: true };
    expect(await change(DELETE, input)).toMatchObject({ matchedCount: 0 });
    const many = deviceSerials.map((_serial, index) => Buffer.from(`Device:${index + 1}`).toString('base64url'));
    expect(await project.refusal(DELETE, { input: { devices: { ids: many } } })).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'input.devices.ids',
    });
  });
});

describe('a selector that means everything', () => {
  const x = { hasGroup: true };
  const notX = { not: { hasGroup: true } };
  const linux = { attributes: [{ name: 'os', eq: 'linux' }] };
  let turn = 0;
  it.each<[object]>([
    [{ and: [] }],
    [{ not: { or: [] } }],
    [{ and: [{ and: [] }, { not: { or: [] } }] }],
    [{ or: [x, { and: [] }] }],
    [{ not: { not: { and: [] } } }],
    [{ not: { and: [x, { or: [] }] } }],
    [{ attributes: [] }],
    [{ attributes: [{ name: 'os', notIn: [] }] }],
    [{ not: { attributes: [{ name: 'os', in: [] }] } }],
    [{ deviceSerial: { notIn: [] } }],
    [{ group: { notIn: [] } }],
    [{ not: { group: { in: [] } } }],
    [{ deviceSerial: { exists: true } }],
    [{ cohort: { exists: true } }],
    [{ not: { cohort: { exists: false } } }],
    [{ createdAt: { exists: true } }],
    [{ updatedAt: { exists: true } }],
    [{ deviceSerial: { contains: '' } }],
    [{ deviceSerial: { startsWith: '' } }],
    [{ cohort: { endsWith: '' } }],
    [{ cohort: { startsWith: '', endsWith: '', notIn: [] } }],
    [{ state: ['ACTIVE', 'DISABLED'] }],
    [{ not: { state: [] } }],
    [{ not: { ids: [] } }],
    [{ or: [{ testMode: true }, { testMode: false }] }],
    [{ or: [x, notX] }],
    [{ or: [x, { hasGroup: false }] }],
    [{ or: [{ testMode: true }, linux, { not: linux }] }],
    [{ or: [{ group: { exists: true } }, { group: { exists: false } }] }],
    [{ or: [{ group: { eq: 'lab' } }, { group: { ne: 'lab' } }] }],
    [{ or: [{ group: { in: ['a', 'b'] } }, { group: { notIn: ['a', 'b'] } }] }],
    [{ or: [{ lastSeen: { exists: true } }, { lastSeen: { exists: false } }] }],
    [{ or: [linux, { attributes: [{ name: 'os', ne: 'linux' }] }] }],
    [{ not: { and: [x, notX] } }],
    [{ or: [{ state: ['ACTIVE'] }, { state: ['DISABLED'] }] }],
    [{ or: [{ or: [x, linux] }, notX] }],
    [{ or: [{ or: [x] }, { or: [notX] }] }],
    [{ or: [{ and: [x, linux] }, notX, { not: linux }] }],
    [{ or: [{ group: { in: ['a', 'b'] } }, { group: { notIn: ['b', 'a'] } }] }],
    [{ deviceSerial: { ne: '' } }],
    [{ deviceSerial: { matches: '.*' } }],
    [{ cohort: { matches: '^' } }],
  ])('is refused: %j', async (filter) => {
    const before = await server.dump();
    // All of them read selectors by one function; which one is tried goes round.
    turn += 1;
    const [, mutation, rest] = CHANGES[turn % CHANGES.length]!;
    expect(await project.refusal(mutation, { input: { devices: { filter }, ...rest } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.devices.filter',
    });
    expect(await server.dump()).toEqual(before);
    // As a search it is what it says.
    const query = 'query ($filter: DeviceFilter) { devices(filter: $filter) { totalCount nodes { id } } }';
    const { devices } = await project.ask<{ devices: { totalCount: number; nodes: unknown[] } }>(query, { filter });
    expect([devices.totalCount, devices.nodes.length]).toEqual([4, 4]);
  });

  it('is not confused with a filter that happens to hold for all', async () => {
    const filter = { testMode: false };
    expect(await change(DELETE, { devices: { filter }, dryRun: true })).toMatchObject({ matchedCount: 4 });
    const never = { and: [x, notX] };
    expect(await change(DELETE, { devices: { filter: never }, dryRun: true })).toMatchObject({ matchedCount: 0 });
  });
});

describe('dryRun', () => {
  it.each(CHANGES)('of %s counts as the change does, and changes nothing', async (_name, mutation, rest) => {
    const before = await server.dump();
    const input = { devices: { filter: { group: { eq: 'lab' } } }, ...rest };
    expect(await change(mutation, { ...input, dryRun: true })).toEqual(result(2, 2, { dryRun: true }));
    expect(await server.dump()).toEqual(before);
    expect(await change(mutation, { ...input, dryRun: false })).toEqual(result(2, 2));
    expect(await server.dump()).not.toEqual(before);
  });

  it.each(CHANGES)('of %s ignores maxAffected', async (_name, mutation, rest) => {
    const input = { devices: { all: true }, ...rest, dryRun: true, maxAffected: 0 };
    expect(await change(mutation, input)).toMatchObject({ matchedCount: 4, dryRun: true });
  });

  it('does not count devices that are as wanted already', async () => {
    const dryRun = true;
    expect(await change(TO_COHORT, { devices: { all: true }, cohort: 'beta', dryRun })).toMatchObject({
      changedCount: 3,
    });
    expect(await change(TO_GROUP, { devices: { all: true }, group: 'lab', dryRun })).toMatchObject({ changedCount: 2 });
    expect(await change(TO_GROUP, { devices: { all: true }, group: null, dryRun })).toMatchObject({ changedCount: 2 });
    const attributes = [{ name: 'os', value: 'linux' }];
    expect(await change(SET, { devices: { all: true }, attributes, dryRun })).toMatchObject({ changedCount: 2 });
  });
});

describe('maxAffected', () => {
  it.each(CHANGES)('stops %s with the count, and nothing is changed', async (_name, mutation, rest) => {
    const before = await server.dump();
    const input = { devices: { all: true }, ...rest, maxAffected: 3 };
    const { status, code, field, extensions } = await project.refusal(mutation, { input });
    expect([status, code, field]).toEqual([200, 'TOO_MANY_AFFECTED', 'input.maxAffected']);
    expect(extensions['matchedCount']).toBe(4);
    expect(await server.dump()).toEqual(before);
  });

  it.each(CHANGES)('lets %s pass that matches as many', async (_name, mutation, rest) => {
    expect(await change(mutation, { devices: { all: true }, ...rest, maxAffected: 4 })).toMatchObject({
      matchedCount: 4,
    });
  });

  it('refuses a negative number, and takes null as none', async () => {
    const input = { devices: { all: true }, dryRun: true };
    expect(await project.refusal(DELETE, { input: { ...input, maxAffected: -1 } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.maxAffected',
    });
    expect(await change(DELETE, { ...input, maxAffected: null })).toMatchObject({ matchedCount: 4 });
  });
});

describe('moveDevicesToCohort', () => {
  it('touches and counts only devices of other cohorts', async () => {
    expect(await change(TO_COHORT, { devices: { deviceSerials: ['c', 'd'] }, cohort: 'beta' })).toEqual(result(2, 1));
    expect(await cohorts()).toBe('a:default b:default c:beta* d:beta');
    expect(await project.ask('{ cohorts { nodes { slug deviceCount } } }')).toEqual({
      cohorts: {
        nodes: [
          { slug: 'beta', deviceCount: 2 },
          { slug: 'default', deviceCount: 2 },
        ],
      },
    });
  });

  it.each([true, false])('is NOT_FOUND for an unknown cohort (dryRun: %j), even if nothing matches', async (dryRun) => {
    for (const devices of [{ all: true }, { deviceSerials: ['no'] }]) {
      expect(await project.refusal(TO_COHORT, { input: { devices, cohort: 'nowhere', dryRun } })).toMatchObject({
        code: 'NOT_FOUND',
        field: 'input.cohort',
      });
    }
  });
});

describe('moveDevicesToGroup', () => {
  it('makes the group, and touches and counts only devices of other groups', async () => {
    expect(await change(TO_GROUP, { devices: { deviceSerials: ['a', 'c'] }, group: 'office' })).toEqual(result(2, 2));
    expect(await change(TO_GROUP, { devices: { deviceSerials: ['a', 'b'] }, group: 'office' })).toEqual(result(2, 1));
    expect(await groups()).toBe('a:office* b:office* c:office* d:-');
    expect(await project.ask('{ groups { nodes { name deviceCount } } }')).toEqual({
      groups: {
        nodes: [
          { name: 'lab', deviceCount: 0 },
          { name: 'office', deviceCount: 3 },
        ],
      },
    });
  });

  it('with null takes devices out of their groups', async () => {
    expect(await change(TO_GROUP, { devices: { deviceSerials: ['a', 'c'] }, group: null })).toEqual(result(2, 1));
    expect(await groups()).toBe('a:-* b:lab c:- d:-');
  });

  it('wants the group to be named, be it null', async () => {
    expect(await project.refusal(TO_GROUP, { input: { devices: { all: true } } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.group',
    });
    const mutation = `mutation ($group: String) {
      moveDevicesToGroup(input: {devices: {deviceSerials: ["a"]}, group: $group}) { changedCount } }`;
    expect(await project.refusal(mutation)).toMatchObject({ code: 'BAD_USER_INPUT', field: 'group' });
    expect(await groups()).toBe('a:lab b:lab c:- d:-');
  });
});

describe('setAttributesOfDevices', () => {
  const values = async (name: string) => {
    const query = `query ($name: String!) { devices(orderBy: {field: DEVICE_SERIAL, direction: ASC}) {
      nodes { deviceSerial attributesUpdatedAt updatedAt attribute(name: $name) { value description } } } }`;
    const { devices } = await project.ask<{
      devices: {
        nodes: (Device & { attribute: { value: unknown; description: string | null } | null })[];
      };
    }>(query, { name });
    return devices.nodes;
  };

  it('merges the attributes; devices with equal values are neither counted nor touched', async () => {
    const attributes = [{ name: 'os', value: 'linux' }];
    expect(await change(SET, { devices: { all: true }, attributes })).toEqual(result(4, 2));
    const devices = await values('os');
    expect(devices.map(({ attribute }) => attribute?.value)).toEqual(['linux', 'linux', 'linux', 'linux']);
    expect(devices.map(({ attributesUpdatedAt }) => attributesUpdatedAt === LONG_AGO)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(devices.map(({ updatedAt }) => updatedAt)).toEqual([LONG_AGO, LONG_AGO, LONG_AGO, LONG_AGO]);
    expect((await values('mem')).map(({ attribute }) => attribute?.value)).toEqual([
      undefined,
      512,
      undefined,
      undefined,
    ]);
    const query = '{ devices(filter: {attributes: [{name: "os", eq: "linux"}]}) { totalCount } }';
    expect(await project.ask(query)).toEqual({ devices: { totalCount: 4 } });
    expect(await change(SET, { devices: { all: true }, attributes })).toEqual(result(4, 0));
  });

  it('counts a changed description, which moves no time', async () => {
    const attributes = [{ name: 'os', value: 'linux', description: 'the system' }];
    expect(await change(SET, { devices: { deviceSerials: ['a', 'b'] }, attributes })).toEqual(result(2, 1));
    expect((await values('os')).slice(0, 2)).toMatchObject([
      { attribute: { description: 'the system' }, attributesUpdatedAt: LONG_AGO },
      { attribute: { description: 'the system' }, attributesUpdatedAt: LONG_AGO },
    ]);
  });

  it('takes a value of another type', async () => {
    await change(SET, { devices: { all: true }, attributes: [{ name: 'os', value: ['x', 'y'] }] });
    expect((await values('os')).map(({ attribute }) => attribute?.value)).toEqual([
      ['x', 'y'],
      ['x', 'y'],
      ['x', 'y'],
      ['x', 'y'],
    ]);
    const query = '{ devices(filter: {attributes: [{name: "os", eq: "linux"}]}) { totalCount } }';
    expect(await project.ask(query)).toEqual({ devices: { totalCount: 0 } });
  });

  it('wants at least one attribute, none twice, and none that cannot be', async () => {
    const refused = (attributes: object[]) => project.refusal(SET, { input: { devices: { all: true }, attributes } });
    const code = 'BAD_USER_INPUT';
    const a = { name: 'a', value: 1 };
    expect(await refused([])).toMatchObject({ code, field: 'input.attributes' });
    expect(await refused([a, a])).toMatchObject({ code, field: 'input.attributes[1].name' });
    expect(await refused([a, { name: 'b', value: [1, 'x'] }])).toMatchObject({
      code,
      field: 'input.attributes[1].value[1]',
    });
  });

  it('changes no device if one would have too many attributes', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({ name: `n${index}`, value: index }));
    await project.ask(
      'mutation ($input: SetDeviceAttributesInput!) { setDeviceAttributes(input: $input) { device { id } } }',
      {
        input: { deviceSerial: 'd', attributes: many },
      },
    );
    const before = await server.dump();
    expect(
      await project.refusal(SET, { input: { devices: { all: true }, attributes: [{ name: 'x', value: 1 }] } }),
    ).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'input.attributes',
    });
    expect(await server.dump()).toEqual(before);
  });
});

describe('deleteDevices', () => {
  it('removes the devices with everything that belongs to them', async () => {
    expect(await change(DELETE, { devices: { deviceSerials: ['a', 'b', 'no'] } })).toEqual(
      result(2, 2, { unknownSerials: ['no'] }),
    );
    expect((await read()).map(({ deviceSerial }) => deviceSerial)).toEqual(['c', 'd']);
    expect(await project.ask('{ group(name: "lab") { deviceCount } cohort(slug: "default") { deviceCount } }')).toEqual(
      {
        group: { deviceCount: 0 },
        cohort: { deviceCount: 1 },
      },
    );
    const remaining = [...ids].filter(([serial]) => serial === 'c' || serial === 'd').map(([, id]) => id);
    const internal = remaining.map((id) => Buffer.from(id, 'base64url').toString().split(':')[1]);
    for (const table of ['posting_text', 'posting_number', 'device_document']) {
      const rows = await server.sql<{ id: string }>(
        `select distinct device_id::text as id from ${table} where project_id = $1`,
        [project.id],
      );
      expect(internal).toEqual(expect.arrayContaining(rows.map(({ id }) => id)));
    }
    expect(await change(DELETE, { devices: { deviceSerials: ['a', 'b'] } })).toEqual(
      result(0, 0, { unknownSerials: ['a', 'b'] }),
    );
  });

  it('removes all if all are named', async () => {
    expect(await change(DELETE, { devices: { all: true } })).toEqual(result(4, 4));
    expect(await read()).toEqual([]);
    expect(await project.ask('{ devices { totalCount } cohorts { nodes { deviceCount } } }')).toEqual({
      devices: { totalCount: 0 },
      cohorts: { nodes: [{ deviceCount: 0 }, { deviceCount: 0 }] },
    });
  });
});

it('counts stay right while bulk changes run at once', async () => {
  const move = (mutation: string, input: object) => change(mutation, input);
  await Promise.all([
    move(TO_COHORT, { devices: { all: true }, cohort: 'beta' }),
    move(TO_GROUP, { devices: { all: true }, group: 'office' }),
    move(SET, { devices: { all: true }, attributes: [{ name: 'x', value: 1 }] }),
    move(TO_COHORT, { devices: { deviceSerials: ['a', 'd'] }, cohort: 'default' }),
    move(DELETE, { devices: { deviceSerials: ['b'] } }),
  ]);
  const query = `{ cohorts { nodes { deviceCount devices { totalCount } real: devices(filter: {testMode: false}) { totalCount } } }
    groups { nodes { deviceCount real: devices(filter: {testMode: false}) { totalCount } } } devices { totalCount } }`;
  const counts = await project.ask<{
    cohorts: { nodes: { deviceCount: number; real: { totalCount: number } }[] };
    groups: { nodes: { deviceCount: number; real: { totalCount: number } }[] };
    devices: { totalCount: number };
  }>(query);
  for (const { deviceCount, real } of [...counts.cohorts.nodes, ...counts.groups.nodes]) {
    expect(deviceCount).toBe(real.totalCount);
  }
  expect(counts.devices.totalCount).toBe(3);
});
