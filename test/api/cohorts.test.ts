/** Cohorts: one default, devices in exactly one, deployments. */
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

const CREATE = `mutation ($input: CreateCohortInput!) {
  createCohort(input: $input) { created cohort { name slug isDefault deviceCount } } }`;
const UPDATE = 'mutation ($input: UpdateCohortInput!) { updateCohort(input: $input) { cohort { id name slug } } }';
const DELETE = 'mutation ($input: DeleteCohortInput!) { deleteCohort(input: $input) { deleted movedDeviceCount } }';
const DEPLOY = `mutation ($input: DeployReleaseInput!) { deployRelease(input: $input) {
  deployment { id deployedAt release { version revision } cohort { slug } } } }`;
const READ = 'query ($slug: String!) { cohort(slug: $slug) { name slug isDefault deviceCount updatedAt } }';

const LONG_AGO = '2020-01-01T00:00:00.000Z';

interface Cohort {
  readonly name: string;
  readonly slug: string;
  readonly isDefault: boolean;
  readonly deviceCount: number;
  readonly updatedAt: string;
}

async function create(input: object): Promise<{ created: boolean; cohort: Omit<Cohort, 'updatedAt'> }> {
  return (await project.ask<{ createCohort: { created: boolean; cohort: Cohort } }>(CREATE, { input })).createCohort;
}

async function update(input: object): Promise<unknown> {
  return (await project.ask<{ updateCohort: { cohort: unknown } }>(UPDATE, { input })).updateCohort.cohort;
}

async function remove(slug: string): Promise<unknown> {
  return (await project.ask<{ deleteCohort: unknown }>(DELETE, { input: { slug } })).deleteCohort;
}

async function read(slug: string): Promise<Cohort | null> {
  return (await project.ask<{ cohort: Cohort | null }>(READ, { slug })).cohort;
}

async function deploy(cohort: string, release: object): Promise<{ id: string; deployedAt: string }> {
  const { deployRelease } = await project.ask<{ deployRelease: { deployment: { id: string; deployedAt: string } } }>(
    DEPLOY,
    { input: { cohort, release } },
  );
  return deployRelease.deployment;
}

async function createDevices(cohort: string, serials: readonly string[]): Promise<void> {
  for (const deviceSerial of serials) {
    await project.ask('mutation ($input: CreateDeviceInput!) { createDevice(input: $input) { created } }', {
      input: { deviceSerial, cohort },
    });
  }
}

async function cohortOf(deviceSerial: string): Promise<string> {
  const query = 'query ($deviceSerial: String) { device(deviceSerial: $deviceSerial) { cohort { slug } } }';
  return (await project.ask<{ device: { cohort: { slug: string } } }>(query, { deviceSerial })).device.cohort.slug;
}

/** So that a later time differs for certain. */
function backdate(): Promise<unknown> {
  return server.sql('update cohort set updated_at = $1 where project_id = $2', [LONG_AGO, project.id]);
}

