/** What holds for an operation whose document is known, which most often goes past Apollo, as for one that is new. */
import { ApolloServer } from '@apollo/server';
import { type GraphqlAnswer, post, send } from '../support/graphql-client.js';
import { startServer, type TestProject, type TestServer } from '../support/server.js';

const VIEWER = '{ viewer { name } }';
/** 1 + 5 + 100 points, and then fails. */
const HALF_FAILING = '{ devices(first: 100) { nodes { id } } device(id: "garbage") { id } }';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    FLEETGRAPH_PLANNED_EXECUTION: 'true',
    FLEETGRAPH_RATE_POINTS_PER_SECOND: '1',
    FLEETGRAPH_RATE_BURST_POINTS: '400',
  });
  // From now on it is known.
  await server.ask(VIEWER);
});
afterAll(() => server?.stop());

let project: TestProject;
let apollo: jest.SpyInstance;
beforeEach(async () => {
  project = await server.createProject();
  apollo = jest.spyOn(ApolloServer.prototype, 'executeHTTPGraphQLRequest');
});
afterEach(() => apollo.mockRestore());

const ask = (body: object, headers: Record<string, string> = {}) =>
  post(server.endpoint, project.key, JSON.stringify({ query: VIEWER, ...body }), headers);

test.each<[string, () => Promise<GraphqlAnswer>]>([
  ['with nothing else', () => ask({})],
  ['with nulls', () => ask({ variables: null, operationName: null, extensions: null })],
  ['with extensions that are nobody’s', () => ask({ extensions: { clientLibrary: { name: 'any' } } })],
  ['with a charset', () => ask({}, { 'content-type': 'application/json; charset=UTF-8' })],
])('a known operation %s is not Apollo’s matter', async (_what, request) => {
  const { status, body } = await request();
  expect([status, body.data]).toEqual([200, { viewer: { name: 'the ADMIN' } }]);
  expect(apollo).not.toHaveBeenCalled();
});

test.each<[string, number, () => Promise<GraphqlAnswer>]>([
  ['by GET', 200, () => send(`${server.endpoint}?query=${encodeURIComponent(VIEWER)}`, {
    headers: { authorization: `Bearer ${project.key}`, 'apollo-require-preflight': 'yes' } })],
  ['with a parameter in the type', 200, () => ask({}, { 'content-type': 'application/json; profile="x"' })],
  ['with variables in a list', 400, () => ask({ variables: [1] })],
  ['with variables as text', 400, () => ask({ variables: '{}' })],
  ['with an operationName that is none', 400, () => ask({ operationName: 1 })],
  ['with the name of no operation', 400, () => ask({ operationName: 'Other' })],
  ['with extensions in a list', 400, () => ask({ extensions: [] })],
  ['with a wrong hash', 400, () => ask({ extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } })],
  ['in a batch', 400, () => post(server.endpoint, project.key, JSON.stringify([{ query: VIEWER }]))],
])('a known operation %s is left to Apollo', async (_what, status, request) => {
  expect((await request()).status).toBe(status);
  expect(apollo).toHaveBeenCalledTimes(1);
}); // prettier-ignore

test('a change of an operation with an error is made once', async () => {
  const change = `mutation ($name: String!) {
    a: createApiKey(input: {name: $name, role: READER}) { apiKey { id } } b: createGroup(input: {name: ""}) { created } }`;
  const names = ['new document', 'known document', 'known document still'];
  for (const name of names) {
    const { body } = await project.graphql(change, { name });
    expect(body.errors).toMatchObject([{ path: ['b'], extensions: { code: 'BAD_USER_INPUT' } }]);
  }
  const made = await server.sql('select name from api_key where project_id = $1 and role = $2', [project.id, 'READER']);
  expect(made).toEqual(names.map((name) => ({ name })));
});

test('an operation with an error is paid for once', async () => {
  const codes = [];
  for (let count = 0; count < 5; count += 1) {
    const { body } = await project.graphql(HALF_FAILING);
    codes.push(body.errors?.[0]?.extensions.code);
  }
  // Each takes 1 point and 107: after the fourth there is none of 400 left.
  expect(codes).toEqual([...Array<string>(4).fill('BAD_USER_INPUT'), 'RATE_LIMITED']);
});

test('a known operation is refused for its variables, and then not begun', async () => {
  const text = `query ($n: Int!, $is: Boolean) { cohorts(first: $n) { nodes {
    devices(first: $n, filter: {testMode: $is}) { nodes { cohort { id } } } } } }`;
  const answer = async (variables: Record<string, unknown>) => {
    server.statements.length = 0;
    const { status, body } = await project.graphql(text, variables);
    return [status, body.errors?.[0]?.extensions.code, server.statements.some((name) => name.startsWith('search.'))];
  };
  expect(await answer({ n: 1, is: true })).toEqual([200, undefined, true]);
  expect(await answer({ n: 1 })).toEqual([400, 'BAD_USER_INPUT', false]);
  expect(await answer({ n: 500, is: true })).toEqual([400, 'LIMIT_EXCEEDED', false]);
  expect(await answer({ n: 'x', is: true })).toEqual([400, 'BAD_USER_INPUT', false]);
});
