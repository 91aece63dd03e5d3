/** Queries through the schema, with data made by its own mutations. */
import { execute, type GraphQLSchema, parse, validate } from 'graphql';
import type { DataSource } from 'typeorm';
import { AttributeKeys } from '../../../src/attributes/keys.js';
import { ensureFirstProject } from '../../../src/changes/project.js';
import { createDataSource } from '../../../src/database/data-source.js';
import { Database } from '../../../src/database/query.js';
import { createContextFactory } from '../../../src/graphql/context.js';
import { buildFleetSchema } from '../../../src/graphql/schema.js';
import { createLogger } from '../../../src/logger.js';
import { NODE_TYPES, toGlobalId } from '../../../src/model/global-id.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

let schema: GraphQLSchema;
let testDatabase: TestDatabase;
let dataSource: DataSource;
let projectId: string;
const statements: string[] = [];
let createContext: ReturnType<typeof createContextFactory>;

/** Statements by trip to the database: those of one were sent before any of them was answered. */
const trips: string[][] = [];
let sentTogether: string[] = [];

function onStatement(name: string): () => void {
  statements.push(name);
  sentTogether.push(name);
  return () => {
    if (sentTogether.length > 0) trips.push(sentTogether.toSorted());
    sentTogether = [];
  };
}

beforeAll(async () => {
  schema = await buildFleetSchema();
  testDatabase = await createTestDatabase();
  dataSource = await createDataSource({ url: testDatabase.url }).initialize();
  const database = new Database(dataSource, { onStatement });
  projectId = (await ensureFirstProject(database)).id;
  createContext = createContextFactory({ database, attributeKeys: new AttributeKeys(), tokenUrl: () => 'none' });
  await makeFleet();
});

afterAll(async () => {
  await dataSource?.destroy();
  await testDatabase?.drop();
});

async function answerOf(query: string, variableValues: Record<string, unknown> = {}) {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  const contextValue = createContext({
    viewer: { projectId, role: 'ADMIN', principalId: 'key:1', name: 'tester' },
    requestId: 'test',
    logger: createLogger('silent'),
    asksForPlan: false,
  });
  return execute({ schema, document, contextValue, variableValues });
}

/** The data as plain JSON; fails with the errors if there are any. */
async function ask(query: string, variables?: Record<string, unknown>): Promise<Json> {
  const { data, errors } = await answerOf(query, variables);
  if (errors !== undefined) throw errors[0]!.originalError ?? errors[0]!;
  return JSON.parse(JSON.stringify(data)) as Json;
}

type Json = Record<string, never> & Record<string, unknown>;

async function refusalOf(query: string, variables?: Record<string, unknown>) {
  const { errors } = await answerOf(query, variables);
  const origin = errors?.[0]?.originalError as { code?: string; field?: string } | undefined;
  return { code: origin?.code, field: origin?.field };
}

async function makeFleet() {
  await ask(`mutation {
    beta: createCohort(input: {name: "Beta"}) { created }
    first: createDevice(input: {deviceSerial: "D1", manufacturer: "Apple", deviceCode: "iPhone1,1", cohort: "beta", group: "lab",
      lastSeen: "2026-01-01T00:00:00Z", lastSeenRelease: {version: "1.0"}, attributes: [
        {name: "os", value: "linux"}, {name: "os", value: "tagged", scope: TAGS}, {name: "mem", value: 512},
        {name: "ports", value: [80, 443]}]}) { created }
    second: createDevice(input: {deviceSerial: "D2", cohort: "beta", attributes: [{name: "mem", value: 1024}]}) { created }
    third: createDevice(input: {deviceSerial: "D3", testMode: true, group: "lab"}) { created }
    install: recordDeviceEvent(input: {deviceSerial: "D1", kind: INSTALL, at: "2026-01-01T00:00:00Z", release: {version: "1.0"}}) { device { id } }
    later: recordDeviceEvent(input: {deviceSerial: "D1", kind: INSTALL, at: "2026-01-02T00:00:00Z", release: {version: "1.1", revision: "r"}, title: "new"}) { device { id } }
    trace: recordDeviceEvent(input: {deviceSerial: "D1", kind: TRACE, at: "2026-01-03T00:00:00Z", title: "crash"}) { device { id } }
    deploy: deployRelease(input: {cohort: "beta", release: {version: "1.1", revision: "r"}}) { deployment { id } }
  }`);
}

