/** Attributes of single devices: what is written, read and found again. */
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

const SET = `mutation ($input: SetDeviceAttributesInput!) {
  setDeviceAttributes(input: $input) { device { attributes { name value type scope source description } } } }`;
const REMOVE = `mutation ($input: RemoveDeviceAttributesInput!) {
  removeDeviceAttributes(input: $input) { device { attributes { name scope } } } }`;

const LONG_AGO = '2020-01-01T00:00:00.000Z';

interface Attribute {
  readonly name: string;
  readonly value: unknown;
  readonly type: string;
  readonly scope: string;
  readonly source: string;
  readonly description: string | null;
}

async function set(attributes: readonly object[], options: object = {}): Promise<readonly Attribute[]> {
  const { setDeviceAttributes } = await project.ask<{
    setDeviceAttributes: { device: { attributes: readonly Attribute[] } };
  }>(SET, { input: { deviceSerial: 'd', attributes, ...options } });
  return setDeviceAttributes.device.attributes;
}

function refusal(attributes: readonly object[], options: object = {}) {
  return project.refusal(SET, { input: { deviceSerial: 'd', attributes, ...options } });
}

async function remove(names: readonly string[], scope?: string): Promise<unknown> {
  const { removeDeviceAttributes } = await project.ask<{
    removeDeviceAttributes: { device: { attributes: unknown } };
  }>(REMOVE, { input: { deviceSerial: 'd', names, ...(scope !== undefined && { scope }) } });
  return removeDeviceAttributes.device.attributes;
}

interface Times {
  readonly updatedAt: string;
  readonly attributesUpdatedAt: string | null;
  readonly attributes: readonly { readonly name: string; readonly updatedAt: string }[];
}

async function times(): Promise<Times> {
  const query = '{ device(deviceSerial: "d") { updatedAt attributesUpdatedAt attributes { name updatedAt } } }';
  return (await project.ask<{ device: Times }>(query)).device;
}

/** So that a later time differs for certain. */
async function backdate(): Promise<void> {
  await server.sql('update device set updated_at = $1, attributes_updated_at = $1 where project_id = $2', [
    LONG_AGO,
    project.id,
  ]);
  await server.sql(
    `update device_document set attributes =
       (select coalesce(jsonb_object_agg(key, jsonb_set(value, '{1}', to_jsonb($1::bigint))), '{}') from jsonb_each(attributes))
     where project_id = $2`,
    [Date.parse(LONG_AGO), project.id],
  );
}

/** A value that another system reported; no mutation writes such. */
async function insertSourceValue(name: string, scope: string, source: string, value: string): Promise<void> {
  await server.sql(
    `with key as (insert into attribute_key (project_id, scope, source, name, type) values ($1, $2, $3, $4, 'STRING') returning id),
          posting as (insert into posting_text (project_id, device_id, key_id, value)
                      select d.project_id, d.id, key.id, $5 from device d, key where d.project_id = $1)
     update device_document set attributes = attributes || jsonb_build_object(key.id::text, jsonb_build_array($5::text, 0))
     from key where project_id = $1`,
    [project.id, scope, source, name, value],
  );
}

async function finds(filter: object): Promise<boolean> {
  const query = 'query ($filter: DeviceFilter) { devices(filter: $filter) { totalCount } }';
  return (await project.ask<{ devices: { totalCount: number } }>(query, { filter })).devices.totalCount === 1;
}

const findsValue = (name: string, test: object) => finds({ attributes: [{ name, ...test }] });