describe('createCohort', () => {
  it.each([
    ['Beta testers', 'beta-testers'],
    ['  Früh & Co.  ', 'fruh-co'],
    ['A_b/C', 'a-b-c'],
    ['2026', '2026'],
    ['long '.repeat(30), `${'long-'.repeat(12)}long`],
  ])('makes the slug of %j from the name', async (name, slug) => {
    expect(await create({ name })).toEqual({
      created: true,
      cohort: { name, slug, isDefault: false, deviceCount: 0 },
    });
  });

  it('takes a slug that is given', async () => {
    expect(await create({ name: 'Beta', slug: 'b_2-x' })).toMatchObject({ cohort: { name: 'Beta', slug: 'b_2-x' } });
    expect(await create({ name: 'Beta', slug: null })).toMatchObject({ cohort: { slug: 'beta' } });
    expect(await create({ name: 'Longest', slug: 's'.repeat(64) })).toMatchObject({ created: true });
  });

  it('wants another slug where none can be made of the name', async () => {
    expect(await project.refusal(CREATE, { input: { name: '測試' } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.name',
    });
    expect(await create({ name: '測試', slug: 'test' })).toMatchObject({ cohort: { name: '測試', slug: 'test' } });
  });

  it.each([
    ['slug', 'Upper'],
    ['slug', '-x'],
    ['slug', '_x'],
    ['slug', 'a b'],
    ['slug', 's'.repeat(65)],
    ['slug', ''],
    ['slug', 'a\n'],
    ['name', ''],
  ])('refuses the %s %j', async (field, text) => {
    const input = { name: 'A name', [field]: text };
    expect(await project.refusal(CREATE, { input })).toMatchObject({ code: 'BAD_USER_INPUT', field: `input.${field}` });
  });

  it('refuses a name of 257 characters, and takes one of 256', async () => {
    expect(await project.refusal(CREATE, { input: { name: 'n'.repeat(257) } })).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'input.name',
    });
    expect(await create({ name: '😀'.repeat(256), slug: 'smiles' })).toMatchObject({ created: true });
  });

  it.each([
    ['given', { name: 'Other', slug: 'beta' }],
    ['made from the name', { name: 'BETA' }],
  ])('is CONFLICT for a taken slug that was %s', async (_how, input) => {
    await create({ name: 'Beta' });
    const before = await server.dump();
    expect(await project.refusal(CREATE, { input })).toMatchObject({
      status: 200,
      code: 'CONFLICT',
      field: 'input.slug',
    });
    expect(await server.dump()).toEqual(before);
  });

  it('allows two cohorts of one name', async () => {
    await create({ name: 'Beta' });
    expect(await create({ name: 'Beta', slug: 'beta-2' })).toMatchObject({ created: true });
  });

  it('with KEEP answers the present cohort as it is', async () => {
    await create({ name: 'Beta' });
    expect(await create({ name: 'Other', slug: 'beta', ifExists: 'KEEP' })).toMatchObject({
      created: false,
      cohort: { name: 'Beta' },
    });
    expect(await create({ name: 'New', ifExists: 'KEEP' })).toMatchObject({ created: true });
  });

  it('with UPDATE gives the present cohort the name, and touches it only if that is another', async () => {
    await create({ name: 'Beta' });
    await backdate();
    await create({ name: 'Beta', ifExists: 'UPDATE' });
    expect((await read('beta'))?.updatedAt).toBe(LONG_AGO);
    expect(await create({ name: 'Other', slug: 'beta', ifExists: 'UPDATE' })).toMatchObject({
      created: false,
      cohort: { name: 'Other', slug: 'beta' },
    });
    expect((await read('beta'))?.updatedAt).not.toBe(LONG_AGO);
  });

  it('has one winner where many create one slug at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => project.graphql(CREATE, { input: { name: 'Raced' } })),
    );
    const codes = answers.map(({ body }) => body.errors?.[0]?.extensions.code ?? 'created');
    expect(codes.toSorted()).toEqual([...Array.from({ length: 7 }, () => 'CONFLICT'), 'created']);
  });
});

