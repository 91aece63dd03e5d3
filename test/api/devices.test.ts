/** Single devices, as a script would make, read, change and delete them. */
import { startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

beforeEach(async () => {
  project = await server.createProject();
});

const FIELDS = `deviceSerial ownerRef hardwareVersion manufacturer deviceCode testMode state lastSeen
  lastSeenRelease { version revision } cohort { slug } group { name } attributes { name value }`;
const CREATE = `mutation ($input: CreateDeviceInput!) { createDevice(input: $input) { created device { ${FIELDS} } } }`;
const UPDATE = `mutation ($input: UpdateDeviceInput!) { updateDevice(input: $input) { device { ${FIELDS} } } }`;
const DELETE = 'mutation ($input: DeleteDeviceInput!) { deleteDevice(input: $input) { deleted id } }';
const READ = `query ($serial: String) { device(deviceSerial: $serial) { ${FIELDS} updatedAt attributesUpdatedAt } }`;

const LONG_AGO = '2020-01-01T00:00:00.000Z';

interface Device {
  readonly [field: string]: unknown;
  readonly updatedAt: string;
  readonly attributesUpdatedAt: string | null;
}

async function create(input: Record<string, unknown>): Promise<{ created: boolean; device: Record<string, unknown> }> {
  const { createDevice } = await project.ask<{
    createDevice: { created: boolean; device: Record<string, unknown> };
  }>(CREATE, { input });
  return createDevice;
}

async function update(input: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { updateDevice } = await project.ask<{ updateDevice: { device: Record<string, unknown> } }>(UPDATE, { input });
  return updateDevice.device;
}

async function read(serial: string): Promise<Device> {
  return (await project.ask<{ device: Device }>(READ, { serial })).device;
}

/** So that a later time differs for certain. */
async function backdate(): Promise<void> {
  await server.sql(
    `update device set updated_at = $1, attributes_updated_at = case when attributes_updated_at is null then null else $1::timestamptz end
     where project_id = $2`,
    [LONG_AGO, project.id],
  );
}

async function cohort(name: string): Promise<void> {
  await project.ask('mutation ($name: String!) { createCohort(input: {name: $name}) { created } }', { name });
}

async function countOf(kind: 'cohort' | 'group', name: string): Promise<number | undefined> {
  const argument = kind === 'cohort' ? 'slug' : 'name';
  const query = `query ($name: String!) { found: ${kind}(${argument}: $name) { deviceCount } }`;
  return (await project.ask<{ found: { deviceCount: number } | null }>(query, { name })).found?.deviceCount;
}

const FULL = {
  deviceSerial: 'full',
  ownerRef: 'customer 7',
  hardwareVersion: 'evt2',
  manufacturer: 'Apple',
  deviceCode: 'iPhone1,1',
  testMode: true,
  lastSeen: '2026-02-03T04:05:06.789Z',
  lastSeenRelease: { version: '1.0', revision: 'abc' },
  cohort: 'beta',
  group: 'lab',
  attributes: [{ name: 'os', value: 'linux' }],
};

describe('createDevice', () => {
  it('makes a device with everything that was given', async () => {
    await cohort('beta');
    const { created, device } = await create(FULL);
    expect(created).toBe(true);
    expect(device).toEqual({ ...FULL, state: 'ACTIVE', cohort: { slug: 'beta' }, group: { name: 'lab' } });
    expect(await read('full')).toMatchObject(device);
  });

  it('puts a device of which nothing is said into the default cohort, active, in no group, with no attributes', async () => {
    const { device } = await create({ deviceSerial: 'bare' });
    expect(device).toEqual({
      deviceSerial: 'bare',
      ownerRef: null,
      hardwareVersion: null,
      manufacturer: null,
      deviceCode: null,
      testMode: false,
      state: 'ACTIVE',
      lastSeen: null,
      lastSeenRelease: null,
      cohort: { slug: 'default' },
      group: null,
      attributes: [],
    });
    expect((await read('bare')).attributesUpdatedAt).toBeNull();
  });

  it.each([[{}], [{ deviceSerial: null }]])(
    'gives a device without a serial (%j) its uuid as serial',
    async (input) => {
      const query =
        'mutation ($input: CreateDeviceInput!) { createDevice(input: $input) { device { deviceSerial uuid } } }';
      const { createDevice } = await project.ask<{ createDevice: { device: { deviceSerial: string; uuid: string } } }>(
        query,
        { input },
      );
      const { deviceSerial, uuid } = createDevice.device;
      expect(uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(deviceSerial).toBe(uuid);
    },
  );

  it('names the key that made the device', async () => {
    const writer = await project.client('WRITER');
    const { createDevice } = await writer.ask<{ createDevice: { device: unknown } }>(
      'mutation { createDevice(input: {deviceSerial: "w"}) { device { registeredBy } } }',
    );
    expect(createDevice.device).toEqual({ registeredBy: 'the WRITER' });
  });

  it('looks up the market name of Apple’s codes, and of no others', async () => {
    const query = `mutation {
      apple: createDevice(input: {manufacturer: "Apple", deviceCode: "iPhone1,1"}) { device { productName } }
      small: createDevice(input: {manufacturer: "apple", deviceCode: "iPhone1,1"}) { device { productName } }
      unknown: createDevice(input: {manufacturer: "Apple", deviceCode: "iPhone99,99"}) { device { productName } }
      other: createDevice(input: {manufacturer: "Acme", deviceCode: "iPhone1,1"}) { device { productName } }
      codeOnly: createDevice(input: {deviceCode: "iPhone1,1"}) { device { productName } }
      inherited: createDevice(input: {manufacturer: "constructor", deviceCode: "constructor"}) { device { productName } } }`;
    const names = Object.values(await project.ask<Record<string, { device: { productName: string | null } }>>(query));
    expect(names.map(({ device }) => device.productName)).toEqual(['iPhone', 'iPhone', null, null, null, null]);
  });

  it.each([
    ['SQL in it', "'; drop table device; --"],
    ['a wildcard of LIKE', '100%'],
    ['another wildcard of LIKE', 'a_b'],
    ['a backslash', '\\'],
    ['space at its start', ' leading'],
    ['letters and emoji of all the world', 'ключ 😀'],
    ['the name of an inherited property', 'constructor'],
    ['another one', '__proto__'],
    ['1,024 bytes in 512 characters', 'é'.repeat(512)],
  ])('keeps a serial with %s exactly as given', async (_what, deviceSerial) => {
    await create({ deviceSerial });
    expect((await read(deviceSerial))['deviceSerial']).toBe(deviceSerial);
    expect(await read(`${deviceSerial.slice(1)}x`)).toBeNull();
  });

  it('tells serials apart by letter case and by Unicode form', async () => {
    for (const deviceSerial of ['abc', 'ABC', 'é', 'e\u0301'])
      expect(await create({ deviceSerial })).toMatchObject({ created: true });
  });

  it.each([
    ['deviceSerial', 'is empty', '', 'BAD_USER_INPUT'],
    ['deviceSerial', 'has 1,025 bytes', 'x'.repeat(1025), 'LIMIT_EXCEEDED'],
    ['deviceSerial', 'has 1,026 bytes in 513 characters', 'é'.repeat(513), 'LIMIT_EXCEEDED'],
    ['ownerRef', 'is empty', '', 'BAD_USER_INPUT'],
    ['ownerRef', 'has 257 characters', 'x'.repeat(257), 'LIMIT_EXCEEDED'],
    ['hardwareVersion', 'has 257 characters', 'x'.repeat(257), 'LIMIT_EXCEEDED'],
    ['manufacturer', 'has 257 characters', 'x'.repeat(257), 'LIMIT_EXCEEDED'],
    ['deviceCode', 'has 257 characters', 'x'.repeat(257), 'LIMIT_EXCEEDED'],
    ['cohort', 'is no slug', 'Not a slug', 'BAD_USER_INPUT'],
    ['group', 'has a space', 'not a group', 'BAD_USER_INPUT'],
    ['group', 'has 257 characters', 'g'.repeat(257), 'LIMIT_EXCEEDED'],
    ['testMode', 'is null', null, 'BAD_USER_INPUT'],
    ['cohort', 'is null', null, 'BAD_USER_INPUT'],
  ])('refuses the %s if it %s', async (field, _fault, value, code) => {
    const input = { deviceSerial: 'refused', [field]: value };
    expect(await project.refusal(CREATE, { input })).toMatchObject({ code, field: `input.${field}` });
    expect(await read('refused')).toBeNull();
  });

  it('takes texts of 256 characters, however many bytes they have', async () => {
    const text = '😀'.repeat(256);
    const { device } = await create({
      deviceSerial: 'long',
      ownerRef: text,
      hardwareVersion: text,
      manufacturer: text,
      deviceCode: text,
      group: 'g'.repeat(256),
    });
    expect(device).toMatchObject({ ownerRef: text, deviceCode: text });
  });

  it('is NOT_FOUND for an unknown cohort, and then makes neither the device nor its group', async () => {
    const input = { deviceSerial: 'x', cohort: 'nowhere', group: 'new' };
    expect(await project.refusal(CREATE, { input })).toMatchObject({
      status: 200,
      code: 'NOT_FOUND',
      field: 'input.cohort',
    });
    expect(await read('x')).toBeNull();
    expect(await countOf('group', 'new')).toBeUndefined();
  });

  it('is CONFLICT for a serial that is taken, and changes nothing', async () => {
    await create({ deviceSerial: 'taken', ownerRef: 'first' });
    const before = await server.dump();
    const input = { deviceSerial: 'taken', ownerRef: 'second', group: 'new', attributes: [{ name: 'a', value: 1 }] };
    expect(await project.refusal(CREATE, { input })).toMatchObject({
      status: 200,
      code: 'CONFLICT',
      field: 'input.deviceSerial',
    });
    expect(await server.dump()).toEqual(before);
  });

  it('with KEEP answers the present device as it is, and makes no group', async () => {
    await create({ deviceSerial: 'kept', ownerRef: 'first' });
    const before = await server.dump();
    const { created, device } = await create({ ...FULL, deviceSerial: 'kept', cohort: undefined, ifExists: 'KEEP' });
    expect(created).toBe(false);
    expect(device).toMatchObject({ ownerRef: 'first', group: null, attributes: [] });
    expect(await server.dump()).toEqual(before);
  });

  it.each(['KEEP', 'UPDATE'])('with %s makes a device that is not there', async (ifExists) => {
    expect(await create({ deviceSerial: 'new', ownerRef: 'o', ifExists })).toMatchObject({
      created: true,
      device: { ownerRef: 'o', cohort: { slug: 'default' } },
    });
  });

  it('with UPDATE sets what is given, merges attributes, and keeps what is absent, cohort and group too', async () => {
    await cohort('beta');
    await create(FULL);
    const { created, device } = await create({
      deviceSerial: 'full',
      ownerRef: null,
      hardwareVersion: 'evt3',
      attributes: [{ name: 'mem', value: 512 }],
      ifExists: 'UPDATE',
    });
    expect(created).toBe(false);
    expect(device).toEqual({
      ...FULL,
      ownerRef: null,
      hardwareVersion: 'evt3',
      state: 'ACTIVE',
      cohort: { slug: 'beta' },
      group: { name: 'lab' },
      attributes: [
        { name: 'mem', value: 512 },
        { name: 'os', value: 'linux' },
      ],
    });
    expect(await read('full')).toMatchObject(device);
  });

  it('with UPDATE moves the device to the cohort and group that are given', async () => {
    await cohort('beta');
    await cohort('gamma');
    await create(FULL);
    const { device } = await create({ deviceSerial: 'full', cohort: 'gamma', group: 'office', ifExists: 'UPDATE' });
    expect(device).toMatchObject({ cohort: { slug: 'gamma' }, group: { name: 'office' } });
    expect([await countOf('cohort', 'beta'), await countOf('cohort', 'gamma')]).toEqual([0, 1]);
    expect([await countOf('group', 'lab'), await countOf('group', 'office')]).toEqual([0, 1]);
  });

  it('with UPDATE and equal values changes nothing', async () => {
    await cohort('beta');
    await create(FULL);
    await backdate();
    const before = await server.dump();
    expect((await create({ ...FULL, ifExists: 'UPDATE' })).created).toBe(false);
    expect(await server.dump()).toEqual(before);
  });

  it('has one winner where many create one serial at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => project.graphql(CREATE, { input: { deviceSerial: 'raced' } })),
    );
    const codes = answers.map(({ body }) => body.errors?.[0]?.extensions.code ?? 'created');
    expect(codes.toSorted()).toEqual([...Array.from({ length: 11 }, () => 'CONFLICT'), 'created']);
    expect(await countOf('cohort', 'default')).toBe(1);
  });

  it('with KEEP and UPDATE never fails for being beaten by another', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        create({ deviceSerial: 'raced', group: 'raced', ifExists: index % 2 === 0 ? 'KEEP' : 'UPDATE' }),
      ),
    );
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(await countOf('group', 'raced')).toBe(1);
  });
});