describe('values', () => {
  it.each([
    ['a text', 'linux', 'STRING'],
    ['the empty text', '', 'STRING'],
    ['text that looks like a number', '8080', 'STRING'],
    ['SQL', "'; drop table device; --", 'STRING'],
    ['letters of all the world', 'Zoë Ωμέγα 😀 \u0301', 'STRING'],
    ['16 KiB of text', 'é'.repeat(8 * 1024), 'STRING'],
    ['an integer', 512, 'NUMBER'],
    ['zero', 0, 'NUMBER'],
    ['a fraction', -0.1, 'NUMBER'],
    ['2^53', 2 ** 53, 'NUMBER'],
    ['the largest double', Number.MAX_VALUE, 'NUMBER'],
    ['the smallest double', 5e-324, 'NUMBER'],
    ['true', true, 'BOOLEAN'],
    ['false', false, 'BOOLEAN'],
    ['an array of texts', ['b', 'a', 'b', ''], 'STRING_ARRAY'],
    ['an array of numbers', [9100, 80, 0.5], 'NUMBER_ARRAY'],
    ['an empty array', [], 'STRING_ARRAY'],
    ['1,000 elements', Array.from({ length: 1000 }, (_, index) => index), 'NUMBER_ARRAY'],
  ])('keep %s and its type, and are found by it', async (_what, value, type) => {
    const stored = {
      name: 'x',
      value,
      type,
      scope: 'INVENTORY',
      source: 'api',
      description: null,
    };
    expect(await set([{ name: 'x', value }])).toEqual([stored]);
    const { device } = await project.ask<{ device: unknown }>(
      '{ device(deviceSerial: "d") { attribute(name: "x") { name value type scope source description } } }',
    );
    expect(device).toEqual({ attribute: stored });
    expect(await findsValue('x', { eq: value })).toBe(true);
  });

  it('keep names exactly as given, and tell them apart by letter case', async () => {
    const names = ['Ports', '__proto__', 'a b.c/d', 'constructor', "it's", 'ports', 'ü'.repeat(512), '😀'];
    const written = await set(names.map((name, index) => ({ name, value: index })));
    expect(written.map(({ name }) => name)).toEqual(names);
    for (const [index, name] of names.entries()) expect(await findsValue(name, { eq: index })).toBe(true);
  });

  it('are listed by name, then scope, then source', async () => {
    await set([
      { name: 'b', value: 1 },
      { name: 'a', value: 2, scope: 'TAGS' },
      { name: 'a', value: 3, scope: 'IDENTITY' },
      { name: 'a', value: 4 },
    ]);
    await insertSourceValue('a', 'INVENTORY', 'mender', '5');
    const { device } = await project.ask<{ device: unknown }>(
      '{ device(deviceSerial: "d") { attributes { name scope source } } }',
    );
    expect(device).toEqual({
      attributes: [
        { name: 'a', scope: 'IDENTITY', source: 'api' },
        { name: 'a', scope: 'INVENTORY', source: 'api' },
        { name: 'a', scope: 'INVENTORY', source: 'mender' },
        { name: 'a', scope: 'TAGS', source: 'api' },
        { name: 'b', scope: 'INVENTORY', source: 'api' },
      ],
    });
  });

  it('are chosen by names, scope and source, and one by precedence: api first, then TAGS before INVENTORY', async () => {
    await set([
      { name: 'os', value: 'inventory' },
      { name: 'os', value: 'monitor', scope: 'MONITOR' },
      { name: 'mem', value: 1 },
    ]);
    await insertSourceValue('os', 'TAGS', 'aaa', 'of a source');
    await insertSourceValue('cpu', 'SYSTEM', 'zzz', 'z');
    await insertSourceValue('cpu', 'TAGS', 'zzz', 'tag of z');
    await insertSourceValue('cpu', 'IDENTITY', 'bbb', 'b');
    const query = `{ device(deviceSerial: "d") {
      os: attribute(name: "os") { value } tag: attribute(name: "os", scope: TAGS) { value }
      monitor: attribute(name: "os", scope: MONITOR, source: "api") { value }
      aaa: attribute(name: "os", source: "aaa") { value } none: attribute(name: "os", source: "zzz") { value }
      cpu: attribute(name: "cpu") { value } cpuOfZ: attribute(name: "cpu", source: "zzz") { value }
      absent: attribute(name: "constructor") { value }
      two: attributes(names: ["mem", "cpu"], source: "zzz") { name scope } few: attributes(names: ["mem"]) { name }
      no: attributes(names: []) { name } tags: attributes(scope: TAGS) { name source } } }`;
    expect((await project.ask<{ device: unknown }>(query)).device).toEqual({
      os: { value: 'inventory' },
      tag: { value: 'of a source' },
      monitor: { value: 'monitor' },
      aaa: { value: 'of a source' },
      none: null,
      cpu: { value: 'b' },
      cpuOfZ: { value: 'tag of z' },
      absent: null,
      two: [
        { name: 'cpu', scope: 'SYSTEM' },
        { name: 'cpu', scope: 'TAGS' },
      ],
      few: [{ name: 'mem' }],
      no: [],
      tags: [
        { name: 'cpu', source: 'zzz' },
        { name: 'os', source: 'aaa' },
      ],
    });
  });
});