describe('updateCohort', () => {
  beforeEach(() => create({ name: 'Beta' }));

  it('changes the name, the slug, or both; what is absent stays', async () => {
    expect(await update({ slug: 'beta', name: 'B' })).toMatchObject({ name: 'B', slug: 'beta' });
    expect(await update({ slug: 'beta', newSlug: 'gamma' })).toMatchObject({ name: 'B', slug: 'gamma' });
    expect(await update({ slug: 'gamma', name: 'D', newSlug: 'delta' })).toMatchObject({ name: 'D', slug: 'delta' });
    expect([await read('beta'), await read('gamma')]).toEqual([null, null]);
    expect(await read('delta')).toMatchObject({ name: 'D' });
  });

  it('keeps id and devices under the new slug', async () => {
    await createDevices('beta', ['d']);
    const { cohort } = await project.ask<{ cohort: { id: string } }>('{ cohort(slug: "beta") { id } }');
    expect(await update({ slug: 'beta', newSlug: 'gamma' })).toMatchObject({ id: cohort.id });
    expect(await cohortOf('d')).toBe('gamma');
    const query = '{ devices(filter: {cohort: {eq: "gamma"}}) { totalCount } }';
    expect(await project.ask(query)).toEqual({ devices: { totalCount: 1 } });
  });

  it('is NOT_FOUND for an unknown cohort', async () => {
    expect(await project.refusal(UPDATE, { input: { slug: 'no', name: 'x' } })).toMatchObject({
      code: 'NOT_FOUND',
      field: 'input.slug',
    });
  });

  it('is CONFLICT for the slug of another cohort, not for its own', async () => {
    await create({ name: 'Gamma' });
    expect(await project.refusal(UPDATE, { input: { slug: 'beta', name: 'x', newSlug: 'gamma' } })).toMatchObject({
      code: 'CONFLICT',
      field: 'input.newSlug',
    });
    expect(await read('beta')).toMatchObject({ name: 'Beta' });
    expect(await update({ slug: 'beta', newSlug: 'beta' })).toMatchObject({ slug: 'beta' });
  });

  it.each(['name', 'newSlug'])('refuses null for %s', async (field) => {
    expect(await project.refusal(UPDATE, { input: { slug: 'beta', [field]: null } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: `input.${field}`,
    });
  });

  it('touches the cohort only if something is different', async () => {
    await backdate();
    await update({ slug: 'beta', name: 'Beta', newSlug: 'beta' });
    await update({ slug: 'beta' });
    expect((await read('beta'))?.updatedAt).toBe(LONG_AGO);
    await update({ slug: 'beta', name: 'Other' });
    expect((await read('beta'))?.updatedAt).not.toBe(LONG_AGO);
  });
});

describe('the default cohort', () => {
  it('is there from the start, and is the only one', async () => {
    await create({ name: 'Beta' });
    expect(await project.ask('{ cohorts { nodes { slug isDefault } } }')).toEqual({
      cohorts: {
        nodes: [
          { slug: 'beta', isDefault: false },
          { slug: 'default', isDefault: true },
        ],
      },
    });
  });

  it('may be renamed; new devices go there all the same, and still it cannot be deleted', async () => {
    await update({ slug: 'default', name: 'Everyone', newSlug: 'everyone' });
    await create({ name: 'default' });
    await project.ask('mutation { createDevice(input: {deviceSerial: "d"}) { created } }');
    expect(await cohortOf('d')).toBe('everyone');
    expect(await read('everyone')).toMatchObject({ name: 'Everyone', isDefault: true, deviceCount: 1 });
    expect(await project.refusal(DELETE, { input: { slug: 'everyone' } })).toMatchObject({ code: 'CONFLICT' });
    expect(await remove('default')).toEqual({ deleted: true, movedDeviceCount: 0 });
  });

  it('cannot be deleted', async () => {
    const before = await server.dump();
    expect(await project.refusal(DELETE, { input: { slug: 'default' } })).toMatchObject({
      status: 200,
      code: 'CONFLICT',
      field: 'input.slug',
    });
    expect(await server.dump()).toEqual(before);
  });
});

describe('deleteCohort', () => {
  it('moves the devices to the default cohort and deletes the deployments', async () => {
    await create({ name: 'Beta' });
    await create({ name: 'Gamma' });
    await createDevices('beta', ['b1', 'b2']);
    await createDevices('gamma', ['g']);
    await server.sql('update device set updated_at = $1 where project_id = $2', [LONG_AGO, project.id]);
    const gone = await deploy('beta', { version: '1.0' });
    const kept = await deploy('gamma', { version: '1.0' });

    expect(await remove('beta')).toEqual({ deleted: true, movedDeviceCount: 2 });
    expect(await read('beta')).toBeNull();
    expect([await cohortOf('b1'), await cohortOf('b2'), await cohortOf('g')]).toEqual(['default', 'default', 'gamma']);
    expect((await read('default'))?.deviceCount).toBe(2);
    const { nodes } = await project.ask<{ nodes: unknown[] }>('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: [gone.id, kept.id],
    });
    expect(nodes).toEqual([null, { id: kept.id }]);
    const query = '{ devices(orderBy: {field: DEVICE_SERIAL, direction: ASC}) { nodes { updatedAt } } }';
    const { devices } = await project.ask<{ devices: { nodes: { updatedAt: string }[] } }>(query);
    expect(devices.nodes.map(({ updatedAt }) => updatedAt === LONG_AGO)).toEqual([false, false, true]);
  });

  it('makes room for a new cohort of that slug, which starts empty', async () => {
    await create({ name: 'Beta' });
    await createDevices('beta', ['b1']);
    await deploy('beta', { version: '1.0' });
    await remove('beta');
    await create({ name: 'Beta' });
    expect(
      await project.ask('{ cohort(slug: "beta") { deviceCount lastDeployment { id } devices { totalCount } } }'),
    ).toEqual({
      cohort: { deviceCount: 0, lastDeployment: null, devices: { totalCount: 0 } },
    });
  });

  it('answers that nothing was deleted if there was no such cohort', async () => {
    expect(await remove('no')).toEqual({ deleted: false, movedDeviceCount: 0 });
  });
});

