/** Ids, and what they say of the things of other projects: nothing. */
import { randomUUID } from 'node:crypto';
import { startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

const NODES = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }';
const NODE = 'query ($id: ID!) { node(id: $id) { __typename id } }';

/** One thing of every kind, under the same names in every project. */
async function fill(project: TestProject): Promise<Record<string, string>> {
  await project.ask(`mutation { createCohort(input: {name: "Beta"}) { created }
    createDevice(input: {deviceSerial: "same", cohort: "beta", group: "lab", lastSeenRelease: {version: "1.0"},
      attributes: [{name: "os", value: "${project.id}"}]}) { created }
    deployRelease(input: {cohort: "beta", release: {version: "1.0"}}) { deployment { id } }
    recordDeviceEvent(input: {deviceSerial: "same", kind: TRACE, at: "2026-01-01T00:00:00Z", title: "${project.id}"}) { device { id } } }`);
  const answer = await project.ask<{
    device: {
      id: string;
      uuid: string;
      group: { id: string };
      lastSeenRelease: { id: string };
      cohort: { id: string; lastDeployment: { id: string } };
    };
    viewer: { project: { id: string } };
    apiKeys: { id: string }[];
  }>(`{ device(deviceSerial: "same") { id uuid group { id } lastSeenRelease { id } cohort { id lastDeployment { id } } }
    viewer { project { id } } apiKeys { id } }`);
  const { device, viewer, apiKeys } = answer;
  return {
    Device: device.id,
    Group: device.group.id,
    Release: device.lastSeenRelease.id,
    Cohort: device.cohort.id,
    Deployment: device.cohort.lastDeployment.id,
    Project: viewer.project.id,
    ApiKey: apiKeys[0]!.id,
  };
}

const idOf = (text: string) => Buffer.from(text).toString('base64url');

describe('an id', () => {
  let project: TestProject;
  let ids: Record<string, string>;

  beforeAll(async () => {
    project = await server.createProject();
    ids = await fill(project);
  });

  it('of each kind leads back to its thing, in the order asked, as often as asked', async () => {
    const { __schema: schema } = await project.ask<{
      __schema: { types: { name: string; possibleTypes: { name: string }[] | null }[] };
    }>('{ __schema { types { name possibleTypes { name } } } }');
    const types = schema.types.find(({ name }) => name === 'Node')!.possibleTypes!.map(({ name }) => name);
    expect(types.toSorted()).toEqual(Object.keys(ids).toSorted());
    const asked = [...Object.entries(ids), ...Object.entries(ids).slice(0, 2)];
    const { nodes } = await project.ask<{ nodes: unknown }>(NODES, { ids: asked.map(([, id]) => id) });
    expect(nodes).toEqual(asked.map(([type, id]) => ({ __typename: type, id })));
    for (const [type, id] of asked) expect(await project.ask(NODE, { id })).toEqual({ node: { __typename: type, id } });
  });

  it('shows the fields of its type', async () => {
    const query = `query ($ids: [ID!]!) { nodes(ids: $ids) {
      ... on Device { deviceSerial cohort { slug } attributes { name } } ... on Cohort { slug deviceCount lastDeployment { release { version } } }
      ... on Group { name devices { totalCount } } ... on Release { version deviceCount } ... on Deployment { cohort { slug } release { version } }
      ... on Project { slug } ... on ApiKey { role } } }`;
    const asked = ['Device', 'Cohort', 'Group', 'Release', 'Deployment', 'Project', 'ApiKey'].map((type) => ids[type]);
    expect((await project.ask<{ nodes: unknown }>(query, { ids: asked })).nodes).toEqual([
      { deviceSerial: 'same', cohort: { slug: 'beta' }, attributes: [{ name: 'os' }] },
      { slug: 'beta', deviceCount: 1, lastDeployment: { release: { version: '1.0' } } },
      { name: 'lab', devices: { totalCount: 1 } },
      { version: '1.0', deviceCount: 1 },
      { cohort: { slug: 'beta' }, release: { version: '1.0' } },
      { slug: expect.stringMatching(/^project-/) as string },
      { role: 'ADMIN' },
    ]);
  });

  it('of nothing is null, among others that are there', async () => {
    const unknown = Object.keys(ids).map((type) => idOf(`${type}:999999999`));
    const { nodes } = await project.ask<{ nodes: unknown[] }>(NODES, { ids: [...unknown, ids['Device']] });
    expect(nodes).toEqual([...unknown.map(() => null), { __typename: 'Device', id: ids['Device'] }]);
    expect(await project.ask(NODE, { id: unknown[0] })).toEqual({ node: null });
  });

  it.each([
    '',
    'garbage',
    '1',
    randomUUID(),
    idOf('Device'),
    idOf('Device:'),
    idOf('Device:0'),
    idOf('Device:-1'),
    idOf('Device:01'),
    idOf('Device:1.5'),
    idOf('Device: 1'),
    idOf("Device:1' or '1'='1"),
    idOf('Device:99999999999999999999'),
    idOf('device:1'),
    idOf('Constructor:1'),
    idOf('constructor:1'),
    `${idOf('Device:1')}=`,
    `${idOf('Device:1')}\0`,
    'RGV2aWNlOjE\uD800',
    'x'.repeat(100_000),
  ])('that this API cannot have made is refused (case %#)', async (id) => {
    const code = 'BAD_USER_INPUT';
    expect(await project.refusal(NODE, { id })).toMatchObject({ code, field: 'id' });
    expect(await project.refusal(NODES, { ids: [ids['Device'], id] })).toMatchObject({ code, field: 'ids[1]' });
    expect(await project.refusal('query ($id: ID) { device(id: $id) { id } }', { id })).toMatchObject({
      code,
      field: 'id',
    });
    const filter = 'query ($ids: [ID!]) { devices(filter: {ids: $ids}) { totalCount } }';
    expect(await project.refusal(filter, { ids: [id] })).toMatchObject({ code, field: 'filter.ids[0]' });
    const revoke = 'mutation ($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }';
    expect(await project.refusal(revoke, { id })).toMatchObject({ code, field: 'input.id' });
  });

  it('of another type is as unknown as any: null, no match, NOT_FOUND', async () => {
    expect(await project.ask('query ($id: ID) { device(id: $id) { id } }', { id: ids['Cohort'] })).toEqual({
      device: null,
    });
    const filter = 'query ($ids: [ID!]) { devices(filter: {ids: $ids}) { nodes { deviceSerial } } }';
    expect(await project.ask(filter, { ids: [ids['Cohort'], ids['Device']] })).toEqual({
      devices: { nodes: [{ deviceSerial: 'same' }] },
    });
    const revoke = 'mutation ($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }';
    expect(await project.refusal(revoke, { id: ids['Device'] })).toMatchObject({
      code: 'NOT_FOUND',
      field: 'input.id',
    });
  });

  it('is one of at most 500', async () => {
    const many = Array.from({ length: 501 }, () => ids['Device']);
    expect(await project.refusal(NODES, { ids: many })).toMatchObject({ code: 'LIMIT_EXCEEDED', field: 'ids' });
    expect((await project.ask<{ nodes: unknown[] }>(NODES, { ids: many.slice(1) })).nodes).toHaveLength(500);
    expect(await project.ask(NODES, { ids: [] })).toEqual({ nodes: [] });
  });
});