describe('MERGE', () => {
  it('sets what is given and leaves the other names', async () => {
    await set([
      { name: 'a', value: 1 },
      { name: 'b', value: 2 },
    ]);
    const written = await set([
      { name: 'b', value: 3 },
      { name: 'c', value: 4 },
    ]);
    expect(written.map(({ name, value }) => [name, value])).toEqual([
      ['a', 1],
      ['b', 3],
      ['c', 4],
    ]);
  });

  it('takes a value of another type in place of the present one, which is not found any more', async () => {
    const values = ['text', 7, true, ['a', 'b'], [1, 2], [], ['a'], 'text'];
    let before: unknown;
    for (const value of values) {
      expect(await set([{ name: 'x', value }])).toMatchObject([{ name: 'x', value }]);
      expect(await findsValue('x', { eq: value })).toBe(true);
      if (before !== undefined)
        expect([value, before, await findsValue('x', { eq: before })]).toEqual([value, before, false]);
      before = value;
    }
  });

  it('forgets the elements that an array loses', async () => {
    await set([{ name: 'ports', value: [80, 443, 9100] }]);
    await set([{ name: 'ports', value: [9100] }]);
    expect(await findsValue('ports', { eq: 9100 })).toBe(true);
    expect(await findsValue('ports', { eq: 443 })).toBe(false);
    expect(await findsValue('ports', { eq: 80 })).toBe(false);
  });

  it('keeps the same name in two scopes apart', async () => {
    await set([
      { name: 'x', value: 1 },
      { name: 'x', value: 'tag', scope: 'TAGS' },
    ]);
    const written = await set([{ name: 'x', value: 2 }]);
    expect(written.map(({ scope, value }) => [scope, value])).toEqual([
      ['INVENTORY', 2],
      ['TAGS', 'tag'],
    ]);
  });

  it('writes beside the value of another source, not over it', async () => {
    await insertSourceValue('os', 'INVENTORY', 'mender', 'theirs');
    const written = await set([{ name: 'os', value: 'ours' }]);
    expect(written.map(({ source, value }) => [source, value])).toEqual([
      ['api', 'ours'],
      ['mender', 'theirs'],
    ]);
  });

  it('keeps both of two writes that come at once', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `n${index}`);
    await Promise.all(names.map((name) => set([{ name, value: name }])));
    const { device } = await project.ask<{ device: { attributes: unknown[] } }>(
      '{ device(deviceSerial: "d") { attributes { name } } }',
    );
    expect(device.attributes).toEqual(names.map((name) => ({ name })));
  });

  it('is NOT_FOUND for an unknown device', async () => {
    const input = { deviceSerial: 'no', attributes: [{ name: 'a', value: 1 }] };
    expect(await project.refusal(SET, { input })).toMatchObject({ code: 'NOT_FOUND', field: 'input.deviceSerial' });
  });

  it('refuses the same name twice in one scope', async () => {
    const twice = [
      { name: 'a', value: 1 },
      { name: 'A', value: 1 },
      { name: 'a', value: 1 },
    ];
    expect(await refusal(twice)).toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.attributes[2].name' });
  });
});

