import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deviceClient, issueCredentials } from '../support/device-client.js';
import { post, send } from '../support/graphql-client.js';
import { refusalOf, startServer, type TestServer } from '../support/server.js';

const running: TestServer[] = [];

/** A server with other settings, stopped at the end. */
async function serverWith(settings: Record<string, string>): Promise<TestServer> {
  const server = await startServer(settings);
  running.push(server);
  return server;
}

afterAll(async () => {
  for (const server of running) await server.stop();
});

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ');
const PAGES = '{ cohorts(first: 500) { nodes { devices(first: 500) { nodes { cohort { id } } } } } }';
/** 1 for the operation and 1 for the object. */
const SMALL = '{ viewer { name } }';

describe('the cost of an operation', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await serverWith({});
  });

  test('is in each answer, also in one with errors', async () => {
    const { body } = await server.graphql(SMALL);
    expect(body.extensions).toEqual({ cost: { requested: 2, limit: 500_000 } });
    const failed = await server.graphql('mutation { deleteGroup(input: {name: ""}) { deleted } }');
    expect(failed.body.errors).toHaveLength(1);
    expect(failed.body.extensions).toEqual({ cost: { requested: 12, limit: 500_000 } });
  });

  test('stands beside warnings', async () => {
    const { body } = await server.graphql(
      '{ devices(first: 1, filter: {attributes: [{name: "x", eq: 1}]}) { nodes { id } } }',
    );
    expect(body.extensions).toMatchObject({ cost: { requested: 8 }, warnings: [{ code: 'UNKNOWN_ATTRIBUTE' }] });
  });

  test('over the limit keeps it from being executed', async () => {
    server.statements.length = 0;
    const answer = await server.graphql(PAGES);
    expect(refusalOf(answer)).toMatchObject({ status: 400, code: 'LIMIT_EXCEEDED', field: 'query' });
    expect(answer.body.extensions).toEqual({ cost: { requested: 503_006, limit: 500_000 } });
    expect(server.statements.filter((name) => !name.startsWith('auth.'))).toEqual([]);
  });
});

test('each limit can be set', async () => {
  const server = await serverWith({
    FLEETGRAPH_MAX_DEPTH: '4',
    FLEETGRAPH_MAX_ALIASES: '2',
    FLEETGRAPH_MAX_ROOT_FIELDS: '4',
    FLEETGRAPH_MAX_DIRECTIVES: '1',
    FLEETGRAPH_MAX_TOKENS: '100',
    FLEETGRAPH_MAX_COST: '1000',
    FLEETGRAPH_MAX_PAGE_SIZE: '60',
    FLEETGRAPH_MAX_FILTER_TERMS: '3',
    FLEETGRAPH_MAX_BODY_BYTES: '2000',
  });
  const terms = (count: number) => `{ devices(filter: {and: [${'{testMode: true}'.repeat(count)}]}) { nodes { id } } }`;
  // Of each: what may be, and what is one too many.
  const cases: [string, string, string, string][] = [
    ['LIMIT_EXCEEDED', 'levels', '{ devices { nodes { cohort { id } } } }', '{ devices { nodes { cohort { lastDeployment { id } } } } }'],
    ['LIMIT_EXCEEDED', 'aliases', times(2, (i) => `a${i}: __typename`), times(3, (i) => `a${i}: __typename`)],
    ['LIMIT_EXCEEDED', 'operation itself', '__typename '.repeat(4), '__typename '.repeat(5)],
    ['LIMIT_EXCEEDED', 'directives', '__typename @skip(if: false)', '__typename @skip(if: false) @include(if: true)'],
    ['GRAPHQL_PARSE_FAILED', 'tokens', `viewer { ${'name '.repeat(20)} }`, `viewer { ${'name '.repeat(100)} }`],
    ['LIMIT_EXCEEDED', 'points', '{ devices(first: 60) { nodes { attributes { value } } } }', '{ devices(first: 60) { nodes { attributes { value } events { at } } } }'],
    ['BAD_USER_INPUT', 'from 0 to 60', '{ devices(first: 60) { nodes { id } } }', '{ devices(first: 61) { nodes { id } } }'],
    ['LIMIT_EXCEEDED', 'terms', terms(3), terms(4)],
  ]; // prettier-ignore
  for (const [code, message, good, bad] of cases) {
    const [may, mayNot] = [good, bad].map((text) => (text.startsWith('{') ? text : `{ ${text} }`)) as [string, string];
    expect({ message, errors: (await server.graphql(may)).body.errors }).toEqual({ message, errors: undefined });
    expect(await server.refusal(mayNot)).toMatchObject({
      status: 400,
      code,
      message: expect.stringContaining(message),
    });
  }
  const large = await server.graphql(SMALL, { pad: 'x'.repeat(2_000) });
  expect(refusalOf(large)).toMatchObject({ status: 413, code: 'LIMIT_EXCEEDED', field: 'body' });
});