describe('another project', () => {
  let ours: TestProject;
  let ourIds: Record<string, string>;
  let theirs: TestProject;
  let theirIds: Record<string, string>;

  beforeEach(async () => {
    ours = await server.createProject();
    theirs = await server.createProject();
    ourIds = await fill(ours);
    theirIds = await fill(theirs);
    await theirs.ask(`mutation { createDevice(input: {deviceSerial: "theirs", group: "secret"}) { created }
      createCohort(input: {name: "Hidden"}) { created } }`);
  });

  /** Their rows must be as they were. */
  async function unchanged(work: () => Promise<void>): Promise<void> {
    const rows = async () => {
      const tables = Object.entries(await server.dump());
      const ofTheirs = (row: unknown) => String((row as { project_id?: unknown }).project_id) === theirs.id;
      return Object.fromEntries(tables.map(([table, all]) => [table, (all ?? []).filter(ofTheirs)]));
    };
    const before = await rows();
    expect(before['device']).toHaveLength(2);
    await work();
    expect(await rows()).toEqual(before);
  }

  it('cannot be reached by ids', async () => {
    const all = Object.values(theirIds);
    expect((await ours.ask<{ nodes: unknown }>(NODES, { ids: all })).nodes).toEqual(all.map(() => null));
    for (const id of all) expect(await ours.ask(NODE, { id })).toEqual({ node: null });
    expect(await ours.ask('query ($id: ID) { device(id: $id) { id } }', { id: theirIds['Device'] })).toEqual({
      device: null,
    });
    const filter = 'query ($ids: [ID!]) { devices(filter: {ids: $ids}) { totalCount nodes { id } } }';
    expect(await ours.ask(filter, { ids: [theirIds['Device']] })).toEqual({ devices: { totalCount: 0, nodes: [] } });
    expect(await ours.ask(filter, { ids: [theirIds['Device'], ourIds['Device']] })).toEqual({
      devices: { totalCount: 1, nodes: [{ id: ourIds['Device'] }] },
    });
  });

  it('cannot be reached by uuid, serial, slug or name', async () => {
    const { device } = await theirs.ask<{ device: { uuid: string } }>('{ device(deviceSerial: "same") { uuid } }');
    const query = `query ($uuid: ID) { a: device(uuid: $uuid) { id } b: device(deviceSerial: "theirs") { id }
      c: cohort(slug: "hidden") { id } d: group(name: "secret") { id } }`;
    expect(await ours.ask(query, { uuid: device.uuid })).toEqual({ a: null, b: null, c: null, d: null });
  });

  it('does not show in lists, counts and nested fields', async () => {
    const query = `{ devices { totalCount nodes { deviceSerial attribute(name: "os") { value } events { title } } }
      cohorts { totalCount nodes { slug deviceCount devices { totalCount } lastDeployment { id } } }
      groups { totalCount nodes { name deviceCount devices { nodes { deviceSerial } } } }
      releases { totalCount nodes { version deviceCount } } apiKeys { id } viewer { project { id } } }`;
    expect(await ours.ask(query)).toEqual({
      devices: {
        totalCount: 1,
        nodes: [{ deviceSerial: 'same', attribute: { value: ours.id }, events: [{ title: ours.id }] }],
      },
      cohorts: {
        totalCount: 2,
        nodes: [
          { slug: 'beta', deviceCount: 1, devices: { totalCount: 1 }, lastDeployment: { id: ourIds['Deployment'] } },
          { slug: 'default', deviceCount: 0, devices: { totalCount: 0 }, lastDeployment: null },
        ],
      },
      groups: {
        totalCount: 1,
        nodes: [{ name: 'lab', deviceCount: 1, devices: { nodes: [{ deviceSerial: 'same' }] } }],
      },
      releases: { totalCount: 1, nodes: [{ version: '1.0', deviceCount: 1 }] },
      apiKeys: [{ id: ourIds['ApiKey'] }],
      viewer: { project: { id: ourIds['Project'] } },
    });
  });

  it('does not show in searches, however the filter is turned', async () => {
    const query = 'query ($filter: DeviceFilter) { devices(filter: $filter) { totalCount nodes { deviceSerial } } }';
    const found = async (filter: object) =>
      (await ours.ask<{ devices: { totalCount: number; nodes: { deviceSerial: string }[] } }>(query, { filter }))
        .devices;
    const none = { totalCount: 0, nodes: [] };
    const one = { totalCount: 1, nodes: [{ deviceSerial: 'same' }] };
    expect(await found({ attributes: [{ name: 'os', eq: theirs.id }] })).toEqual(none);
    expect(await found({ attributes: [{ name: 'os', exists: true }] })).toEqual(one);
    expect(await found({ not: { attributes: [{ name: 'os', exists: true }] } })).toEqual(none);
    expect(await found({ not: { attributes: [{ name: 'os', eq: 'nothing' }] } })).toEqual(one);
    expect(await found({ or: [{ deviceSerial: { startsWith: '' } }, { group: { eq: 'secret' } }] })).toEqual(one);
    expect(await found({ cohort: { eq: 'beta' } })).toEqual(one);
    expect(await found({ group: { in: ['lab', 'secret'] } })).toEqual(one);
    expect(await found({ release: { eq: '1.0' } })).toEqual(one);
    expect(await found({ not: { or: [] } })).toEqual(one);
  });

  it('does not take our cursors', async () => {
    for (const list of ['devices', 'cohorts', 'groups', 'releases']) {
      const query = `query ($after: String) { list: ${list}(first: 1, after: $after) { pageInfo { endCursor } } }`;
      const { list: page } = await theirs.ask<{ list: { pageInfo: { endCursor: string } } }>(query);
      expect([list, await ours.refusal(query, { after: page.pageInfo.endCursor })]).toMatchObject([
        list,
        { code: 'CURSOR_MISMATCH', field: 'after' },
      ]);
    }
  });

  it('is not changed by single changes, which do not know its things', async () => {
    await unchanged(async () => {
      const refused = async (mutation: string, variables?: Record<string, unknown>) =>
        expect([mutation, await ours.refusal(mutation, variables)]).toMatchObject([mutation, { code: 'NOT_FOUND' }]);
      await refused('mutation { updateDevice(input: {deviceSerial: "theirs", ownerRef: "x"}) { device { id } } }');
      await refused('mutation { updateDevice(input: {deviceSerial: "same", cohort: "hidden"}) { device { id } } }');
      await refused(
        'mutation { setDeviceAttributes(input: {deviceSerial: "theirs", attributes: []}) { device { id } } }',
      );
      await refused(
        'mutation { removeDeviceAttributes(input: {deviceSerial: "theirs", names: ["os"]}) { device { id } } }',
      );
      await refused(
        'mutation { recordDeviceEvent(input: {deviceSerial: "theirs", kind: TRACE, at: "2026-01-01T00:00:00Z"}) { device { id } } }',
      );
      await refused('mutation { setDeviceGroup(input: {deviceSerial: "theirs", group: "x"}) { device { id } } }');
      await refused(
        'mutation { removeDeviceFromGroup(input: {deviceSerial: "theirs", group: "secret"}) { device { id } } }',
      );
      await refused(
        'mutation { reportAttributes(input: {reports: [{deviceSerial: "theirs", attributes: []}]}) { updatedCount } }',
      );
      await refused('mutation { updateCohort(input: {slug: "hidden", name: "x"}) { cohort { id } } }');
      await refused(
        'mutation { deployRelease(input: {cohort: "hidden", release: {version: "1"}}) { deployment { id } } }',
      );
      await refused('mutation { renameGroup(input: {name: "secret", newName: "x"}) { group { id } } }');
      await refused('mutation ($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }', {
        id: theirIds['ApiKey'],
      });
      expect(
        await ours.ask(`mutation { deleteDevice(input: {deviceSerial: "theirs"}) { deleted } deleteCohort(input: {slug: "hidden"}) { deleted }
          deleteGroup(input: {name: "secret"}) { deleted } }`),
      ).toEqual({
        deleteDevice: { deleted: false },
        deleteCohort: { deleted: false },
        deleteGroup: { deleted: false },
      });
    });
  });

  it('is not changed by changes of things that have the same names here', async () => {
    await unchanged(async () => {
      await ours.ask(`mutation { a: updateDevice(input: {deviceSerial: "same", ownerRef: "x", cohort: "default"}) { device { id } }
        b: setDeviceAttributes(input: {deviceSerial: "same", attributes: [{name: "os", value: 1}], mode: REPLACE}) { device { id } }
        c: removeDeviceFromGroup(input: {deviceSerial: "same", group: "lab"}) { device { id } }
        d: renameGroup(input: {name: "lab", newName: "secret"}) { group { id } }
        e: deleteGroup(input: {name: "secret"}) { deleted }
        f: updateCohort(input: {slug: "beta", newSlug: "hidden"}) { cohort { id } }
        g: deleteCohort(input: {slug: "hidden"}) { deleted }
        h: deleteDevice(input: {deviceSerial: "same"}) { deleted } }`);
    });
  });

  it('is not changed by bulk changes, whatever they name', async () => {
    const their = [theirIds['Device']!];
    await unchanged(async () => {
      const changed = async (devices: string, variables?: Record<string, unknown>) => {
        const mutations = [
          `moveDevicesToCohort(input: {devices: ${devices}, cohort: "default"})`,
          `moveDevicesToGroup(input: {devices: ${devices}, group: "new"})`,
          `setAttributesOfDevices(input: {devices: ${devices}, attributes: [{name: "os", value: "changed"}]})`,
          `deleteDevices(input: {devices: ${devices}})`,
        ];
        const results = [];
        for (const mutation of mutations) {
          const text = `mutation${variables ? ' ($ids: [ID!])' : ''} { result: ${mutation} { matchedCount unknownSerials unknownIds } }`;
          results.push((await ours.ask<{ result: unknown }>(text, variables)).result);
        }
        return results;
      };
      const four = (result: object) => [result, result, result, result];
      expect(await changed('{deviceSerials: ["theirs"]}')).toEqual(
        four({ matchedCount: 0, unknownSerials: ['theirs'], unknownIds: [] }),
      );
      expect(await changed('{ids: $ids}', { ids: their })).toEqual(
        four({ matchedCount: 0, unknownSerials: [], unknownIds: their }),
      );
      expect(await changed('{filter: {group: {eq: "secret"}}}')).toEqual(
        four({ matchedCount: 0, unknownSerials: [], unknownIds: [] }),
      );
      expect(await changed('{filter: {ids: $ids}}', { ids: their })).toEqual(
        four({ matchedCount: 0, unknownSerials: [], unknownIds: [] }),
      );
      expect(await changed('{all: true}')).toEqual(four({ matchedCount: 1, unknownSerials: [], unknownIds: [] }));
    });
    expect(await ours.ask('{ devices { totalCount } }')).toEqual({ devices: { totalCount: 0 } });
  });

  it('may have the same names without a conflict', async () => {
    expect(
      await ours.ask(`mutation { createDevice(input: {deviceSerial: "theirs", group: "secret"}) { created device { group { deviceCount } } }
        createCohort(input: {name: "Hidden"}) { created cohort { deviceCount } } }`),
    ).toEqual({
      createDevice: { created: true, device: { group: { deviceCount: 1 } } },
      createCohort: { created: true, cohort: { deviceCount: 0 } },
    });
  });
});