describe('REPLACE', () => {
  it('leaves its scope with exactly these, and the other scopes and sources alone', async () => {
    await set([
      { name: 'a', value: 1 },
      { name: 'b', value: 2 },
      { name: 'a', value: 'tag', scope: 'TAGS' },
    ]);
    await insertSourceValue('c', 'INVENTORY', 'mender', 'theirs');
    const written = await set(
      [
        { name: 'b', value: 2 },
        { name: 'd', value: 4 },
      ],
      { mode: 'REPLACE' },
    );
    expect(written.map(({ name, scope, source }) => [name, scope, source])).toEqual([
      ['a', 'TAGS', 'api'],
      ['b', 'INVENTORY', 'api'],
      ['c', 'INVENTORY', 'mender'],
      ['d', 'INVENTORY', 'api'],
    ]);
    expect(await findsValue('a', { eq: 1 })).toBe(false);
  });

  it('replaces the scope that is named', async () => {
    await set([
      { name: 'a', value: 1 },
      { name: 'a', value: 'tag', scope: 'TAGS' },
    ]);
    const written = await set([{ name: 'z', value: 'new', scope: 'TAGS' }], { mode: 'REPLACE', scope: 'TAGS' });
    expect(written.map(({ name, scope }) => [name, scope])).toEqual([
      ['a', 'INVENTORY'],
      ['z', 'TAGS'],
    ]);
  });

  it('with an empty list clears the scope', async () => {
    await set([
      { name: 'a', value: 1 },
      { name: 'b', value: 'tag', scope: 'TAGS' },
    ]);
    expect(await set([], { mode: 'REPLACE' })).toMatchObject([{ name: 'b', scope: 'TAGS' }]);
  });

  it('refuses an attribute of another scope', async () => {
    const attributes = [
      { name: 'a', value: 1 },
      { name: 'b', value: 1, scope: 'TAGS' },
    ];
    expect(await refusal(attributes, { mode: 'REPLACE' })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.attributes[1].scope',
    });
  });

  it('with what is there already changes nothing', async () => {
    await set([{ name: 'a', value: 1 }]);
    await backdate();
    const before = await server.dump();
    await set([{ name: 'a', value: 1 }], { mode: 'REPLACE' });
    expect(await server.dump()).toEqual(before);
  });
});

describe('removeDeviceAttributes', () => {
  it('removes names of one scope; a name that is not there is no error', async () => {
    await set([
      { name: 'a', value: 1 },
      { name: 'b', value: ['x', 'y'] },
      { name: 'a', value: 'tag', scope: 'TAGS' },
    ]);
    expect(await remove(['a', 'unknown', 'constructor', 'a'])).toEqual([
      { name: 'a', scope: 'TAGS' },
      { name: 'b', scope: 'INVENTORY' },
    ]);
    expect(await findsValue('a', { eq: 1 })).toBe(false);
    expect(await remove(['a', 'b'], 'TAGS')).toEqual([{ name: 'b', scope: 'INVENTORY' }]);
    await remove(['b']);
    expect(await findsValue('b', { eq: 'x' })).toBe(false);
    expect(await findsValue('b', { exists: false })).toBe(true);
  });

  it('leaves values of other sources', async () => {
    await insertSourceValue('a', 'INVENTORY', 'mender', 'theirs');
    expect(await remove(['a'])).toEqual([{ name: 'a', scope: 'INVENTORY' }]);
  });

  it('is NOT_FOUND for an unknown device and refuses names that cannot be', async () => {
    const refused = (input: object) => project.refusal(REMOVE, { input });
    expect(await refused({ deviceSerial: 'no', names: ['a'] })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refused({ deviceSerial: 'd', names: ['a', ''] })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.names[1]',
    });
    const many = Array.from({ length: 1001 }, (_, index) => `n${index}`);
    expect(await refused({ deviceSerial: 'd', names: many })).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'input.names',
    });
  });
});