describe('a device', () => {
  test('shows everything that belongs to it', async () => {
    const { device } = await ask(`{ device(deviceSerial: "D1") {
      id uuid deviceSerial manufacturer deviceCode productName testMode state lastSeen registeredBy ownerRef
      lastSeenRelease { version revision deviceCount } latestInstall { at title release { version revision } }
      latestTrace { kind title url release { id } } events { kind at } newest: events(first: 1) { kind }
      none: events(first: 0) { kind } installs: events(kind: INSTALL, first: 500) { at }
      cohort { slug name isDefault deviceCount lastDeployment { release { version } cohort { slug } } }
      group { name deviceCount } attributes { name value type scope source description } } }`);
    expect(device).toMatchObject({
      deviceSerial: 'D1',
      manufacturer: 'Apple',
      productName: 'iPhone',
      testMode: false,
      state: 'ACTIVE',
      lastSeen: '2026-01-01T00:00:00.000Z',
      registeredBy: 'tester',
      ownerRef: null,
      lastSeenRelease: { version: '1.0', revision: null, deviceCount: 1 },
      latestInstall: { at: '2026-01-02T00:00:00.000Z', title: 'new', release: { version: '1.1', revision: 'r' } },
      latestTrace: { kind: 'TRACE', title: 'crash', url: null, release: null },
      events: [
        { kind: 'TRACE', at: '2026-01-03T00:00:00.000Z' },
        { kind: 'INSTALL', at: '2026-01-02T00:00:00.000Z' },
        { kind: 'INSTALL', at: '2026-01-01T00:00:00.000Z' },
      ],
      newest: [{ kind: 'TRACE' }],
      none: [],
      installs: [{ at: '2026-01-02T00:00:00.000Z' }, { at: '2026-01-01T00:00:00.000Z' }],
      cohort: {
        slug: 'beta',
        name: 'Beta',
        isDefault: false,
        deviceCount: 2,
        lastDeployment: { release: { version: '1.1' }, cohort: { slug: 'beta' } },
      },
      group: { name: 'lab', deviceCount: 2 },
      attributes: [
        { name: 'mem', value: 512, type: 'NUMBER', scope: 'INVENTORY', source: 'api', description: null },
        { name: 'os', value: 'linux', scope: 'INVENTORY' },
        { name: 'os', value: 'tagged', scope: 'TAGS' },
        { name: 'ports', value: [80, 443], type: 'NUMBER_ARRAY' },
      ].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    });
  });

  test('is found by each of its keys alone', async () => {
    const { device } = await ask('{ device(deviceSerial: "D2") { id uuid } }');
    const { id, uuid } = device as unknown as { id: string; uuid: string };
    expect(await ask('query ($id: ID) { device(id: $id) { deviceSerial } }', { id })).toEqual({
      device: { deviceSerial: 'D2' },
    });
    const byUuid = 'query ($uuid: ID, $id: ID) { device(uuid: $uuid, id: $id) { deviceSerial } }';
    expect(await ask(byUuid, { uuid: uuid.toUpperCase() })).toEqual({ device: { deviceSerial: 'D2' } });
    expect(await ask(byUuid, { uuid, id: null })).toEqual({ device: { deviceSerial: 'D2' } });
    expect(await refusalOf(byUuid, { uuid, id })).toEqual({ code: 'BAD_USER_INPUT', field: 'uuid' });
  });

  test.each([
    ['{ device { id } }', 'BAD_USER_INPUT', 'deviceSerial'],
    ['{ device(deviceSerial: "") { id } }', 'BAD_USER_INPUT', 'deviceSerial'],
    ['{ device(deviceSerial: "a\\u0000") { id } }', 'BAD_USER_INPUT', 'deviceSerial'],
    ['{ device(id: "garbage") { id } }', 'BAD_USER_INPUT', 'id'],
    ['{ device(uuid: "garbage") { id } }', 'BAD_USER_INPUT', 'uuid'],
    ['{ device(deviceSerial: "D1") { events(first: -1) { at } } }', 'BAD_USER_INPUT', 'first'],
    ['{ device(deviceSerial: "D1") { events(first: 501) { at } } }', 'BAD_USER_INPUT', 'first'],
    ['{ device(deviceSerial: "D1") { attribute(name: "") { value } } }', 'BAD_USER_INPUT', 'name'],
    ['{ device(deviceSerial: "D1") { attributes(names: ["a", ""]) { value } } }', 'BAD_USER_INPUT', 'names[1]'],
    ['{ device(deviceSerial: "D1") { attributes(source: "") { value } } }', 'BAD_USER_INPUT', 'source'],
    ['{ cohort(slug: "") { id } }', 'BAD_USER_INPUT', 'slug'],
    ['{ group(name: "\\u0000") { id } }', 'BAD_USER_INPUT', 'name'],
    ['{ node(id: "x") { id } }', 'BAD_USER_INPUT', 'id'],
    ['{ nodes(ids: ["RGV2aWNlOjE", "x"]) { id } }', 'BAD_USER_INPUT', 'ids[1]'],
    ['{ devices(filter: null) { totalCount } }', 'BAD_USER_INPUT', 'filter'],
    ['{ devices(filter: {}) { totalCount } }', 'BAD_USER_INPUT', 'filter'],
    ['{ devices(filter: {group: {}}) { totalCount } }', 'BAD_USER_INPUT', 'filter.group'],
    ['{ cohorts(name: null) { totalCount } }', 'BAD_USER_INPUT', 'name'],
    ['{ groups(name: {eq: null}) { totalCount } }', 'BAD_USER_INPUT', 'name.eq'],
    ['{ cohorts { nodes { devices(first: -1) { totalCount } } } }', 'BAD_USER_INPUT', 'first'],
    ['{ devices(first: 1, last: 1) { totalCount } }', 'BAD_USER_INPUT', 'last'],
  ])('%s is refused by its path', async (query, code, field) => {
    expect(await refusalOf(query)).toEqual({ code, field });
  });

  test('refuses more names and ids than the limits', async () => {
    const names = Array.from({ length: 1_001 }, (_, index) => `n${index}`);
    const query = 'query ($names: [String!]) { device(deviceSerial: "D1") { attributes(names: $names) { name } } }';
    expect(await refusalOf(query, { names })).toEqual({ code: 'LIMIT_EXCEEDED', field: 'names' });
    const ids = Array.from({ length: 501 }, (_, index) => toGlobalId('Device', String(index + 1)));
    const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
    expect(await refusalOf(nodes, { ids })).toEqual({ code: 'LIMIT_EXCEEDED', field: 'ids' });
    const { nodes: found } = await ask(nodes, { ids: ids.slice(1) });
    expect(found).toHaveLength(500);
  });

  test('is null where there is none', async () => {
    const cohort = await ask('{ cohort(slug: "beta") { id } }');
    const { id } = cohort['cohort'] as unknown as { id: string };
    const query = `query ($id: ID!) { a: device(deviceSerial: "no") { id } b: device(id: $id) { id }
      c: device(uuid: "7a88177e-62dc-4e6a-b472-606defdcf375") { id } d: cohort(slug: "no") { id } e: group(name: "no") { id } }`;
    expect(await ask(query, { id })).toEqual({ a: null, b: null, c: null, d: null, e: null });
  });

  test('chooses the attribute that counts, within a scope or source if asked', async () => {
    const query = `{ device(deviceSerial: "D1") {
      counts: attribute(name: "os") { value scope } inventory: attribute(name: "os", scope: INVENTORY) { value }
      api: attribute(name: "mem", source: "api") { value } other: attribute(name: "mem", source: "mender") { value }
      absent: attribute(name: "constructor") { value } some: attributes(names: ["ports", "mem"]) { name }
      none: attributes(names: []) { name } tags: attributes(scope: TAGS) { value } all: attributes(names: null) { name } } }`;
    expect((await ask(query))['device']).toEqual({
      counts: { value: 'tagged', scope: 'TAGS' },
      inventory: { value: 'linux' },
      api: { value: 512 },
      other: null,
      absent: null,
      some: [{ name: 'mem' }, { name: 'ports' }],
      none: [],
      tags: [{ value: 'tagged' }],
      all: [{ name: 'mem' }, { name: 'os' }, { name: 'os' }, { name: 'ports' }],
    });
  });
});

