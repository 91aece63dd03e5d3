import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildSchema, type GraphQLObjectType, type GraphQLScalarType, type GraphQLSchema } from 'graphql';
import { pino } from 'pino';
import { AppError, ERROR_CODES, badInput, type ErrorCode } from '../../src/errors.js';
import { parseConfig } from '../../src/config.js';
import { serverLimits } from '../../src/http/server-limits.js';
import type { RequestFacts } from '../../src/http/endpoint.js';
import { createHttpServer, type HttpServer } from '../../src/http/server.js';
import type { Logger } from '../../src/logger.js';
import { graphql, post, send, type GraphqlAnswer } from '../support/graphql-client.js';

const KEY = 'fg_test_key_that_is_long_enough';
const MIB = 1024 * 1024;

/** Stands for the whole API: each kind of answer and failure that the transport must carry. */
const SDL = `
  scalar Even
  type Query {
    hello: String!
    echo(text: String, count: Int, filter: Filter, even: Even): String
    fail(code: String!): String
    failHard(code: String!): String!
    slow: String!
    parent: Parent!
    parents(first: Int, last: Int): ParentConnection!
  }
  type Mutation { change: String! }
  type Parent { id: ID! parent: Parent! parents(first: Int): ParentConnection! }
  type ParentConnection { nodes: [Parent!]! edges: [ParentEdge!]! totalCount: Int! }
  type ParentEdge { node: Parent! }
  input Filter { and: [Filter!] not: Filter name: String tests: [Test!] }
  input Test { name: String! gt: Float }
`;