describe('updateDevice', () => {
  beforeEach(async () => {
    await cohort('beta');
    await create(FULL);
  });

  it('keeps what is absent', async () => {
    expect(await update({ deviceSerial: 'full', ownerRef: 'other' })).toEqual({
      ...FULL,
      ownerRef: 'other',
      state: 'ACTIVE',
      cohort: { slug: 'beta' },
      group: { name: 'lab' },
    });
  });

  it('clears with null what may be null', async () => {
    const input = {
      ownerRef: null,
      hardwareVersion: null,
      manufacturer: null,
      deviceCode: null,
      lastSeenRelease: null,
    };
    const device = await update({ deviceSerial: 'full', ...input });
    expect(device).toMatchObject(input);
    expect(await read('full')).toMatchObject(input);
  });

  it.each(['testMode', 'state', 'cohort'])('refuses null for %s', async (field) => {
    const before = await server.dump();
    const input = { deviceSerial: 'full', ownerRef: 'other', [field]: null };
    expect(await project.refusal(UPDATE, { input })).toMatchObject({ code: 'BAD_USER_INPUT', field: `input.${field}` });
    expect(await server.dump()).toEqual(before);
  });

  it('sets each field', async () => {
    const input = {
      ownerRef: 'o2',
      hardwareVersion: 'h2',
      manufacturer: 'm2',
      deviceCode: 'd2',
      testMode: false,
      state: 'DISABLED',
      lastSeen: '2026-03-01T00:00:00.000Z',
      lastSeenRelease: { version: '2.0', revision: null },
    };
    expect(await update({ deviceSerial: 'full', ...input, cohort: 'default' })).toMatchObject({
      ...input,
      cohort: { slug: 'default' },
    });
    expect(await read('full')).toMatchObject({ ...input, cohort: { slug: 'default' }, group: { name: 'lab' } });
    expect([await countOf('cohort', 'beta'), await countOf('cohort', 'default')]).toEqual([0, 1]);
  });

  it('is NOT_FOUND for an unknown device and for an unknown cohort', async () => {
    expect(await project.refusal(UPDATE, { input: { deviceSerial: 'no' } })).toMatchObject({
      status: 200,
      code: 'NOT_FOUND',
      field: 'input.deviceSerial',
    });
    const input = { deviceSerial: 'full', ownerRef: 'other', cohort: 'nowhere' };
    expect(await project.refusal(UPDATE, { input })).toMatchObject({ code: 'NOT_FOUND', field: 'input.cohort' });
    expect(await read('full')).toMatchObject({ ownerRef: 'customer 7' });
  });

  it('moves updatedAt with the device’s own fields and its cohort', async () => {
    for (const input of [{ ownerRef: 'p' }, { testMode: false }, { state: 'DISABLED' }, { cohort: 'default' }]) {
      await backdate();
      await update({ deviceSerial: 'full', ...input });
      const { updatedAt, attributesUpdatedAt } = await read('full');
      expect([input, updatedAt > LONG_AGO, attributesUpdatedAt]).toEqual([input, true, LONG_AGO]);
    }
  });

  it('moves updatedAt with the group', async () => {
    await backdate();
    await project.ask('mutation { setDeviceGroup(input: {deviceSerial: "full", group: "office"}) { device { id } } }');
    expect((await read('full')).updatedAt > LONG_AGO).toBe(true);
  });

  it('moves attributesUpdatedAt and not updatedAt with attribute values', async () => {
    await backdate();
    await project.ask(
      'mutation { setDeviceAttributes(input: {deviceSerial: "full", attributes: [{name: "os", value: "bsd"}]}) { device { id } } }',
    );
    const { updatedAt, attributesUpdatedAt } = await read('full');
    expect(updatedAt).toBe(LONG_AGO);
    expect(attributesUpdatedAt! > LONG_AGO).toBe(true);
  });

  it('moves neither time with lastSeen', async () => {
    await backdate();
    await update({ deviceSerial: 'full', lastSeen: '2026-05-01T00:00:00Z' });
    expect(await read('full')).toMatchObject({
      lastSeen: '2026-05-01T00:00:00.000Z',
      updatedAt: LONG_AGO,
      attributesUpdatedAt: LONG_AGO,
    });
  });

  it('changes nothing where all values are equal', async () => {
    await backdate();
    const before = await server.dump();
    await update({
      deviceSerial: 'full',
      ownerRef: 'customer 7',
      testMode: true,
      lastSeen: FULL.lastSeen,
      lastSeenRelease: FULL.lastSeenRelease,
      cohort: 'beta',
    });
    expect(await server.dump()).toEqual(before);
  });

  it('never lets lastSeen go back, and ignores the release that came with the earlier time', async () => {
    const earlier = { lastSeen: '2026-02-03T04:05:06.788Z', lastSeenRelease: { version: '0.9' } };
    expect(await update({ deviceSerial: 'full', ...earlier })).toMatchObject({
      lastSeen: FULL.lastSeen,
      lastSeenRelease: FULL.lastSeenRelease,
    });
    await create({ deviceSerial: 'full', ...earlier, ifExists: 'UPDATE' });
    await project.ask(
      'mutation ($reports: [AttributeReport!]!) { reportAttributes(input: {reports: $reports}) { updatedCount } }',
      {
        reports: [{ deviceSerial: 'full', attributes: [], ...earlier }],
      },
    );
    expect(await read('full')).toMatchObject({ lastSeen: FULL.lastSeen, lastSeenRelease: FULL.lastSeenRelease });
  });

  it('keeps times to the millisecond, in UTC, whatever offset they came with', async () => {
    expect(await update({ deviceSerial: 'full', lastSeen: '2026-04-30T01:01:18.280999+02:00' })).toMatchObject({
      lastSeen: '2026-04-29T23:01:18.280Z',
    });
  });
});

