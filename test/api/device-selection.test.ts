/**
 * What is read of devices follows from what is selected of them: each field alone is answered as when everything is
 * selected. Fields are taken from the schema, so that a new one without a case fails.
 */
import { getNamedType, type GraphQLObjectType, isLeafType, isRequiredArgument } from 'graphql';
import { buildFleetSchema } from '../../src/graphql/schema.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let ids: readonly string[];

beforeAll(async () => {
  server = await startServer();
  const reports = Array.from({ length: 6 }, (_, index) => ({
    deviceSerial: `d${index}`,
    ...(index % 2 === 0 && { group: `g${index % 3}` }),
    lastSeen: '2026-01-02T03:04:05.678Z',
    lastSeenRelease: { version: `v${index}` },
    attributes: [
      { name: 'os', value: 'linux', description: 'system' },
      { name: 'os', value: 'bsd', scope: 'TAGS' },
      ...(index < 3 ? [{ name: 'rank', value: index }] : []),
    ].slice(index === 5 ? 3 : 0),
  }));
  await server.ask(
    'mutation ($reports: [AttributeReport!]!) { reportAttributes(input: {reports: $reports, createMissing: true}) { createdCount } }',
    { reports },
  );
  await server.ask(`mutation {
    createCohort(input: {name: "Beta"}) { created }
    moveDevicesToCohort(input: {devices: {deviceSerials: ["d1", "d2"]}, cohort: "beta"}) { changedCount }
    a: updateDevice(input: {deviceSerial: "d1", manufacturer: "Apple", deviceCode: "iPhone1,1", ownerRef: "o", hardwareVersion: "evt2", testMode: true}) { device { id } }
    b: recordDeviceEvent(input: {deviceSerial: "d1", kind: INSTALL, at: "2026-01-01T00:00:00Z", release: {version: "v1"}}) { device { id } }
    c: deployRelease(input: {cohort: "beta", release: {version: "v1"}}) { deployment { id } }
    d: issueDeviceCredentials(input: {deviceSerial: "d2"}) { clientId }
  }`);
  const { devices } = await server.ask<{ devices: { nodes: { id: string }[] } }>('{ devices { nodes { id } } }');
  ids = devices.nodes.map(({ id }) => id);
  expect(ids).toHaveLength(6);
});
afterAll(() => server?.stop());

/** Selections of fields that are no leaves or need arguments. */
const USES: Readonly<Record<string, readonly string[]>> = {
  attribute: ['attribute(name: "os") { value scope }', 'attribute(name: "os", scope: INVENTORY) { value }', 'attribute(name: "none") { value }'],
  attributes: [
    'attributes { name value type scope source description updatedAt }',
    'attributes(names: ["rank"]) { value }',
    'attributes(names: []) { value }',
    'a: attributes(scope: TAGS) { value } b: attributes(scope: INVENTORY, source: "api") { value __typename } attributes { name }',
  ],
  cohort: ['cohort { id name slug isDefault createdAt updatedAt deviceCount lastDeployment { id } devices(first: 2) { nodes { deviceSerial group { name } } } }'],
  group: ['group { id name createdAt updatedAt deviceCount devices(first: 2) { totalCount nodes { updatedAt } } }'],
  lastSeenRelease: ['lastSeenRelease { id version deviceCount }'],
  latestInstall: ['latestInstall { at release { version } }'],
  latestTrace: ['latestTrace { at }'],
  events: ['events { kind at }'],
}; // prettier-ignore

/** Each leaf of cohorts and groups alone, too: their columns are chosen as well. */
const OF_PARENTS = {
  cohort: ['id', 'name', 'slug', 'isDefault', 'createdAt', 'updatedAt', 'deviceCount', 'lastDeployment { id }', 'devices(first: 1) { totalCount }', '__typename'],
  group: ['id', 'name', 'createdAt', 'updatedAt', 'deviceCount', 'devices(first: 1) { totalCount }', '__typename'],
}; // prettier-ignore

it('each field of a device is answered alone as beside all others, however the device was found', async () => {
  const schema = await buildFleetSchema();
  const fields = Object.values((schema.getType('Device') as GraphQLObjectType).getFields());
  const isLeaf = (field: (typeof fields)[number]) =>
    isLeafType(getNamedType(field.type)) && !field.args.some(isRequiredArgument);
  const leaves = fields.filter(isLeaf).map(({ name }) => name);
  const others = fields.filter((field) => !isLeaf(field)).map(({ name }) => name);
  expect(others.toSorted()).toEqual(Object.keys(USES).toSorted());
  const parents = Object.entries(OF_PARENTS).flatMap(([parent, inner]) => inner.map((one) => `${parent} { ${one} }`));
  const selections = [...leaves, ...Object.values(USES).flat(), ...parents, '__typename'];

  for (const selection of selections) {
    const { nodes: wanted } = await server.ask<{ nodes: unknown[] }>(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Device { ${selection} } } }`,
      { ids },
    );
    const found = await server.ask<{
      page: { nodes: unknown[] };
      filtered: { nodes: unknown[] };
      sorted: { edges: { node: unknown }[] };
    }>(`{ page: devices { nodes { ${selection} } } filtered: devices(filter: {deviceSerial: {startsWith: "d"}}) { nodes { ${selection} } }
          sorted: devices(orderBy: [{field: DEVICE_SERIAL, direction: ASC}]) { edges { node { ${selection} } } } }`);
    expect([selection, found.page.nodes]).toEqual([selection, wanted]);
    expect([selection, found.filtered.nodes]).toEqual([selection, wanted]);
    expect([selection, found.sorted.edges.map(({ node }) => node)]).toEqual([selection, wanted]);
    const alone = await server.ask<Record<string, unknown>>(
      `{ ${ids.map((id, index) => `d${index}: device(id: "${id}") { ${selection} }`).join(' ')} twice: device(deviceSerial: "d0") { ${selection} } same: device(deviceSerial: "d0") { deviceSerial } }`,
    );
    expect([selection, ids.map((_, index) => alone[`d${index}`])]).toEqual([selection, wanted]);
    expect(alone).toMatchObject({ twice: wanted[0], same: { deviceSerial: 'd0' } });
    expect(await server.ask(`{ device(deviceSerial: "d1") { ${selection} } }`)).toEqual({ device: wanted[1] });
  }
});

it('faults in the arguments of a field of all devices of a page are told for each', async () => {
  const { body } = await server.graphql('{ devices { nodes { deviceSerial attribute(name: "") { value } } } }');
  expect(body.errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual(
    ids.map((_, index) => [['devices', 'nodes', index, 'attribute'], 'BAD_USER_INPUT']),
  );
});

it('a page with more attributes than are answered at once has them all', async () => {
  const project = await server.createProject();
  const attributes = Array.from({ length: 150 }, (_, index) => ({ name: `n${index}`, value: index }));
  const reports = Array.from({ length: 150 }, (_, index) => ({ deviceSerial: `d${index}`, attributes }));
  await project.ask(
    'mutation ($reports: [AttributeReport!]!) { reportAttributes(input: {reports: $reports, createMissing: true}) { createdCount } }',
    { reports },
  );
  const { devices } = await project.ask<{ devices: { nodes: { attributes: object[]; attribute: object }[] } }>(
    '{ devices(first: 150) { nodes { attributes { name value } attribute(name: "n7") { value } } } }',
  );
  expect(devices.nodes).toHaveLength(150);
  for (const node of devices.nodes) {
    expect(node.attributes).toHaveLength(150);
    expect(node.attribute).toEqual({ value: 7 });
  }
});