describe.each([
  ['', undefined],
  [', where known operations go the short way', { isGuarded: () => false }],
])('the HTTP server%s', (_ways, plannedExecution) => {
  const logLines: Record<string, unknown>[] = [];
  const logger = pino(
    { level: 'debug' },
    { write: (line: string) => void logLines.push(JSON.parse(line) as Record<string, unknown>) },
  ) as Logger;
  let server: HttpServer;
  let endpoint: string;
  let isDatabaseReady: () => Promise<boolean> = async () => true;
  let changes = 0;
  let slowStarted = () => {};
  let slowMayEnd: Promise<void> = Promise.resolve();

  async function startServer(): Promise<HttpServer> {
    return createHttpServer({
      schema: createSchema(),
      host: '127.0.0.1',
      port: 0,
      logger,
      authenticate: async (authorization) => {
        if (authorization === 'Bearer down') throw new AppError('UNAVAILABLE', 'The database cannot be reached.');
        if (authorization !== `Bearer ${KEY}`) throw new AppError('UNAUTHENTICATED', 'A valid key is needed.');
        return { projectId: '1', role: 'ADMIN', principalId: 'key:1', name: 'tester' };
      },
      createContext: (facts: RequestFacts) => ({ ...facts, answerExtensions: async () => ({}) }),
      deviceClients: { find: async () => null, issueToken: async () => null },
      isDatabaseReady: () => isDatabaseReady(),
      limits: serverLimits(parseConfig({})),
      plannedExecution,
    });
  }

  function createSchema(): GraphQLSchema {
    const schema = buildSchema(SDL);
    const query = schema.getQueryType() as GraphQLObjectType;
    const fail = (_root: unknown, { code }: { code: string }) => {
      if (code === 'NONE') throw new Error('relation "secret_table" does not exist');
      throw new AppError(code as ErrorCode, `failed with ${code}`, {
        field: 'input.name',
        details: { matchedCount: 3 },
        cause: new Error('select * from secret_table'),
      });
    };
    resolve(query, 'hello', () => 'world');
    resolve(query, 'echo', (_root, args) => JSON.stringify(args));
    resolve(query, 'fail', fail);
    resolve(query, 'failHard', fail);
    resolve(query, 'slow', async () => {
      slowStarted();
      await slowMayEnd;
      return 'done';
    });
    resolve(query, 'parents', () => ({ nodes: [], edges: [], totalCount: 0 }));
    resolve(schema.getMutationType() as GraphQLObjectType, 'change', () => {
      changes++;
      return 'changed';
    });
    const even = schema.getType('Even') as GraphQLScalarType;
    even.parseValue = (value) => {
      if (typeof value !== 'number' || value % 2 !== 0) throw badInput('even', 'an even number');
      return value;
    };
    return schema;
  }

  function resolve(type: GraphQLObjectType, field: string, resolver: (root: unknown, args: never) => unknown): void {
    const definition = type.getFields()[field];
    if (definition === undefined) throw new Error(`no field ${field}`);
    definition.resolve = resolver as never;
  }

  beforeAll(async () => {
    server = await startServer();
    endpoint = `${server.url}/graphql`;
  });

  afterAll(async () => {
    await server.stop();
  });

  beforeEach(() => {
    logLines.length = 0;
    changes = 0;
  });

  /** The one error of an answer that has no data, after checking what holds for every such answer. */
  function refusal({ status, headers, body }: GraphqlAnswer) {
    expect(body.data).toBeUndefined();
    expect(headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8');
    const [error] = body.errors ?? [];
    expect(error?.extensions.requestId).toBe(headers.get('x-request-id'));
    return { status, code: error?.extensions.code, field: error?.extensions.field, message: error?.message };
  }

  describe('asks for a key', () => {
    it.each([
      ['no credential', undefined],
      ['a wrong key', 'Bearer fg_wrong'],
      ['a scheme of its own', `Token ${KEY}`],
    ])('answers 401 to %s before anything is parsed', async (_title, authorization) => {
      const answer = await send(endpoint, {
        method: 'POST',
        body: '{ this is not JSON',
        headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
      });
      expect(refusal(answer)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
      expect(answer.body.errors).toHaveLength(1);
    });

    it('names Bearer and not Basic, which would open a dialogue of the browser', async () => {
      const { headers } = await graphql(endpoint, undefined, '{ hello }');
      expect(headers.get('www-authenticate')).toBe('Bearer realm="fleetgraph"');
    });

    it('answers introspection by a stranger with 401', async () => {
      const answer = await graphql(endpoint, undefined, '{ __schema { types { name } } }');
      expect(refusal(answer)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    });

    it('asks for a key however the address is spelled', async () => {
      const answer = await send(`${server.url}/%67raphql?query={hello}`, {
        headers: { 'apollo-require-preflight': 'yes' },
      });
      expect(refusal(answer)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    });

    it('answers 503 with Retry-After while keys cannot be checked', async () => {
      const answer = await graphql(endpoint, 'down', '{ hello }');
      expect(refusal(answer)).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
      expect(answer.headers.get('retry-after')).toBe('5');
    });
  });

  describe('answers operations', () => {
    it('answers a POST', async () => {
      const { status, body, headers } = await graphql(endpoint, KEY, '{ hello }');
      expect({ status, body }).toEqual({
        status: 200,
        body: { data: { hello: 'world' }, extensions: { cost: { requested: 1, limit: 500_000 } } },
      });
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    });

    it('answers a GET that a browser could not be tricked into', async () => {
      const url = `${endpoint}?query=${encodeURIComponent('query ($c: Int) { echo(count: $c) }')}&variables={"c":3}`;
      const headers = { authorization: `Bearer ${KEY}` };
      const answer = await send(url, { headers: { ...headers, 'apollo-require-preflight': 'yes' } });
      expect(answer.body.data).toEqual({ echo: '{"count":3}' });
      expect(refusal(await send(url, { headers }))).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    });

    it('answers introspection with a key', async () => {
      const { getIntrospectionQuery } = await import('graphql');
      const { body } = await graphql(endpoint, KEY, getIntrospectionQuery({ inputValueDeprecation: true }));
      expect(body.errors).toBeUndefined();
    });

    it('reads a compressed body', async () => {
      const body = gzipSync(JSON.stringify({ query: '{ hello }' }));
      const answer = await post(endpoint, KEY, body, { 'content-encoding': 'gzip' });
      expect(answer.body.data).toEqual({ hello: 'world' });
    });

    it('answers in plain JSON who does not name the newer type', async () => {
      const answer = await post(endpoint, KEY, '{"query":"{ hello }"}', { accept: '*/*' });
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    });

    it('answers errors of its own in the type asked for', async () => {
      const json = await post(endpoint, undefined, '', { accept: 'application/json' });
      expect(json.headers.get('content-type')).toBe('application/json; charset=utf-8');
      const accept = 'application/graphql-response+json, application/json;q=0.9';
      const response = await post(endpoint, undefined, '', { accept });
      expect(response.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8');
    });

    it('refuses a client that takes no JSON before a mutation is executed', async () => {
      const { status, body } = await post(endpoint, KEY, '{"query":"mutation { change }"}', { accept: 'text/html' });
      expect({ status, code: body.errors?.[0]?.extensions.code }).toEqual({ status: 406, code: 'BAD_REQUEST' });
      expect(changes).toBe(0);
    });

    it('remembers a persisted query and asks for one it does not know', async () => {
      const { createHash } = await import('node:crypto');
      const query = '{ hello again: hello }';
      const sha256Hash = createHash('sha256').update(query).digest('hex');
      const extensions = { persistedQuery: { version: 1, sha256Hash } };
      const unknown = await post(endpoint, KEY, JSON.stringify({ extensions }));
      expect(refusal(unknown)).toMatchObject({ status: 400, code: 'PERSISTED_QUERY_NOT_FOUND' });
      await post(endpoint, KEY, JSON.stringify({ query, extensions }));
      const known = await post(endpoint, KEY, JSON.stringify({ extensions }));
      expect(known.body.data).toEqual({ hello: 'world', again: 'world' });
      const wrong = await post(endpoint, KEY, JSON.stringify({ query: '{ hello }', extensions }));
      expect(refusal(wrong)).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    });
  });

  describe('refuses what is not GraphQL over HTTP', () => {
    it.each([
      ['malformed JSON', '{"query": "{ hello }"', 'malformed'],
      ['an empty body', '', 'empty'],
      ['bytes that are not UTF-8', Buffer.from('{"query":"{ hello \xff }"}', 'latin1'), 'UTF-8'],
    ])('answers 400 to %s', async (_title, body, reason) => {
      const answer = refusal(await post(endpoint, KEY, body));
      expect(answer).toMatchObject({ status: 400, code: 'BAD_REQUEST', message: expect.stringContaining(reason) });
    });

    it.each([
      ['an array of operations', [{ query: '{ hello }' }]],
      ['a string', '{ hello }'],
      ['null', null],
      ['an empty object', {}],
      ['no query', { variables: {} }],
      ['a query that is no string', { query: 5 }],
      ['variables that are a list', { query: '{ hello }', variables: [1] }],
      ['variables that are text', { query: '{ hello }', variables: '{}' }],
      ['an operationName that is no string', { query: '{ hello }', operationName: 5 }],
    ])('answers 400 to %s as the body', async (_title, body) => {
      const answer = refusal(await post(endpoint, KEY, JSON.stringify(body)));
      expect(answer).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    });

    it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])(
      'answers 415 to the content type %s',
      async (type) => {
        const answer = refusal(await post(endpoint, KEY, '{"query":"{ hello }"}', { 'content-type': type }));
        expect(answer).toMatchObject({ status: 415, code: 'BAD_REQUEST' });
      },
    );

    it('answers 415 to a body without a content type', async () => {
      const { status } = await rawRequest({ method: 'POST', body: '{"query":"{ hello }"}' });
      expect(status).toBe(415);
    });

    it('answers 415 to an unknown encoding and 400 to a broken one', async () => {
      const unknown = await post(endpoint, KEY, '{}', { 'content-encoding': 'zstd' });
      expect(refusal(unknown)).toMatchObject({ status: 415, code: 'BAD_REQUEST' });
      const broken = await post(endpoint, KEY, '{"query":"{ hello }"}', { 'content-encoding': 'gzip' });
      expect(refusal(broken)).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    });

    it('answers a mutation by GET with 405 and does not execute it', async () => {
      const headers = { authorization: `Bearer ${KEY}`, 'apollo-require-preflight': 'yes' };
      const answer = await send(`${endpoint}?query=mutation{change}`, { headers });
      expect(refusal(answer)).toMatchObject({ status: 405, code: 'BAD_REQUEST' });
      expect(answer.headers.get('allow')).toBe('POST');
      expect(changes).toBe(0);
    });

    it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])('answers %s with 405 and Allow', async (method) => {
      const { status, headers, body } = await rawRequest({ method, headers: { authorization: `Bearer ${KEY}` } });
      expect(status).toBe(405);
      expect(headers.allow).toBe('GET, POST');
      expect(body.errors?.[0]?.extensions.code).toBe('BAD_REQUEST');
    });

    it('answers an unknown address in GraphQL’s form', async () => {
      const answer = await send(`${server.url}/nowhere`, {});
      expect(refusal(answer)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    });

    it('answers headers beyond all measure with 431', async () => {
      const { status, body } = await rawRequest({ method: 'GET', headers: { 'x-long': 'x'.repeat(64 * 1024) } });
      expect({ status, code: body.errors?.[0]?.extensions.code }).toEqual({ status: 431, code: 'BAD_REQUEST' });
    });

    it('answers what is not HTTP with 400', async () => {
      const { port } = new URL(server.url);
      const socket = connect(Number(port), '127.0.0.1');
      socket.write('hello\r\n\r\n');
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      expect(chunk.toString()).toMatch(/^HTTP\/1\.1 400 Bad Request[^]*"BAD_REQUEST"/);
    });

    it.each(['HTTP/1.0\r\n', 'HTTP/1.1\r\nHost: [\r\n'])('answers whatever the host is: %j', async (version) => {
      const { port } = new URL(server.url);
      const socket = connect(Number(port), '127.0.0.1');
      const headers = `Authorization: Bearer ${KEY}\r\nApollo-Require-Preflight: 1\r\nConnection: close\r\n\r\n`;
      socket.write(`GET /graphql?query={__typename} ${version}${headers}`);
      expect(await text(socket)).toMatch(/ 200 OK\r\n[^]*"__typename":"Query"/);
    });

    it('says of an address that cannot be decoded what it says of all', async () => {
      const { status, headers } = await send(`${server.url}/%zz`, {});
      expect([status, headers.get('x-content-type-options')]).toEqual([400, 'nosniff']);
    });
  });

  describe('limits what a request may hold', () => {
    it('answers 413 to a body over the limit', async () => {
      const answer = await post(endpoint, KEY, JSON.stringify({ query: '{ hello }', pad: 'x'.repeat(10 * MIB) }));
      expect(refusal(answer)).toMatchObject({ status: 413, code: 'LIMIT_EXCEEDED', field: 'body' });
    });

    it('answers 413 to a small body that unpacks to a large one', async () => {
      const bomb = gzipSync(Buffer.alloc(64 * MIB, ' '));
      const answer = await post(endpoint, KEY, bomb, { 'content-encoding': 'gzip' });
      expect(refusal(answer)).toMatchObject({ status: 413, code: 'LIMIT_EXCEEDED' });
    });

    it('answers 413 to one string of a megabyte and names its variable', async () => {
      const variables = { filter: { and: [{ name: 'x'.repeat(MIB) }] } };
      const answer = await graphql(endpoint, KEY, 'query ($filter: Filter) { echo(filter: $filter) }', variables);
      expect(refusal(answer)).toMatchObject({ status: 413, code: 'LIMIT_EXCEEDED', field: 'filter.and[0].name' });
    });

    it('answers LIMIT_EXCEEDED to JSON nested so deep that reading it would overflow the stack', async () => {
      const filter = `${'{"not":'.repeat(5_000)}{}${'}'.repeat(5_000)}`;
      const query = 'query ($filter: Filter) { echo(filter: $filter) }';
      const answer = refusal(await post(endpoint, KEY, `{"query":"${query}","variables":{"filter":${filter}}}`));
      expect(answer).toMatchObject({ status: 400, code: 'LIMIT_EXCEEDED' });
      expect(answer.field).toMatch(/^filter\.not\.not/);
      const url = `${endpoint}?query=${encodeURIComponent(query)}&variables={"filter":${filter.slice(0, 1400)}${'}'.repeat(200)}}`;
      expect(url.length).toBeLessThan(8_000);
      const nested = `${'{"not":'.repeat(150)}{}${'}'.repeat(150)}`;
      const byAddress = await send(`${endpoint}?query=${encodeURIComponent(query)}&variables={"filter":${nested}}`, {
        headers: { authorization: `Bearer ${KEY}`, 'apollo-require-preflight': 'yes' },
      });
      expect(refusal(byAddress)).toMatchObject({ status: 400, code: 'LIMIT_EXCEEDED' });
    });

    const parents = (levels: number) => `{ ${'parent { '.repeat(levels)}id${' }'.repeat(levels)} }`;
    const nestedPages = (first: string, levels: number) =>
      `{ ${`parents(first: ${first}) { nodes { `.repeat(levels)}id${' } }'.repeat(levels)} }`;

    it.each([
      ['200 aliases of __typename', `{ ${numbered(200, (i) => `a${i}: __typename`)} }`],
      ['200 aliases of a field', `{ ${numbered(200, (i) => `a${i}: hello`)} }`],
      [
        'aliases multiplied by fragments',
        `{ ...a } fragment a on Query { ...b x1: hello ...b } fragment b on Query { ${numbered(30, (i) => `b${i}: hello`)} }`,
      ],
      ['fields nested over the depth', parents(40)],
      ['the same field 1,000 times', `{ ${'hello '.repeat(1000)} }`],
      ['too many directives', `{ hello ${numbered(60, () => '@include(if: true)')} }`],
      [
        'fragments that double',
        `{ ...f0 } ${numbered(30, (i) => `fragment f${i} on Query { ...f${i + 1} hello ...f${i + 1} }`)} fragment f30 on Query { hello }`,
      ],
      ['too many definitions', `{ hello } ${numbered(200, (i) => `fragment f${i} on Query { hello }`)}`],
      ['pages in pages in pages', nestedPages('500', 3)],
    ])('answers LIMIT_EXCEEDED to %s', async (_title, query) => {
      const { body, ...answer } = await graphql(endpoint, KEY, query);
      expect(refusal({ body, ...answer })).toMatchObject({ status: 400, code: 'LIMIT_EXCEEDED', field: 'query' });
      expect(JSON.stringify(body).length).toBeLessThan(1_000);
    });

    it('counts pages whose size is a variable', async () => {
      const query = nestedPages('$n', 3).replace('{', 'query ($n: Int) {');
      expect(refusal(await graphql(endpoint, KEY, query, { n: 500 }))).toMatchObject({ code: 'LIMIT_EXCEEDED' });
      expect((await graphql(endpoint, KEY, query, { n: 5 })).body.errors).toBeUndefined();
    });

    it('counts a connection by edges as by nodes', async () => {
      const query = '{ parents(first: 500) { totalCount nodes { parents(first: 500) { nodes { id } } } } }';
      const byNodes = await graphql(endpoint, KEY, query);
      expect(byNodes.body.errors).toBeUndefined();
      const byEdges = await graphql(endpoint, KEY, query.replaceAll('nodes { id }', 'edges { node { id } }'));
      expect(byEdges.body.extensions).toEqual(byNodes.body.extensions);
    });

    it('answers three connections inside each other', async () => {
      const query = `{ ${'parents { edges { node { '.repeat(3)}parent { id }${' } } }'.repeat(3)} }`;
      expect((await graphql(endpoint, KEY, query)).body.errors).toBeUndefined();
    });

    it('applies the limits to a document each time it comes', async () => {
      const query = parents(40);
      await graphql(endpoint, KEY, query);
      expect(refusal(await graphql(endpoint, KEY, query))).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    });

    it.each([
      ['a syntax error', '{ hello', 'Expected Name'],
      ['brackets that would overflow the parser’s stack', `{ echo(text: ${'['.repeat(20_000)}) }`, 'nested'],
      ['selections that would overflow it', '{parent'.repeat(20_000), 'nested'],
      ['more tokens than any client sends', `{ ${'hello '.repeat(40_000)} }`, 'tokens'],
    ])('answers GRAPHQL_PARSE_FAILED to %s', async (_title, query, reason) => {
      const answer = refusal(await graphql(endpoint, KEY, query));
      expect(answer).toMatchObject({ status: 400, code: 'GRAPHQL_PARSE_FAILED' });
      expect(answer.message).toContain(reason);
      expect(answer.message).not.toMatch(/call stack/i);
    });

    it('does not count brackets in strings and comments', async () => {
      const query = `{ echo(text: """${'['.repeat(600)} \\""" ${'{'.repeat(600)}""") # ${'('.repeat(600)}\n again: echo(text: "\\"${'['.repeat(600)}") }`;
      expect((await graphql(endpoint, KEY, query)).body.errors).toBeUndefined();
    });
  });

  describe('refuses documents and variables that do not fit the schema', () => {
    it('answers circular fragments with few errors', async () => {
      const query = `{ parent { ...a } } fragment a on Parent { parent { ...b } } fragment b on Parent { parent { ...a } }`;
      expect(refusal(await graphql(endpoint, KEY, query))).toMatchObject({
        status: 400,
        code: 'GRAPHQL_VALIDATION_FAILED',
      });
    });

    it('stops listing after some errors', async () => {
      const answer = await graphql(endpoint, KEY, `{ parent { ${numbered(500, (i) => `nothing${i}`)} } }`);
      expect(refusal(answer)).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' });
      expect(answer.body.errors?.length).toBeLessThan(10);
    });

    it('shortens messages that echo a literal', async () => {
      const answer = await graphql(endpoint, KEY, `{ echo(count: "${'x'.repeat(50_000)}") }`);
      expect(refusal(answer)).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' });
      expect(JSON.stringify(answer.body).length).toBeLessThan(2_000);
    });

    it.each([
      ['unknown', { query: 'query A { hello } query B { hello }', operationName: 'C' }],
      ['missing', { query: 'query A { hello } query B { hello }' }],
    ])('answers an %s operationName with 400', async (_title, body) => {
      const answer = refusal(await post(endpoint, KEY, JSON.stringify(body)));
      expect(answer).toMatchObject({ status: 400, code: 'OPERATION_RESOLUTION_FAILURE' });
    });

    const query =
      'query ($filter: Filter, $count: Int, $even: Even) { echo(filter: $filter, count: $count, even: $even) }';
    it.each([
      ['an unknown field', { filter: { and: [{ foo: 1 }] } }, 'filter.and[0].foo', 'is not defined'],
      ['a missing field', { filter: { tests: [{ name: 'a' }, { gt: 1 }] } }, 'filter.tests[1].name', 'required'],
      ['a wrong type', { filter: { name: 5 } }, 'filter.name', 'String'],
      ['a wrong type at the top', { count: 'x" at "filter.evil' }, 'count', 'Int'],
      ['a fraction for a whole number', { count: 1.5 }, 'count', 'Int'],
      ['what a scalar refuses', { even: 3 }, 'even', 'an even number'],
      [
        'a hostile key',
        { filter: JSON.parse('{"__proto__": {"name": "x"}}') as object },
        'filter.__proto__',
        'not defined',
      ],
      ['an inherited name', { filter: { constructor: 1 } }, 'filter.constructor', 'not defined'],
    ])('names the path of %s in a variable', async (_title, variables, field, reason) => {
      const answer = refusal(await graphql(endpoint, KEY, query, variables));
      expect(answer).toMatchObject({ status: 400, code: 'BAD_USER_INPUT', field });
      expect(answer.message).toContain(reason);
    });

    it.each([
      ['an unknown field', 'echo(filter: { and: [{ name: "a" }, { foo: 1 }] })', 'filter.and[1].foo'],
      ['a wrong type', 'parent { parents(first: "many") { totalCount } }', 'first'],
      ['a missing field', 'echo(filter: { tests: [{ gt: 1 }] })', 'filter.tests[0]'],
      ['an unknown argument', 'echo(nothing: 1)', 'nothing'],
    ])('names the path of %s in a literal', async (_title, selection, field) => {
      const answer = refusal(
        await graphql(endpoint, KEY, `{ hello ...f } fragment f on Query { ... { ${selection} } }`),
      );
      expect(answer).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED', field });
    });

    it('names a variable that is missing', async () => {
      const answer = refusal(await graphql(endpoint, KEY, 'query ($code: String!) { fail(code: $code) }'));
      expect(answer).toMatchObject({ status: 400, code: 'BAD_USER_INPUT', field: 'code' });
    });

    it('does not echo long values', async () => {
      const answer = await graphql(endpoint, KEY, query, {
        filter: { name: 'ok', tests: [{ gt: 'x'.repeat(50_000) }] },
      });
      expect(JSON.stringify(answer.body).length).toBeLessThan(5_000);
      expect(refusal(answer).field).toMatch(/^filter\.tests\[0\]/);
    });

    it('lists few of many wrong values', async () => {
      const tests = Array.from({ length: 1000 }, () => ({ gt: 'x' }));
      const answer = await graphql(endpoint, KEY, query, { filter: { tests } });
      expect(answer.body.errors?.length).toBeLessThan(10);
    });

    it('refuses an integer that would be rounded, by POST and by GET', async () => {
      const body = `{"query":"query ($g: Float!) { echo(filter: {tests: [{name: \\"a\\", gt: $g}]}) }","variables":{"g":9007199254740993}}`;
      expect(refusal(await post(endpoint, KEY, body))).toMatchObject({ code: 'BAD_USER_INPUT', field: 'g' });
      const url = `${endpoint}?query=query($g:Float!){echo(filter:{tests:[{name:"a",gt:$g}]})}&variables={"g":9007199254740993}`;
      const answer = await send(url, {
        headers: { authorization: `Bearer ${KEY}`, 'apollo-require-preflight': 'yes' },
      });
      expect(refusal(answer)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT', field: 'g' });
    });
  });

  describe('reports failures of execution', () => {
    const own = Object.keys(ERROR_CODES).filter((code) => code !== 'INTERNAL_SERVER_ERROR') as ErrorCode[];
    it.each(own)('shows a %s as it was thrown, with field and details', async (code) => {
      const { status, body, headers } = await graphql(endpoint, KEY, 'query ($code: String!) { fail(code: $code) }', {
        code,
      });
      expect({ status, data: body.data }).toEqual({ status: 200, data: { fail: null } });
      expect(body.errors).toEqual([
        {
          message: `failed with ${code}`,
          path: ['fail'],
          locations: [{ line: 1, column: 26 }],
          extensions: { code, requestId: headers.get('x-request-id'), field: 'input.name', matchedCount: 3 },
        },
      ]);
    });

    it('hides what nobody foresaw, and logs it under the request’s id', async () => {
      const { status, body, headers } = await graphql(endpoint, KEY, '{ fail(code: "NONE") }');
      expect(status).toBe(200);
      expect(JSON.stringify(body)).not.toMatch(/secret_table|stack|at /);
      expect(body.errors?.[0]?.extensions).toEqual({
        code: 'INTERNAL_SERVER_ERROR',
        requestId: headers.get('x-request-id'),
      });
      const line = logLines.find((one) => one.level === 50);
      expect(line).toMatchObject({ requestId: headers.get('x-request-id') });
      expect(JSON.stringify(line)).toContain('secret_table');
    });

    it('never shows the cause of an error', async () => {
      const { body } = await graphql(endpoint, KEY, '{ fail(code: "TIMEOUT") }');
      expect(JSON.stringify(body)).not.toContain('secret_table');
    });

    it('answers 503 with Retry-After when nothing could be answered for want of a database', async () => {
      const { status, headers, body } = await graphql(endpoint, KEY, '{ failHard(code: "UNAVAILABLE") }');
      expect({ status, data: body.data, retryAfter: headers.get('retry-after') }).toEqual({
        status: 503,
        data: null,
        retryAfter: '5',
      });
    });

    it('answers 200 when an operation’s own failure leaves no data', async () => {
      const { status, body } = await graphql(endpoint, KEY, '{ failHard(code: "CONFLICT") }');
      expect({ status, data: body.data }).toEqual({ status: 200, data: null });
    });
  });

  describe('gives each request an id', () => {
    it('takes a sane one from the caller and invents one otherwise', async () => {
      const idFor = async (id: string) =>
        (await post(endpoint, KEY, '{"query":"{ hello }"}', { 'x-request-id': id })).headers.get('x-request-id');
      expect(await idFor('trace-1.a_B')).toBe('trace-1.a_B');
      expect(await idFor('x'.repeat(128))).toBe('x'.repeat(128));
      expect(await idFor('x'.repeat(129))).toMatch(/^[0-9a-f-]{36}$/);
      expect(await idFor('a b')).toMatch(/^[0-9a-f-]{36}$/);
    });

    it('puts it on every kind of answer', async () => {
      for (const path of ['/', '/healthz', '/readyz', '/nowhere', '/%']) {
        expect((await fetch(server.url + path)).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      }
    });
  });

  describe('logs one line for each operation', () => {
    it('names operation, principal, duration and the first code, but neither key nor variables', async () => {
      const query = 'query Broken($code: String!) { fail(code: $code) }';
      const { headers } = await graphql(endpoint, KEY, query, { code: 'CONFLICT' });
      const lines = await linesOf(headers);
      expect(lines).toEqual([
        expect.objectContaining({
          requestId: headers.get('x-request-id'),
          operation: 'Broken',
          principal: 'tester',
          statements: 0,
          durationMs: expect.any(Number),
          code: 'CONFLICT',
          msg: 'operation',
        }),
      ]);
      const secrets = await graphql(endpoint, KEY, 'query ($text: String) { echo(text: $text) }', { text: 'hush' });
      expect(JSON.stringify(await linesOf(secrets.headers))).not.toMatch(/hush|fg_test/);
    });

    it('logs requests that never became an operation', async () => {
      const { headers } = await post(endpoint, KEY, '{');
      expect(await linesOf(headers)).toEqual([
        expect.objectContaining({ operation: null, code: 'BAD_REQUEST', status: 400 }),
      ]);
    });

    /** The line is written once the answer has been sent, which may be after it was read. */
    async function linesOf(headers: Headers) {
      const ofRequest = () =>
        logLines.filter((line) => line.requestId === headers.get('x-request-id') && line.msg === 'operation');
      while (ofRequest().length === 0) await new Promise((resume) => setImmediate(resume));
      return ofRequest();
    }
  });

  describe('tells its health', () => {
    it('is alive and ready', async () => {
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
      expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
      expect((await fetch(`${server.url}/readyz`, { method: 'HEAD' })).status).toBe(200);
    });

    it.each([
      ['says no', async () => false],
      ['fails', async () => Promise.reject(new Error('refused'))],
      ['does not answer', () => new Promise<boolean>(() => {})],
    ])('is alive but not ready when the database %s', async (_title, answer) => {
      isDatabaseReady = answer;
      expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
      isDatabaseReady = async () => true;
    });
  });

  it('keeps idle connections for longer than the minute of common proxies', async () => {
    expect((await fetch(`${server.url}/healthz`)).headers.get('keep-alive')).toBe('timeout=72');
  });

  describe('stops', () => {
    it('finishes what is in flight, closes idle connections and takes no more', async () => {
      const stopping = await startServer();
      const agent = new http.Agent({ keepAlive: true });
      const url = new URL('/graphql', stopping.url);
      const started = new Promise<void>((resume) => (slowStarted = resume));
      let finish = () => {};
      slowMayEnd = new Promise((resume) => (finish = resume));
      const idle = await rawRequest({ url, agent, method: 'POST', query: '{ hello }' });
      expect(idle.status).toBe(200);
      const slow = rawRequest({ url, agent, method: 'POST', query: '{ slow }' });
      await started;
      const stopped = stopping.stop();
      await expect(fetch(url)).rejects.toThrow();
      finish();
      expect(await slow).toMatchObject({
        status: 200,
        headers: { connection: 'close' },
        body: { data: { slow: 'done' } },
      });
      await stopped;
      agent.destroy();
    });
  });

  interface RawRequest {
    url?: URL;
    agent?: http.Agent;
    method: string;
    headers?: Record<string, string>;
    body?: string;
    query?: string;
  }

  /** What fetch refuses to send. */
  async function rawRequest({ url = new URL(endpoint), agent, method, headers, body, query }: RawRequest) {
    const credentials = { authorization: `Bearer ${KEY}`, ...(query && { 'content-type': 'application/json' }) };
    const request = http.request(url, { method, agent, headers: { ...credentials, ...headers } });
    const text = query === undefined ? body : JSON.stringify({ query });
    if (text !== undefined) request.setHeader('content-length', Buffer.byteLength(text));
    request.end(text);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const parsed = JSON.parse(Buffer.concat(chunks).toString()) as GraphqlAnswer['body'];
    return { status: response.statusCode, headers: response.headers, body: parsed };
  }

  it('documents each code with its status', async () => {
    const rows = (await readFile(join(__dirname, '..', '..', 'docs', 'errors.md'), 'utf8')).matchAll(
      /^\| `(\w+)` +\| (\d+) /gm,
    );
    const documented = Object.fromEntries([...rows].map(([, code, status]) => [code, Number(status)]));
    expect(documented).toEqual(
      Object.fromEntries(Object.entries(ERROR_CODES).map(([code, { status }]) => [code, status])),
    );
  });

  function numbered(count: number, text: (index: number) => string): string {
    return Array.from({ length: count }, (_, index) => text(index)).join(' ');
  }
});
