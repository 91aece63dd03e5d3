/** Groups: named sets of devices, made by whatever change names one. */
import { startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

beforeEach(async () => {
  project = await server.createProject();
  await project.ask(`mutation { a: createDevice(input: {deviceSerial: "a", group: "lab"}) { created }
    b: createDevice(input: {deviceSerial: "b", group: "lab"}) { created } c: createDevice(input: {deviceSerial: "c"}) { created } }`);
});

const CREATE =
  'mutation ($input: CreateGroupInput!) { createGroup(input: $input) { created group { name deviceCount } } }';
const RENAME = 'mutation ($input: RenameGroupInput!) { renameGroup(input: $input) { group { id name } } }';
const DELETE = 'mutation ($input: DeleteGroupInput!) { deleteGroup(input: $input) { deleted releasedDeviceCount } }';
const SET = 'mutation ($input: SetDeviceGroupInput!) { setDeviceGroup(input: $input) { device { group { name } } } }';
const REMOVE = `mutation ($input: RemoveDeviceFromGroupInput!) {
  removeDeviceFromGroup(input: $input) { device { deviceSerial group { name } } } }`;

const LONG_AGO = '2020-01-01T00:00:00.000Z';

/** Names of all groups with their numbers of devices. */
async function groups(): Promise<Record<string, number>> {
  const query = '{ groups { nodes { name deviceCount devices { totalCount } } } }';
  const answer = await project.ask<{
    groups: { nodes: { name: string; deviceCount: number; devices: { totalCount: number } }[] };
  }>(query);
  for (const { deviceCount, devices } of answer.groups.nodes) expect(deviceCount).toBe(devices.totalCount);
  return Object.fromEntries(answer.groups.nodes.map(({ name, deviceCount }) => [name, deviceCount]));
}

async function create(input: object): Promise<unknown> {
  return (await project.ask<{ createGroup: unknown }>(CREATE, { input })).createGroup;
}

async function rename(name: string, newName: string): Promise<{ id: string; name: string }> {
  const input = { name, newName };
  return (await project.ask<{ renameGroup: { group: { id: string; name: string } } }>(RENAME, { input })).renameGroup
    .group;
}

async function remove(name: string): Promise<unknown> {
  return (await project.ask<{ deleteGroup: unknown }>(DELETE, { input: { name } })).deleteGroup;
}

describe('createGroup', () => {
  it('makes an empty group, which stays although it is empty', async () => {
    expect(await create({ name: 'Office_2-x' })).toEqual({
      created: true,
      group: { name: 'Office_2-x', deviceCount: 0 },
    });
    expect(await groups()).toEqual({ 'Office_2-x': 0, lab: 2 });
  });

  it('is CONFLICT for a name that is taken, and with KEEP answers the group that is there', async () => {
    expect(await project.refusal(CREATE, { input: { name: 'lab' } })).toMatchObject({
      status: 200,
      code: 'CONFLICT',
      field: 'input.name',
    });
    expect(await create({ name: 'lab', ifExists: 'KEEP' })).toEqual({
      created: false,
      group: { name: 'lab', deviceCount: 2 },
    });
    expect(await create({ name: 'Lab' })).toMatchObject({ created: true });
  });

  it.each(['', 'a b', 'ä', 'a.b', 'a/b', 'a\n'])('refuses the name %j', async (name) => {
    expect(await project.refusal(CREATE, { input: { name } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.name',
    });
  });

  it('takes a name of 256 characters and refuses one of 257', async () => {
    expect(await create({ name: 'g'.repeat(256) })).toMatchObject({ created: true });
    expect(await project.refusal(CREATE, { input: { name: 'g'.repeat(257) } })).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'input.name',
    });
  });
});