describe('times', () => {
  it('move with a value that changes: of the attribute and of the device’s attributes', async () => {
    await set([
      { name: 'a', value: 1 },
      { name: 'b', value: 1 },
    ]);
    await backdate();
    await set([
      { name: 'a', value: 2 },
      { name: 'b', value: 1 },
    ]);
    const after = await times();
    expect(after.updatedAt).toBe(LONG_AGO);
    expect(after.attributesUpdatedAt).not.toBe(LONG_AGO);
    expect(after.attributes).toEqual([
      { name: 'a', updatedAt: after.attributesUpdatedAt },
      { name: 'b', updatedAt: LONG_AGO },
    ]);
  });

  it('stay with equal values, of any type', async () => {
    const attributes = ['x', 1, true, ['a', 'b'], [1, 2], []].map((value, index) => ({ name: `n${index}`, value }));
    await set(attributes);
    await backdate();
    const before = await server.dump();
    await set(attributes);
    expect(await server.dump()).toEqual(before);
  });

  it('move with a changed order of an array, which is another value', async () => {
    await set([{ name: 'a', value: [1, 2] }]);
    await backdate();
    await set([{ name: 'a', value: [2, 1] }]);
    expect((await times()).attributesUpdatedAt).not.toBe(LONG_AGO);
  });

  it('move with a removal, but not if nothing was removed', async () => {
    await set([{ name: 'a', value: 1 }]);
    await backdate();
    await remove(['other']);
    expect((await times()).attributesUpdatedAt).toBe(LONG_AGO);
    await remove(['a']);
    expect((await times()).attributesUpdatedAt).not.toBe(LONG_AGO);
    expect((await times()).updatedAt).toBe(LONG_AGO);
  });

  it('stay with a changed description of an equal value, which is stored all the same', async () => {
    await set([{ name: 'a', value: 1, description: 'one' }]);
    await backdate();
    expect(await set([{ name: 'a', value: 1, description: 'two' }])).toMatchObject([{ description: 'two' }]);
    expect(await times()).toEqual({
      updatedAt: LONG_AGO,
      attributesUpdatedAt: LONG_AGO,
      attributes: [{ name: 'a', updatedAt: LONG_AGO }],
    });
  });
});

describe('descriptions', () => {
  it('stay if absent, even with a new value, and go with null', async () => {
    expect(await set([{ name: 'a', value: 1, description: 'what it means' }])).toMatchObject([
      { description: 'what it means' },
    ]);
    expect(await set([{ name: 'a', value: 'of another type' }])).toMatchObject([{ description: 'what it means' }]);
    expect(await set([{ name: 'a', value: 2, description: null }])).toMatchObject([{ description: null }]);
  });

  it('have up to 1 KiB', async () => {
    expect(await set([{ name: 'a', value: 1, description: 'é'.repeat(512) }])).toMatchObject([{ name: 'a' }]);
    expect(await refusal([{ name: 'a', value: 1, description: 'x'.repeat(1025) }])).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'input.attributes[0].description',
    });
  });
});

describe('limits', () => {
  const many = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => ({ name: `n${from + index}`, value: index }));

  it.each([
    ['text over 16 KiB', 'é'.repeat(8 * 1024) + 'x', 'input.attributes[0].value'],
    ['1,001 elements', Array.from({ length: 1001 }, () => 1), 'input.attributes[0].value'],
    ['an element over 16 KiB', ['a', 'x'.repeat(16 * 1024 + 1)], 'input.attributes[0].value[1]'],
  ])('refuse %s', async (_what, value, field) => {
    expect(await refusal([{ name: 'a', value }])).toMatchObject({ code: 'LIMIT_EXCEEDED', field });
  });

  it('let a device have 1,000 attributes, and refuse the whole of a write that goes over', async () => {
    expect(await set(many(1000))).toHaveLength(1000);
    const before = await server.dump();
    expect(
      await refusal([
        { name: 'n0', value: 'changed' },
        { name: 'one too many', value: 1 },
      ]),
    ).toMatchObject({ code: 'LIMIT_EXCEEDED', field: 'input.attributes' });
    expect(await server.dump()).toEqual(before);
    expect(await set([{ name: 'n0', value: 'changed' }])).toHaveLength(1000);
    expect(await set(many(1000, 1000), { mode: 'REPLACE' })).toHaveLength(1000);
  });

  it('refuse 1,001 attributes in one write', async () => {
    expect(await refusal(many(1001))).toMatchObject({ code: 'LIMIT_EXCEEDED', field: 'input.attributes' });
  });
});

it('long texts stay searchable beyond what the index holds', async () => {
  const long = `${'x'.repeat(16_000)}needle`;
  await set([{ name: 'log', value: long }]);
  expect(await findsValue('log', { eq: long })).toBe(true);
  expect(await findsValue('log', { eq: `${long}!` })).toBe(false);
  expect(await findsValue('log', { contains: 'needle' })).toBe(true);
  expect(await findsValue('log', { endsWith: 'needle' })).toBe(true);
  expect(await findsValue('log', { matches: 'needle$' })).toBe(true);
});