describe('pages', () => {
  test('take two trips more with the count of a filter, facets and statistics', async () => {
    const page = `devices(filter: {attributes: [{name: "os", eq: "linux"}, {name: "mem", gt: 1}]}) {
      nodes { deviceSerial cohort { name deviceCount } attributes { name } }`;
    const counts = `totalCount os: facet(by: {attribute: {name: "os"}}) { buckets { deviceCount } }
      state: facet(by: {field: STATE}) { buckets { deviceCount } } statistics(attribute: {name: "mem"}) { count }`;
    // What is known of names and of frequencies is known to later searches.
    await ask(`{ ${page} ${counts} } }`);
    trips.length = 0;
    await ask(`{ ${page} } }`);
    expect(trips).toEqual([['search.devices']]);
    trips.length = 0;
    await ask(`{ ${page} ${counts} } }`);
    const [first, second, ...rest] = trips;
    expect(first).toEqual(['search.devices']);
    expect(new Set(second)).toEqual(new Set(['attributes.keysByNames']));
    // Answers come one by one, and each sends what waited for it alone.
    expect(rest.flat().toSorted()).toEqual(['search.count', 'search.facet', 'search.facet', 'search.statistics']);
  });

  test('walk through the devices by cursors, in edges and nodes alike', async () => {
    const query = `query ($after: String) { devices(first: 2, after: $after, orderBy: {field: DEVICE_SERIAL, direction: ASC}) {
      edges { cursor node { deviceSerial } } nodes { deviceSerial }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`;
    const { devices: first } = (await ask(query)) as unknown as { devices: DevicePage };
    expect(first.nodes).toEqual([{ deviceSerial: 'D1' }, { deviceSerial: 'D2' }]);
    expect(first.edges.map(({ node }) => node)).toEqual(first.nodes);
    expect(first.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: first.edges[0]!.cursor,
      endCursor: first.edges[1]!.cursor,
    });
    expect(first.totalCount).toBe(3);
    const { devices: second } = (await ask(query, { after: first.pageInfo.endCursor })) as unknown as {
      devices: DevicePage;
    };
    expect(second.nodes).toEqual([{ deviceSerial: 'D3' }]);
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect(
      await refusalOf('query ($after: String) { devices(after: $after) { totalCount } }', {
        after: first.pageInfo.endCursor,
      }),
    ).toEqual({ code: 'CURSOR_MISMATCH', field: 'after' });
  });

  test('have no cursors when they are empty', async () => {
    const query =
      '{ devices(first: 0) { nodes { id } edges { cursor } totalCount pageInfo { startCursor endCursor } } }';
    expect((await ask(query))['devices']).toEqual({
      nodes: [],
      edges: [],
      totalCount: 3,
      pageInfo: { startCursor: null, endCursor: null },
    });
  });

  test('count what was found: of the project, of each cohort and of each group', async () => {
    const query = `{ devices { totalCount } some: devices(filter: {testMode: false}) { totalCount }
      cohorts { totalCount nodes { slug deviceCount all: devices { totalCount nodes { deviceSerial } }
        some: devices(filter: {attributes: [{name: "mem", gt: 600}]}, first: 1) { totalCount nodes { deviceSerial } } } }
      groups(name: {startsWith: "l"}) { totalCount nodes { name devices(filter: {testMode: true}) { totalCount nodes { deviceSerial } } all: devices(first: 0) { totalCount } } }
      releases { totalCount nodes { version revision } } lone: releases(version: {eq: "1.0"}, first: 1) { totalCount nodes { version deviceCount } } }`;
    expect(await ask(query)).toEqual({
      devices: { totalCount: 3 },
      some: { totalCount: 2 },
      cohorts: {
        totalCount: 2,
        nodes: [
          {
            slug: 'beta',
            deviceCount: 2,
            all: { totalCount: 2, nodes: [{ deviceSerial: 'D1' }, { deviceSerial: 'D2' }] },
            some: { totalCount: 1, nodes: [{ deviceSerial: 'D2' }] },
          },
          {
            slug: 'default',
            deviceCount: 1,
            all: { totalCount: 1, nodes: [{ deviceSerial: 'D3' }] },
            some: { totalCount: 0, nodes: [] },
          },
        ],
      },
      groups: {
        totalCount: 1,
        nodes: [{ name: 'lab', devices: { totalCount: 1, nodes: [{ deviceSerial: 'D3' }] }, all: { totalCount: 2 } }],
      },
      releases: {
        totalCount: 2,
        nodes: [
          { version: '1.1', revision: 'r' },
          { version: '1.0', revision: null },
        ],
      },
      lone: { totalCount: 1, nodes: [{ version: '1.0', deviceCount: 1 }] },
    });
  });

  test('do not count unless asked, and count all devices without a search', async () => {
    statements.length = 0;
    await ask('{ devices { nodes { deviceSerial } } }');
    expect(statements).toEqual(['search.devices']);
    statements.length = 0;
    await ask('{ devices(first: 1) { totalCount } }');
    expect(statements.toSorted()).toEqual(['loaders.allDevices', 'search.devices']);
    statements.length = 0;
    await ask('{ cohorts { nodes { devices(first: 1) { totalCount nodes { deviceSerial } } } } }');
    expect(statements.toSorted()).toEqual(['loaders.deviceCounts', 'search.list']);
  });
});