describe('deleteDevice', () => {
  it('removes the device with everything that belongs to it', async () => {
    await cohort('beta');
    await create({
      ...FULL,
      attributes: [
        { name: 'text', value: 'a' },
        { name: 'number', value: 1 },
        { name: 'flag', value: true },
        { name: 'list', value: ['a', 'b'], scope: 'TAGS' },
      ],
    });
    await project.ask(
      'mutation { recordDeviceEvent(input: {deviceSerial: "full", kind: TRACE, at: "2026-01-01T00:00:00Z"}) { device { id } } }',
    );
    const [{ id } = { id: '' }] = await server.sql<{ id: string }>(
      `select id from device where project_id = $1 and device_serial = 'full'`,
      [project.id],
    );
    const tables = await server.sql<{ name: string }>(
      `select table_name as name from information_schema.columns where column_name = 'device_id' and table_schema = 'public'`,
    );
    const rowCounts = async () => {
      const counts = new Map<string, number>();
      for (const { name } of tables) {
        const [row] = await server.sql<{ n: number }>(
          `select count(*)::integer as n from ${name} where project_id = $1 and device_id = $2`,
          [project.id, id],
        );
        counts.set(name, row!.n);
      }
      return counts;
    };
    const before = await rowCounts();
    for (const table of ['posting_text', 'posting_number', 'posting_boolean', 'device_document', 'device_event']) {
      expect([table, before.get(table)! > 0]).toEqual([table, true]);
    }

    const globalId = Buffer.from(`Device:${id}`).toString('base64url');
    expect(await project.ask(DELETE, { input: { deviceSerial: 'full' } })).toEqual({
      deleteDevice: { deleted: true, id: globalId },
    });
    expect([...(await rowCounts()).values()]).toEqual([...before.values()].map(() => 0));
    expect(await read('full')).toBeNull();
    expect(await project.ask('query ($id: ID!) { node(id: $id) { id } }', { id: globalId })).toEqual({ node: null });
    expect([await countOf('cohort', 'beta'), await countOf('group', 'lab')]).toEqual([0, 0]);
    expect(await project.ask('{ releases { nodes { deviceCount } } }')).toEqual({
      releases: { nodes: [{ deviceCount: 0 }] },
    });

    expect(await create({ deviceSerial: 'full' })).toMatchObject({
      created: true,
      device: { cohort: { slug: 'default' }, group: null, attributes: [] },
    });
  });

  it('answers that nothing was deleted if there was no such device', async () => {
    await create({ deviceSerial: 'other' });
    const before = await server.dump();
    expect(await project.ask(DELETE, { input: { deviceSerial: 'no' } })).toEqual({
      deleteDevice: { deleted: false, id: null },
    });
    expect(await server.dump()).toEqual(before);
  });
});

