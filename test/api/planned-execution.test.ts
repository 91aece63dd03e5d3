/**
 * The same operations by plans and by graphql-js, on two servers with one database: statuses, headers and the bytes of the
 * answers are the same. By plans, each is asked once when its document is new, which Apollo answers, and once when it is known.
 */
import { ApolloServer } from '@apollo/server';
import {
  buildSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isLeafType,
  isObjectType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
} from 'graphql';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, startApp } from '../../src/app.js';
import { parseConfig } from '../../src/config.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type TestClient, clientOf } from '../support/server.js';

const KEY = 'fg_test_planned_execution_key';

let database: TestDatabase;
let planned: App;
let plain: App;
let device: { readonly id: string; readonly uuid: string };

beforeAll(async () => {
  database = await createTestDatabase();
  const settings = {
    DATABASE_URL: database.url,
    PORT: '0',
    FLEETGRAPH_ADMIN_KEY: KEY,
    LOG_LEVEL: 'silent',
    FLEETGRAPH_MAX_ALIASES: '2000',
  };
  planned = await startApp(parseConfig(settings));
  plain = await startApp(parseConfig({ ...settings, FLEETGRAPH_PLANNED_EXECUTION: 'false' }));
  const client: TestClient = clientOf(`${planned.url}/graphql`, KEY);
  await client.ask(`mutation {
    recordDeviceEvent(input: {deviceSerial: "DEMO-0001", kind: INSTALL, at: "2026-01-01T00:00:00Z", release: {version: "9"}}) { device { id } }
    deployRelease(input: {cohort: "default", release: {version: "9"}}) { deployment { id } }
    createApiKey(input: {name: "other", role: READER}) { apiKey { id } } }`);
  ({ device } = await client.ask<{ device: typeof device }>('{ device(deviceSerial: "DEMO-0001") { id uuid } }'));
});

afterAll(async () => {
  await planned?.stop();
  await plain?.stop();
  await database?.drop();
});

/** Of each answer anew, or of the connection. */
const HEADERS_OF_ONE = new Set(['date', 'connection', 'keep-alive']);