describe('the rate of a credential', () => {
  test('is by cost: who used up his points waits as long as Retry-After says, and others do not', async () => {
    const server = await serverWith({ FLEETGRAPH_RATE_POINTS_PER_SECOND: '1', FLEETGRAPH_RATE_BURST_POINTS: '100' });
    const project = await server.createProject();
    const other = await project.client('READER');
    expect((await project.graphql('{ devices(first: 500) { totalCount nodes { id } } }')).status).toBe(200);
    const answer = await project.graphql(SMALL);
    expect(refusalOf(answer)).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    // A bucket of 100, of which 1 + 516 are gone; some time has passed.
    const seconds = Number(answer.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(300);
    expect(seconds).toBeLessThanOrEqual(418);
    expect(answer.body.errors?.[0]?.extensions.retryAfter).toBe(seconds);
    // The same key by another scheme and under any user's name is the same credential.
    const basic = Buffer.from(`somebody:${project.key}`).toString('base64');
    const again = await post(server.endpoint, undefined, '{}', { authorization: `Basic ${basic}` });
    expect(refusalOf(again)).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect((await other.graphql(SMALL)).status).toBe(200);
  });

  test('is one for all tokens of a device', async () => {
    const server = await serverWith({ FLEETGRAPH_RATE_POINTS_PER_SECOND: '1', FLEETGRAPH_RATE_BURST_POINTS: '40' });
    const project = await server.createProject();
    await project.ask('mutation { createDevice(input: {deviceSerial: "d"}) { created } }');
    const credentials = await issueCredentials(await project.client('WRITER'), 'd');
    const [first, second] = [await deviceClient(server, credentials), await deviceClient(server, credentials)];
    const answers = [];
    for (let count = 0; count < 40; count += 1) answers.push(await first.graphql(SMALL));
    expect(refusalOf(answers.at(-1)!)).toMatchObject({ status: 429 });
    expect(refusalOf(await second.graphql(SMALL))).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
  });

  test('counts requests that never become an operation', async () => {
    const server = await serverWith({ FLEETGRAPH_RATE_POINTS_PER_SECOND: '1', FLEETGRAPH_RATE_BURST_POINTS: '5' });
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(server.endpoint, server.key, '{')));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 400).length).toBeGreaterThanOrEqual(5);
    expect(statuses).toContain(429);
  });
});

test('a credential has no more operations at once than it may, and others are not kept from theirs', async () => {
  const server = await serverWith({ FLEETGRAPH_MAX_CONCURRENT_OPERATIONS: '2' });
  const other = await (await server.createProject()).client('READER');
  const release = await server.lockTable('device');
  server.statements.length = 0;
  const waiting = [1, 2].map(() => server.graphql('{ devices { nodes { id } } }'));
  while (server.statements.filter((name) => !name.startsWith('auth.')).length < 2) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const answer = await server.graphql(SMALL);
  expect(refusalOf(answer)).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
  expect(answer.headers.get('retry-after')).toBe('1');
  expect((await other.graphql(SMALL)).status).toBe(200);
  await release();
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await server.graphql(SMALL)).status).toBe(200);
});