describe('device', () => {
  const BY_KEYS = `query ($serial: String, $id: ID, $uuid: ID) {
    device(deviceSerial: $serial, id: $id, uuid: $uuid) { deviceSerial } }`;
  let keys: { id: string; uuid: string };

  beforeEach(async () => {
    await create({ deviceSerial: 'one' });
    ({ device: keys } = await project.ask<{ device: typeof keys }>('{ device(deviceSerial: "one") { id uuid } }'));
  });

  it('is found by any one of its keys, where null is as good as absent', async () => {
    const found = { device: { deviceSerial: 'one' } };
    expect(await project.ask(BY_KEYS, { serial: 'one' })).toEqual(found);
    expect(await project.ask(BY_KEYS, { id: keys.id, uuid: null })).toEqual(found);
    expect(await project.ask(BY_KEYS, { uuid: keys.uuid.toUpperCase(), serial: null, id: null })).toEqual(found);
  });

  it('is null for keys that no device has', async () => {
    const cohortId = await project.ask<{ cohort: { id: string } }>('{ cohort(slug: "default") { id } }');
    const none = { device: null };
    expect(await project.ask(BY_KEYS, { serial: 'none' })).toEqual(none);
    expect(await project.ask(BY_KEYS, { id: Buffer.from('Device:999999').toString('base64url') })).toEqual(none);
    expect(await project.ask(BY_KEYS, { id: cohortId.cohort.id })).toEqual(none);
    expect(await project.ask(BY_KEYS, { uuid: '7a88177e-62dc-4e6a-b472-606defdcf375' })).toEqual(none);
  });

  it('wants exactly one key, well formed', async () => {
    const refusal = (variables: Record<string, unknown>) => project.refusal(BY_KEYS, variables);
    expect(await refusal({})).toMatchObject({ code: 'BAD_USER_INPUT', field: 'deviceSerial' });
    expect(await refusal({ serial: 'one', uuid: keys.uuid })).toMatchObject({ code: 'BAD_USER_INPUT', field: 'uuid' });
    expect(await refusal({ id: 'garbage' })).toMatchObject({ code: 'BAD_USER_INPUT', field: 'id' });
    expect(await refusal({ uuid: 'garbage' })).toMatchObject({ code: 'BAD_USER_INPUT', field: 'uuid' });
    expect(await refusal({ serial: '' })).toMatchObject({ code: 'BAD_USER_INPUT', field: 'deviceSerial' });
  });
});