async function answerOf(app: App, body: object): Promise<string> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', 'x-request-id': 'the-same' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  // Cursors say when they were made.
  const timeless = text.replaceAll(/ursor":"([^"]+)"/g, (_, cursor: string) => {
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    return `ursor":${JSON.stringify(parts.filter((part) => typeof part !== 'number' || part < 1e12))}`;
  });
  const headers = [...response.headers].filter(([name]) => !HEADERS_OF_ONE.has(name));
  return `${response.status} ${JSON.stringify(headers)} ${timeless}`;
}

async function expectSame(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const body = { query: query.replaceAll('DEVICE_ID', device.id).replaceAll('DEVICE_UUID', device.uuid), variables };
  const byGraphqlJs = await answerOf(plain, body);
  const unknown = await answerOf(planned, body);
  const apollo = jest.spyOn(ApolloServer.prototype, 'executeHTTPGraphQLRequest');
  const known = await answerOf(planned, body);
  const wasAsked = apollo.mock.calls.length > 0;
  apollo.mockRestore();
  expect(unknown).toBe(byGraphqlJs);
  expect(known).toBe(byGraphqlJs);
  // Only what has errors is left to it.
  expect(wasAsked).toBe(known.includes('{"errors":'));
  return known;
}

const schema = buildSchema(readFileSync(join(__dirname, '../../schema.graphql'), 'utf8'));

/** Arguments without which a field is refused, and some that make it more interesting. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  'Query.device': '(deviceSerial: "DEMO-0001")',
  'Query.cohort': '(slug: "default")',
  'Query.group': '(name: "lab")',
  'Query.node': '(id: "DEVICE_ID")',
  'Query.nodes': '(ids: ["DEVICE_ID", "RGV2aWNlOjA", "DEVICE_ID"])',
  'Query.devices': '(first: 7, orderBy: [{field: DEVICE_SERIAL}])',
  'Device.attribute': '(name: "battery")',
  'Device.events': '(first: 2)',
  'DeviceConnection.facet': '(by: {field: COHORT})',
  'DeviceConnection.statistics': '(attribute: {name: "battery"})',
};

/** Says when it was read, and so differs from one reading to the next. */
const TOLD_BY_TIME = new Set(['ApiKey.lastUsedAt']);

/** All that can be selected of a type, some levels down. */
function everythingOf(type: GraphQLNamedType, levels: number): string {
  if (!isCompositeType(type)) return '';
  if (!isObjectType(type)) {
    const parts = schema
      .getPossibleTypes(type)
      .map((one) => `... on ${one.name} ${aliased(everythingOf(one, 0), one.name)}`);
    return `{ __typename ${parts.join(' ')} }`;
  }
  const fields = Object.values(type.getFields()).filter(
    (field) => (isLeafType(getNamedType(field.type)) || levels > 0) && !TOLD_BY_TIME.has(`${type.name}.${field.name}`),
  );
  return `{ __typename ${fields.map((field) => useOf(type, field, levels - 1)).join(' ')} }`;
}

/** Fields of one name and several types cannot be merged. */
const aliased = (selection: string, type: string) => selection.replace(/\b(?!__typename)([a-z]\w*)/g, `${type}_$1: $1`);

function useOf(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>, levels: number): string {
  const args = ARGUMENTS[`${type.name}.${field.name}`] ?? '';
  return `${field.name}${args} ${everythingOf(getNamedType(field.type), levels)}`;
}

const ROOT_FIELDS = Object.values(schema.getQueryType()!.getFields());
const WAYS: readonly [string, (use: string) => string][] = [
  ['by itself', (use) => `{ ${use} }`],
  ['in a fragment, twice', (use) => `query Named { ...f ...f } fragment f on Query { ${use} }`],
  ['under two aliases', (use) => `{ a: ${use} b: ${use} __typename }`],
  [
    'if a variable says so',
    (use) =>
      `query ($yes: Boolean! = true, $no: Boolean! = false) { ... @include(if: $yes) { ${use} } ... @skip(if: $yes) { c: ${use} } ... @include(if: $no) { viewer { name } } }`,
  ],
];

const cases = ROOT_FIELDS.flatMap((field) =>
  [0, 1, 2].flatMap((levels) =>
    WAYS.map(([way, write]): [string, string] => [
      `${field.name}, ${levels} levels down, ${way}`,
      write(useOf(schema.getQueryType()!, field, levels)),
    ]),
  ),
);

it.each(cases.filter(([, query]) => query.length < 20_000))('%s', async (_name, query) => {
  const answer = await expectSame(query);
  expect(answer).toContain('"data"');
});

it.each([
  '{ devices { nodes { deviceSerial attributes { name value } cohort { name deviceCount } group { name } } totalCount } }',
  '{ devices(first: 3) { edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }',
  '{ devices(first: 0) { totalCount nodes { id } edges { cursor } } }',
  '{ cohorts { nodes { slug deviceCount devices(first: 5) { nodes { deviceSerial } totalCount } } } groups { nodes { name } } }',
  '{ device(deviceSerial: "no such device") { id } }',
  '{ device { id } }',
  '{ device(deviceSerial: "DEMO-0001", uuid: "DEVICE_UUID") { id } }',
  '{ a: device(id: "garbage") { id } b: device(uuid: "DEVICE_UUID") { id } c: node(id: "garbage") { id } }',
  '{ nodes(ids: ["garbage"]) { id } viewer { name } }',
  '{ devices(first: 501) { nodes { id } } }',
  '{ devices(first: -1) { nodes { id } } cohorts { nodes { id } } }',
  '{ devices(after: "garbage") { nodes { id } } }',
  '{ devices(filter: {deviceSerial: {matches: "("}}) { nodes { id } } viewer { name } }',
  '{ devices(filter: {}) { nodes { id } } }',
  '{ devices(filter: {attributes: [{name: "battery", gt: "x", lt: 5}]}) { totalCount } }',
  '{ devices { facet(by: {field: COHORT}, first: 0) { buckets { count } } totalCount } }',
  '{ devices { statistics(attribute: {name: "battery"}, buckets: 1000) { mean } } }',
  '{ device(deviceSerial: "DEMO-0001") { deviceSerial events(first: 501) { at } cohort { name } } }',
  '{ device(deviceSerial: "DEMO-0001") { attribute(name: "") { value } attributes(names: []) { name } } }',
  '{ device(deviceSerial: "DEMO-0001") { attributes(names: ["battery", "no"], scope: TAGS) { name } } }',
  'mutation { a: createCohort(input: {name: ""}) { created } b: createGroup(input: {name: ""}) { created } }',
  'mutation { updateDevice(input: {deviceSerial: "no such device", ownerRef: "x"}) { device { id } } }',
  'mutation { deleteDevice(input: {deviceSerial: "no such device"}) { deleted } deleteGroup(input: {name: "no"}) { deleted } }',
  'mutation { moveDevicesToGroup(input: {devices: {all: true}, group: "x", dryRun: true}) { matchedCount changedCount dryRun } }',
  'mutation { moveDevicesToCohort(input: {devices: {deviceSerials: ["no"]}, cohort: "nowhere"}) { changedCount } }',
  '{ nowhere }', '{ viewer }', '{ viewer { name', '{ viewer { name { first } } }', '{ device(deviceSerial: 5) { id } }',
  'query ($a: String) { viewer { name } }', 'query A { viewer { name } } query B { viewer { role } }',
  'subscription { viewer { name } }', '{ viewer { ...f } } fragment f on Viewer { ...f }', '{ ...f } fragment f on Mutation { createGroup }',
  '{ __schema { queryType { name } types { name } } }', '{ __type(name: "Device") { fields { name type { name } } } viewer { name } }',
  '{ viewer { name @include(if: "yes") } }', '{ viewer { name @unknown } }', '{ viewer { a: name a: role } }', '',
])('%s', async (query) => {
  await expectSame(query);
}); // prettier-ignore

it.each([
  [{}],
  [{ first: 2 }],
  [{ first: '2' }],
  [{ first: null }],
  [
    {
      first: 2,
      filter: { deviceSerial: { startsWith: 'DEMO-00' } },
      order: [{ field: 'LAST_SEEN', direction: 'DESC' }],
    },
  ],
  [{ first: 2, filter: { deviceSerial: { startsWith: 5 } } }],
  [{ filter: { nowhere: 1, or: 'x' } }],
  [{ filter: { or: [{ cohort: { eq: 'default' } }, { group: { in: ['lab', 'x'] } }] } }],
  [{ filter: { attributes: [{ name: 'battery', gte: 50 }] }, name: 'battery' }],
  [{ filter: { attributes: [{ name: 'battery', gte: 50, lte: null }] }, name: null }],
  [{ order: [{ attribute: { name: 'battery' } }], name: 'a'.repeat(2_000) }],
  [{ __proto__: { first: 1 }, constructor: 1 }],
])('with variables: %j', async (variables) => {
  const query = `query ($first: Int, $filter: DeviceFilter, $order: [DeviceOrder!], $name: String! = "os") {
    devices(first: $first, filter: $filter, orderBy: $order) { nodes { deviceSerial attribute(name: $name) { value type } } totalCount } }`;
  await expectSame(query, variables);
});

it('are more than 150, and reach every type of an answer', () => {
  expect(cases.length).toBeGreaterThan(150);
  const all = cases.map(([, query]) => query).join(' ');
  const fields = Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) &&
    !type.name.startsWith('__') &&
    type !== schema.getMutationType() &&
    !type.name.endsWith('Payload')
      ? Object.keys(type.getFields())
      : [],
  );
  expect(new Set(fields.filter((name) => !new RegExp(`\\b${name}\\b`).test(all)))).toEqual(new Set(['lastUsedAt']));
  expect(isEnumType(schema.getType('AttributeType'))).toBe(true);
});