interface DevicePage {
  readonly nodes: readonly unknown[];
  readonly edges: readonly { readonly cursor: string; readonly node: unknown }[];
  readonly pageInfo: Readonly<Record<string, unknown>>;
  readonly totalCount: number;
}

describe('nodes', () => {
  test('of every type are found by the id that they show', async () => {
    const seen = await ask(`{ device(deviceSerial: "D1") { id group { id } lastSeenRelease { id }
      cohort { id lastDeployment { id } } } apiKeys { id } viewer { project { id } } }`);
    const { device, viewer } = seen as unknown as {
      device: {
        id: string;
        group: { id: string };
        lastSeenRelease: { id: string };
        cohort: { id: string; lastDeployment: { id: string } };
      };
      viewer: { project: { id: string } };
    };
    const made = await ask('mutation { createApiKey(input: {name: "k", role: READER}) { apiKey { id } } }');
    const ids = [
      device.id,
      device.group.id,
      device.lastSeenRelease.id,
      device.cohort.id,
      device.cohort.lastDeployment.id,
      viewer.project.id,
      (made['createApiKey'] as unknown as { apiKey: { id: string } }).apiKey.id,
    ];
    const { nodes } = await ask('query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }', { ids });
    const found = nodes as unknown as { __typename: string; id: string }[];
    expect(found.map(({ id }) => id)).toEqual(ids);
    expect(found.map(({ __typename: type }) => type).toSorted()).toEqual([...NODE_TYPES].toSorted());
  });

  test('of another project are as unknown as random ids', async () => {
    const [project] = await dataSource.query<{ id: string }[]>(
      `insert into project (slug, name, created_at) values ('other', 'Other', now()) returning id::text`,
    );
    const [cohort] = await dataSource.query<{ id: string }[]>(
      `insert into cohort (project_id, name, slug, is_default, created_at, updated_at)
       values ($1, 'c', 'c', true, now(), now()) returning id`,
      [project!.id],
    );
    const ids = [toGlobalId('Cohort', cohort!.id), toGlobalId('Project', project!.id), toGlobalId('Cohort', '9999999')];
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } cohort(slug: "c") { id } }';
    expect(await ask(query, { ids })).toEqual({ nodes: [null, null, null], cohort: null });
  });
});

test('a change is seen by what comes after it in the same operation', async () => {
  const changed = await ask(`mutation {
    a: updateCohort(input: {slug: "default", name: "Before"}) { cohort { name } }
    b: createDevice(input: {deviceSerial: "D4"}) { device { cohort { name deviceCount } attributes { name } } }
    c: updateCohort(input: {slug: "default", name: "After"}) { cohort { name } }
    d: setDeviceAttributes(input: {deviceSerial: "D4", attributes: [{name: "x", value: 1}]}) {
      device { cohort { name deviceCount } attributes { name } } }
    e: deleteDevice(input: {deviceSerial: "D4"}) { deleted }
    f: updateCohort(input: {slug: "default", name: "default"}) { cohort { name deviceCount } } }`);
  expect(changed).toMatchObject({
    b: { device: { cohort: { name: 'Before', deviceCount: 2 }, attributes: [] } },
    d: { device: { cohort: { name: 'After', deviceCount: 2 }, attributes: [{ name: 'x' }] } },
    f: { cohort: { name: 'default', deviceCount: 1 } },
  });
});