describe('pages of other origins', () => {
  const ask = (server: TestServer, origin: string, init: RequestInit = {}) =>
    fetch(server.endpoint, {
      method: 'POST',
      body: JSON.stringify({ query: SMALL }),
      ...init,
      headers: {
        origin,
        'content-type': 'application/json',
        authorization: `Bearer ${server.key}`,
        ...(init.headers as Record<string, string>),
      },
    });
  const preflight = (server: TestServer, origin: string) =>
    fetch(server.endpoint, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });

  test('are not let in unless a setting says so', async () => {
    const server = await serverWith({});
    const answers = [await ask(server, 'https://a.example'), await preflight(server, 'https://a.example')];
    for (const { headers } of answers)
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(answers[1]!.status).toBe(401);
  });

  test('are let in by origin, without a credential of the browser', async () => {
    const server = await serverWith({ FLEETGRAPH_CORS_ORIGINS: 'https://a.example,https://b.example' });
    const asked = await preflight(server, 'https://b.example');
    expect(asked.status).toBe(204);
    expect(Object.fromEntries(asked.headers)).toMatchObject({
      'access-control-allow-origin': 'https://b.example',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': expect.stringContaining('authorization') as string,
      vary: expect.stringContaining('Origin') as string,
    });
    const { status, headers } = await ask(server, 'https://a.example');
    expect(status).toBe(200);
    expect(headers.get('access-control-allow-origin')).toBe('https://a.example');
    expect(headers.get('access-control-expose-headers')).toBe('retry-after, x-request-id');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    // Refusals are for those pages to read too.
    const refused = await ask(server, 'https://a.example', { headers: { authorization: 'Bearer nobody' } });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://a.example');
    for (const stranger of ['https://c.example', 'https://a.example.evil.example', 'null']) {
      expect((await ask(server, stranger)).headers.get('access-control-allow-origin')).toBeNull();
      expect((await preflight(server, stranger)).headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('are all let in by a star', async () => {
    const server = await serverWith({ FLEETGRAPH_CORS_ORIGINS: '*' });
    expect((await ask(server, 'https://c.example')).headers.get('access-control-allow-origin')).toBe('*');
  });
});

test('every answer says that it is no page, and not by what it was made', async () => {
  const server = await serverWith({});
  const answers = [
    await server.graphql(SMALL),
    await post(server.endpoint, undefined, '{}'),
    await send(`${server.url}/nowhere`, {}),
    await send(`${server.url}/healthz`, {}),
  ];
  for (const { headers } of answers) {
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
  }
});

describe('trusted documents', () => {
  const NAMED = 'query Named($first: Int) { devices(first: $first) { nodes { id } } }';
  const hash = createHash('sha256').update(SMALL).digest('hex');
  let folder: string;
  let server: TestServer;
  let statements: string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fleetgraph-documents-'));
    const file = join(folder, 'documents.json');
    await writeFile(file, JSON.stringify({ [hash]: SMALL, 'page-of-devices': NAMED }));
    server = await serverWith({ FLEETGRAPH_TRUSTED_DOCUMENTS: file });
    ({ statements } = server);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const sendBody = (body: object) => post(server.endpoint, server.key, JSON.stringify(body));
  const persisted = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } });

  test.each([
    ['by its text', { query: SMALL }],
    ['by its hash, as Apollo Client does', persisted(hash)],
    ['by hash and text', { query: SMALL, ...persisted(hash) }],
    ['by an id of one’s own', { ...persisted('page-of-devices'), variables: { first: 1 } }],
    ['by documentId', { documentId: 'page-of-devices', variables: { first: 1 } }],
  ])('are answered, named %s', async (_how, body) => {
    const { status, body: answer } = await sendBody(body);
    expect({ status, errors: answer.errors }).toEqual({ status: 200, errors: undefined });
  });

  test('are answered by GET too', async () => {
    const extensions = encodeURIComponent(JSON.stringify(persisted(hash).extensions));
    const { body } = await send(`${server.endpoint}?extensions=${extensions}`, {
      headers: { authorization: `Bearer ${server.key}`, 'apollo-require-preflight': 'yes' },
    });
    expect(body.data).toEqual({ viewer: { name: 'admin' } });
  });

  test.each([
    ['another text', { query: '{ viewer { role } }' }, 403, 'FORBIDDEN'],
    ['a text that differs in blanks', { query: `${SMALL} ` }, 403, 'FORBIDDEN'],
    ['introspection', { query: '{ __schema { queryType { name } } }' }, 403, 'FORBIDDEN'],
    ['an unknown id', persisted('nothing'), 400, 'PERSISTED_QUERY_NOT_FOUND'],
    ['the name of an inherited property', persisted('constructor'), 400, 'PERSISTED_QUERY_NOT_FOUND'],
    ['an unknown documentId', { documentId: '__proto__' }, 400, 'PERSISTED_QUERY_NOT_FOUND'],
    ['a documentId that is no text', { documentId: 5 }, 400, 'BAD_REQUEST'],
    ['a documentId beside a text', { documentId: hash, query: SMALL }, 400, 'BAD_REQUEST'],
  ])('refuse %s', async (_what, body, status, code) => {
    statements.length = 0;
    expect(refusalOf(await sendBody(body))).toMatchObject({ status, code });
    expect(statements.filter((name) => !name.startsWith('auth.'))).toEqual([]);
  });

  test('are not added to by those who send text and hash', async () => {
    const query = '{ viewer { role } }';
    const own = persisted(createHash('sha256').update(query).digest('hex'));
    expect(refusalOf(await sendBody({ query, ...own }))).toMatchObject({ status: 403 });
    expect(refusalOf(await sendBody(own))).toMatchObject({ code: 'PERSISTED_QUERY_NOT_FOUND' });
  });

  test.each([
    ['is not there', undefined],
    ['is no JSON', '{'],
    ['is a list', '[]'],
    ['holds something else than texts', '{"a": 1}'],
  ])('keep the server from starting if their file %s', async (_fault, text) => {
    const file = join(folder, 'broken.json');
    await rm(file, { force: true });
    if (text !== undefined) await writeFile(file, text);
    await expect(startServer({ FLEETGRAPH_TRUSTED_DOCUMENTS: file })).rejects.toThrow(
      /FLEETGRAPH_TRUSTED_DOCUMENTS: .+broken\.json/,
    );
  });
});