describe('deployRelease', () => {
  beforeEach(() => create({ name: 'Beta' }));

  it('records that a cohort runs a release, and makes the release when it is first named', async () => {
    expect(await deploy('beta', { version: '1.0', revision: 'abc' })).toEqual({
      id: expect.any(String) as string,
      deployedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      release: { version: '1.0', revision: 'abc' },
      cohort: { slug: 'beta' },
    });
    expect(await project.ask('{ releases { nodes { version revision deviceCount } } }')).toEqual({
      releases: { nodes: [{ version: '1.0', revision: 'abc', deviceCount: 0 }] },
    });
  });

  it('shows the newest as lastDeployment, also if a release comes again', async () => {
    const last = async () => {
      const query = '{ cohort(slug: "beta") { lastDeployment { id release { version } cohort { slug } } } }';
      return (await project.ask<{ cohort: { lastDeployment: unknown } }>(query)).cohort.lastDeployment;
    };
    expect(await last()).toBeNull();
    for (const version of ['1.0', '2.0', '1.0']) {
      const { id } = await deploy('beta', { version });
      expect(await last()).toEqual({ id, release: { version }, cohort: { slug: 'beta' } });
    }
    expect(await project.ask('{ releases { totalCount } }')).toEqual({ releases: { totalCount: 2 } });
  });

  it('does not touch the devices of the cohort', async () => {
    await createDevices('beta', ['d']);
    await deploy('beta', { version: '1.0' });
    expect(await project.ask('{ device(deviceSerial: "d") { lastSeenRelease { version } } }')).toEqual({
      device: { lastSeenRelease: null },
    });
  });

  it('is NOT_FOUND for an unknown cohort, and then makes no release', async () => {
    expect(await project.refusal(DEPLOY, { input: { cohort: 'no', release: { version: '1' } } })).toMatchObject({
      code: 'NOT_FOUND',
      field: 'input.cohort',
    });
    expect(await project.ask('{ releases { totalCount } }')).toEqual({ releases: { totalCount: 0 } });
  });

  it.each([
    ['version', ''],
    ['revision', ''],
  ])('refuses an empty %s', async (field, text) => {
    const input = { cohort: 'beta', release: { version: '1', [field]: text } };
    expect(await project.refusal(DEPLOY, { input })).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: `input.release.${field}`,
    });
  });
});