describe('a group is made', () => {
  const reports = '[{deviceSerial: "c", attributes: [], group: "new"}]';
  it.each([
    ['createDevice', 'createDevice(input: {deviceSerial: "d", group: "new"}) { created }'],
    ['setDeviceGroup', 'setDeviceGroup(input: {deviceSerial: "c", group: "new"}) { device { id } }'],
    ['reportAttributes', `reportAttributes(input: {reports: ${reports}}) { updatedCount }`],
    [
      'moveDevicesToGroup',
      'moveDevicesToGroup(input: {devices: {deviceSerials: ["c"]}, group: "new"}) { changedCount }',
    ],
  ])('by %s that names it', async (_name, mutation) => {
    await project.ask(`mutation { ${mutation} }`);
    expect(await groups()).toEqual({ lab: 2, new: 1 });
  });

  it.each([
    ['a dry run', 'moveDevicesToGroup(input: {devices: {all: true}, group: "new", dryRun: true}) { changedCount }'],
    [
      'a change for which nothing matches',
      'moveDevicesToGroup(input: {devices: {deviceSerials: ["no"]}, group: "new"}) { changedCount }',
    ],
    [
      'a filter that finds nothing',
      'moveDevicesToGroup(input: {devices: {filter: {testMode: true}}, group: "new"}) { changedCount }',
    ],
    ['a device that is kept', 'createDevice(input: {deviceSerial: "c", group: "new", ifExists: KEEP}) { created }'],
  ])('but not by %s', async (_what, mutation) => {
    await project.ask(`mutation { ${mutation} }`);
    expect(await groups()).toEqual({ lab: 2 });
  });

  it.each([
    ['an unknown device', 'setDeviceGroup(input: {deviceSerial: "no", group: "new"}) { device { id } }', 'NOT_FOUND'],
    ['a device that is refused', 'createDevice(input: {deviceSerial: "c", group: "new"}) { created }', 'CONFLICT'],
    [
      'too many devices',
      'moveDevicesToGroup(input: {devices: {all: true}, group: "new", maxAffected: 2}) { changedCount }',
      'TOO_MANY_AFFECTED',
    ],
    [
      'a report of an unknown device',
      'reportAttributes(input: {reports: [{deviceSerial: "no", attributes: [], group: "new"}]}) { updatedCount }',
      'NOT_FOUND',
    ],
  ])('and not by a change that fails: %s', async (_what, mutation, code) => {
    expect(await project.refusal(`mutation { ${mutation} }`)).toMatchObject({ code });
    expect(await groups()).toEqual({ lab: 2 });
  });
});

describe('setDeviceGroup', () => {
  it('puts a device into a group, out of the one it was in', async () => {
    expect(await project.ask(SET, { input: { deviceSerial: 'a', group: 'office' } })).toEqual({
      setDeviceGroup: { device: { group: { name: 'office' } } },
    });
    expect(await groups()).toEqual({ lab: 1, office: 1 });
  });

  it('leaves the emptied group where it is', async () => {
    await project.ask(SET, { input: { deviceSerial: 'a', group: 'office' } });
    await project.ask(SET, { input: { deviceSerial: 'b', group: 'office' } });
    expect(await groups()).toEqual({ lab: 0, office: 2 });
  });

  it('changes nothing for a device that is in that group', async () => {
    await server.sql('update device set updated_at = $1 where project_id = $2', [LONG_AGO, project.id]);
    const before = await server.dump();
    await project.ask(SET, { input: { deviceSerial: 'a', group: 'lab' } });
    expect(await server.dump()).toEqual(before);
  });

  it('is NOT_FOUND for an unknown device and refuses a name that cannot be', async () => {
    expect(await project.refusal(SET, { input: { deviceSerial: 'no', group: 'lab' } })).toMatchObject({
      code: 'NOT_FOUND',
      field: 'input.deviceSerial',
    });
    expect(await project.refusal(SET, { input: { deviceSerial: 'a', group: 'a b' } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.group',
    });
  });
});

describe('removeDeviceFromGroup', () => {
  it('takes the device out of its group', async () => {
    expect(await project.ask(REMOVE, { input: { deviceSerial: 'a', group: 'lab' } })).toEqual({
      removeDeviceFromGroup: { device: { deviceSerial: 'a', group: null } },
    });
    expect(await groups()).toEqual({ lab: 1 });
  });

  it.each([
    ['the device is unknown', { deviceSerial: 'no', group: 'lab' }, 'input.deviceSerial'],
    ['the device is in no group', { deviceSerial: 'c', group: 'lab' }, 'input.group'],
    ['the device is in another group', { deviceSerial: 'a', group: 'office' }, 'input.group'],
    ['there is no such group', { deviceSerial: 'a', group: 'nowhere' }, 'input.group'],
  ])('is NOT_FOUND if %s', async (_why, input, field) => {
    await create({ name: 'office' });
    const before = await server.dump();
    expect(await project.refusal(REMOVE, { input })).toMatchObject({ status: 200, code: 'NOT_FOUND', field });
    expect(await server.dump()).toEqual(before);
  });
});

describe('renameGroup', () => {
  it('keeps the id and the devices', async () => {
    const before = await project.ask<{ group: { id: string } }>('{ group(name: "lab") { id } }');
    expect(await rename('lab', 'Office')).toEqual({ id: before.group.id, name: 'Office' });
    expect(await groups()).toEqual({ Office: 2 });
    expect(
      await project.ask('{ group(name: "lab") { id } devices(filter: {group: {eq: "Office"}}) { totalCount } }'),
    ).toEqual({
      group: null,
      devices: { totalCount: 2 },
    });
  });

  it('to its own name changes nothing', async () => {
    await server.sql('update device_group set updated_at = $1 where project_id = $2', [LONG_AGO, project.id]);
    await rename('lab', 'lab');
    expect(await project.ask('{ group(name: "lab") { updatedAt } }')).toEqual({ group: { updatedAt: LONG_AGO } });
  });

  it('is NOT_FOUND for an unknown group, CONFLICT for a taken name, and refuses one that cannot be', async () => {
    await create({ name: 'office' });
    const refusal = (name: string, newName: string) => project.refusal(RENAME, { input: { name, newName } });
    expect(await refusal('no', 'x')).toMatchObject({ code: 'NOT_FOUND', field: 'input.name' });
    expect(await refusal('lab', 'office')).toMatchObject({ code: 'CONFLICT', field: 'input.newName' });
    expect(await refusal('lab', 'a b')).toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.newName' });
    expect(await groups()).toEqual({ lab: 2, office: 0 });
  });
});

describe('deleteGroup', () => {
  it('releases its devices, which stay', async () => {
    await server.sql('update device set updated_at = $1 where project_id = $2', [LONG_AGO, project.id]);
    expect(await remove('lab')).toEqual({ deleted: true, releasedDeviceCount: 2 });
    expect(await groups()).toEqual({});
    const query =
      '{ devices(filter: {hasGroup: false}, orderBy: {field: DEVICE_SERIAL, direction: ASC}) { nodes { deviceSerial updatedAt } } }';
    const { devices } = await project.ask<{ devices: { nodes: { deviceSerial: string; updatedAt: string }[] } }>(query);
    expect(devices.nodes.map(({ deviceSerial, updatedAt }) => [deviceSerial, updatedAt === LONG_AGO])).toEqual([
      ['a', false],
      ['b', false],
      ['c', true],
    ]);
  });

  it('answers that nothing was deleted if there was no such group', async () => {
    expect(await remove('no')).toEqual({ deleted: false, releasedDeviceCount: 0 });
  });

  it('makes room for a new group of that name, which starts empty', async () => {
    await remove('lab');
    await create({ name: 'lab' });
    expect(await groups()).toEqual({ lab: 0 });
  });
});

describe('reading groups', () => {
  beforeEach(async () => {
    for (const name of ['office', 'Lab', 'lab_2', 'a-b']) await create({ name });
  });

  const names = async (args: string) => {
    const answer = await project.ask<{ groups: { nodes: { name: string }[]; totalCount: number } }>(
      `{ groups${args} { nodes { name } totalCount } }`,
    );
    expect(answer.groups.totalCount).toBe(answer.groups.nodes.length);
    return answer.groups.nodes.map(({ name }) => name);
  };

  it('lists them by name, in the order of code points', async () => {
    expect(await names('')).toEqual(['Lab', 'a-b', 'lab', 'lab_2', 'office']);
  });

  it('filters by name', async () => {
    expect(await names('(name: {startsWith: "lab"})')).toEqual(['lab', 'lab_2']);
    expect(await names('(name: {eq: "LAB", ignoreCase: true})')).toEqual(['Lab', 'lab']);
    expect(await names('(name: {contains: "_"})')).toEqual(['lab_2']);
    expect(await names('(name: {in: []})')).toEqual([]);
  });

  it('reads one by its name, and null for one that is not there', async () => {
    const query =
      '{ lab: group(name: "lab") { name deviceCount } none: group(name: "LAB") { id } odd: group(name: "a b") { id } }';
    expect(await project.ask(query)).toEqual({ lab: { name: 'lab', deviceCount: 2 }, none: null, odd: null });
  });

  it('shows the devices of a group, filtered, ordered and counted', async () => {
    const query = `{ group(name: "lab") {
      all: devices(orderBy: {field: DEVICE_SERIAL}) { nodes { deviceSerial } totalCount }
      some: devices(filter: {not: {deviceSerial: {eq: "a"}}}) { nodes { deviceSerial } totalCount } } }`;
    expect(await project.ask(query)).toEqual({
      group: {
        all: { nodes: [{ deviceSerial: 'b' }, { deviceSerial: 'a' }], totalCount: 2 },
        some: { nodes: [{ deviceSerial: 'b' }], totalCount: 1 },
      },
    });
  });
});