describe('reading cohorts', () => {
  beforeEach(async () => {
    for (const name of ['Gamma', 'Alpha', 'Beta 2', 'Beta']) await create({ name });
    await createDevices('beta', ['b2', 'b1', 'b3']);
  });

  const slugs = async (args: string) => {
    const { cohorts } = await project.ask<{ cohorts: { nodes: { slug: string }[]; totalCount: number } }>(
      `{ cohorts${args} { nodes { slug } totalCount } }`,
    );
    expect(cohorts.totalCount).toBe(cohorts.nodes.length);
    return cohorts.nodes.map(({ slug }) => slug);
  };

  it('lists them by slug', async () => {
    expect(await slugs('')).toEqual(['alpha', 'beta', 'beta-2', 'default', 'gamma']);
  });

  it('filters by name and slug, both together', async () => {
    expect(await slugs('(name: {startsWith: "Beta"})')).toEqual(['beta', 'beta-2']);
    expect(await slugs('(slug: {in: ["gamma", "no"]})')).toEqual(['gamma']);
    expect(await slugs('(name: {contains: "BETA", ignoreCase: true}, slug: {endsWith: "2"})')).toEqual(['beta-2']);
    expect(await slugs('(name: {ne: "Beta"}, slug: {matches: "^[ab]"})')).toEqual(['alpha', 'beta-2']);
    expect(await slugs('(name: {notIn: []})')).toHaveLength(5);
    expect(await slugs('(name: {in: []})')).toEqual([]);
    expect(await slugs('(name: {contains: "%"})')).toEqual([]);
  });

  it('reads one by its slug, and null for one that is not there', async () => {
    expect(await read('beta')).toMatchObject({ name: 'Beta', deviceCount: 3 });
    expect(await read('Beta')).toBeNull();
    expect(await read('no such slug')).toBeNull();
  });

  it('shows the devices of a cohort, filtered, ordered and counted', async () => {
    const query = `{ cohort(slug: "beta") { deviceCount
      all: devices(orderBy: {field: DEVICE_SERIAL, direction: ASC}) { nodes { deviceSerial } totalCount }
      some: devices(filter: {deviceSerial: {in: ["b1", "b3"]}}, orderBy: {field: DEVICE_SERIAL}, first: 1) {
        nodes { deviceSerial } totalCount pageInfo { hasNextPage } }
      none: devices(filter: {cohort: {eq: "alpha"}}) { totalCount } } }`;
    expect(await project.ask(query)).toEqual({
      cohort: {
        deviceCount: 3,
        all: { nodes: [{ deviceSerial: 'b1' }, { deviceSerial: 'b2' }, { deviceSerial: 'b3' }], totalCount: 3 },
        some: { nodes: [{ deviceSerial: 'b3' }], totalCount: 2, pageInfo: { hasNextPage: true } },
        none: { totalCount: 0 },
      },
    });
  });

  it('counts exactly while devices come, move and go at once', async () => {
    const change = (mutation: string) => project.ask(`mutation { ${mutation} }`);
    await Promise.all([
      ...Array.from({ length: 6 }, (_, index) =>
        change(`createDevice(input: {deviceSerial: "n${index}", cohort: "alpha"}) { created }`),
      ),
      change('updateDevice(input: {deviceSerial: "b1", cohort: "alpha"}) { device { id } }'),
      change('deleteDevice(input: {deviceSerial: "b2"}) { deleted }'),
      change('moveDevicesToCohort(input: {devices: {deviceSerials: ["b3"]}, cohort: "gamma"}) { changedCount }'),
    ]);
    const { cohorts } = await project.ask<{ cohorts: { nodes: unknown[] } }>(
      '{ cohorts { nodes { slug deviceCount devices { totalCount } } } }',
    );
    const counts = (slug: string, count: number) => ({ slug, deviceCount: count, devices: { totalCount: count } });
    expect(cohorts.nodes).toEqual([
      counts('alpha', 7),
      counts('beta', 0),
      counts('beta-2', 0),
      counts('default', 0),
      counts('gamma', 1),
    ]);
  });
});
