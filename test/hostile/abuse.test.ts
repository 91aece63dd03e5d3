/** Abuse of a real server by somebody with a key: each is refused by status and code, and the server is none the worse. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildSchema, type GraphQLInputType, isEnumType, isInputObjectType, isListType, isNonNullType } from 'graphql';
import { type GraphqlAnswer, post, send } from '../support/graphql-client.js';
import { startTarget, type Target } from './target.js';

const MIB = 1024 * 1024;
const REQUEST_TIMEOUT_MS = 2_000;

let server: Target;

beforeAll(async () => {
  server = await startTarget({ FLEETGRAPH_REQUEST_TIMEOUT_MS: String(REQUEST_TIMEOUT_MS) });
  const value = `${'a'.repeat(4_001)}!`;
  await server.ask(
    `mutation { setDeviceAttributes(input: {deviceSerial: "d", attributes: [{name: "slow", value: "${value}"}]}) { device { id } } }`,
  );
});
afterAll(() => server?.stop());
afterEach(() => server.expectUnharmed());

const numbered = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => part(index)).join(' ');
const graphql = (query: string, variables?: Record<string, unknown>) => () => server.graphql(query, variables);
const body = (content: () => string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>) => () =>
  post(server.endpoint, server.key, content(), headers);
const byAddress = (search: string) => () =>
  send(`${server.endpoint}?${search}`, {
    headers: { authorization: `Bearer ${server.key}`, 'apollo-require-preflight': 'yes' },
  });

/** Twenty aliases times three: over the limit, and short enough for an address. */
const ALIASES = encodeURIComponent(`{ ${numbered(60, (i) => `a${i}: __typename`)} }`);
const FILTER = 'query ($f: DeviceFilter) { devices(filter: $f) { nodes { id } } }';

const ABUSES: [string, () => Promise<GraphqlAnswer>, number, string][] = [
  ['fields nested 5,000 deep', graphql(`{ ${'a { '.repeat(5_000)}b${' }'.repeat(5_000)} }`), 400, 'GRAPHQL_PARSE_FAILED'],
  ['fields nested 100 deep', graphql(`{ ${'node(id: "x") { ... on Device { cohort { devices { nodes { '.repeat(25)}id${' } } } } }'.repeat(25)} }`), 400, 'LIMIT_EXCEEDED'],
  ['20,000 brackets', graphql(`{ devices(first: ${'['.repeat(20_000)}) { totalCount } }`), 400, 'GRAPHQL_PARSE_FAILED'],
  ['100,000 tokens', graphql(`{ ${'id '.repeat(100_000)} }`), 413, 'LIMIT_EXCEEDED'],
  ['a fragment that spreads itself', graphql('{ viewer { ...a } } fragment a on Viewer { ...a }'), 400, 'GRAPHQL_VALIDATION_FAILED'],
  ['fragments in a circle', graphql(`{ viewer { ...f0 } } ${numbered(50, (i) => `fragment f${i} on Viewer { ...f${(i + 1) % 50} }`)}`), 400, 'GRAPHQL_VALIDATION_FAILED'],
  ['fragments that double 60 times', graphql(`{ viewer { ...f0 } } ${numbered(60, (i) => `fragment f${i} on Viewer { ...f${i + 1} role ...f${i + 1} }`)} fragment f60 on Viewer { role }`), 400, 'LIMIT_EXCEEDED'],
  ['1,000 aliases', graphql(`{ ${numbered(1_000, (i) => `a${i}: viewer { role }`)} }`), 400, 'LIMIT_EXCEEDED'],
  ['1,000 aliases of __typename', graphql(`{ ${numbered(1_000, (i) => `a${i}: __typename`)} }`), 400, 'LIMIT_EXCEEDED'],
  ['the same field 10,000 times', graphql(`{ viewer { ${'role '.repeat(10_000)} } }`), 400, 'LIMIT_EXCEEDED'],
  ['1,000 changes in one', graphql(`mutation { ${numbered(1_000, (i) => `a${i}: createGroup(input: {name: "g${i}"}) { created }`)} }`), 400, 'LIMIT_EXCEEDED'],
  ['1,000 directives', graphql(`{ viewer { role ${numbered(1_000, () => '@include(if: true)')} } }`), 400, 'LIMIT_EXCEEDED'],
  ['1,000 unknown directives', graphql(`{ viewer { role ${numbered(1_000, (i) => `@a${i}`)} } }`), 400, 'LIMIT_EXCEEDED'],
  ['introspection in circles', graphql(`{ __schema { types { ${'fields { type { '.repeat(12)}name${' } }'.repeat(12)} } } }`), 400, 'LIMIT_EXCEEDED'],
  ['pages in pages', graphql('{ cohorts(first: 500) { nodes { devices(first: 500) { nodes { attributes { value } } } } } }'), 400, 'LIMIT_EXCEEDED'],
  ['pages in pages by variables', graphql('query ($n: Int!) { cohorts(first: $n) { nodes { devices(first: $n) { totalCount nodes { events(first: $n) { at } } } } } }', { n: 500 }), 400, 'LIMIT_EXCEEDED'],
  ['50 statistics of all devices in each of 500 cohorts', graphql(`{ cohorts(first: 500) { nodes { devices { ${numbered(20, (i) => `a${i}: statistics(attribute: {name: "a${i}"}) { mean }`)} } } } }`), 400, 'LIMIT_EXCEEDED'],
  ['an array of 1,000 operations', body(() => JSON.stringify(Array.from({ length: 1_000 }, () => ({ query: '{ viewer { role } }' })))), 400, 'BAD_REQUEST'],
  ['a body of 10 MB', body(() => JSON.stringify({ query: '{ viewer { role } }', pad: 'x'.repeat(10 * MIB) })), 413, 'LIMIT_EXCEEDED'],
  ['a body that unpacks to 256 MB', body(() => gzipSync(Buffer.alloc(256 * MIB, ' ')), { 'content-encoding': 'gzip' }), 413, 'LIMIT_EXCEEDED'],
  ['a document of 3 MB', graphql(`{ viewer { role } } #${'x'.repeat(3 * MIB)}`), 413, 'LIMIT_EXCEEDED'],
  ['JSON nested 500,000 deep', body(() => `{"query":"{ viewer { role } }","variables":${'['.repeat(500_000)}${']'.repeat(500_000)}}`), 400, 'LIMIT_EXCEEDED'],
  ['a filter 5,000 deep', body(() => `{"query":${JSON.stringify(FILTER)},"variables":{"f":${'{"not":'.repeat(5_000)}{}${'}'.repeat(5_000)}}}`), 400, 'LIMIT_EXCEEDED'],
  ['a filter 2,000 wide', graphql(FILTER, { f: { or: Array.from({ length: 2_000 }, () => ({ testMode: true })) } }), 200, 'LIMIT_EXCEEDED'],
  ['a list of 5,000 in a filter', graphql(FILTER, { f: { deviceSerial: { in: Array.from({ length: 5_000 }, String) } } }), 200, 'LIMIT_EXCEEDED'],
  ['aliases by GET', byAddress(`query=${ALIASES}`), 400, 'LIMIT_EXCEEDED'],
  ['aliases by GET behind bytes that are not UTF-8', byAddress(`query=%23%ff%0A${ALIASES}`), 400, 'LIMIT_EXCEEDED'],
  ['two queries by GET', byAddress(`query=${ALIASES}&query=${ALIASES}`), 400, 'BAD_REQUEST'],
  ['__proto__ as a member of a filter', body(() => `{"query":${JSON.stringify(FILTER)},"variables":{"f":{"__proto__":{"testMode":true}}}}`), 400, 'BAD_USER_INPUT'],
  ['constructor as a member of a filter', graphql(FILTER, { f: { constructor: { prototype: {} } } }), 400, 'BAD_USER_INPUT'],
  ['__proto__ instead of a query', body(() => '{"__proto__":{"query":"{ viewer { role } }"}}'), 400, 'BAD_REQUEST'],
  ['the name of an inherited property as a persisted query', body(() => '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"__proto__"}}}'), 400, 'PERSISTED_QUERY_NOT_FOUND'],
]; // prettier-ignore

test.each(ABUSES)('%s: refused', async (_what, abuse, status, code) => {
  const answer = await abuse();
  expect({ status: answer.status, code: answer.body.errors?.[0]?.extensions.code }).toEqual({ status, code });
  expect(answer.body.errors!.length).toBeLessThanOrEqual(6);
  expect(JSON.stringify(answer.body).length).toBeLessThan(10_000);
});

test('__proto__ among the variables and in the body changes nothing for anybody', async () => {
  const query = 'query ($first: Int) { devices(first: $first) { nodes { deviceSerial } } }';
  const answer = await post(
    server.endpoint,
    server.key,
    `{"query":${JSON.stringify(query)},"__proto__":{"operationName":"x"},"variables":{"__proto__":{"first":0},"constructor":1}}`,
  );
  expect(answer.body.data).toEqual({ devices: { nodes: [{ deviceSerial: 'd' }] } });
});

test('a regular expression that takes for ever is cut off, and nobody else waits', async () => {
  const slow = server.graphql(FILTER, { f: { attributes: [{ name: 'slow', matches: '^(a*)(a*)(a*)\\1\\2\\3!$' }] } });
  await server.normalQuery();
  const { status, body } = await slow;
  expect({ status, code: body.errors?.[0]?.extensions.code }).toEqual({ status: 200, code: 'TIMEOUT' });
});

test('senders that never finish are told so and closed, and nobody else waits', async () => {
  const head = `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.key}\r\n`;
  const beginnings = [
    'POST /graphql HTTP/1.1\r\nHost: x\r\nX-Slow: ',
    `${head}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"query": "`,
  ];
  const answers = Array.from({ length: 200 }, (_, index) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write(beginnings[index % 2]!);
    return text(socket);
  });
  await server.normalQuery();
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
});

describe('SQL in a text', () => {
  const schema = buildSchema(readFileSync(join(__dirname, '../../schema.graphql'), 'utf8'));
  const TEXTS = [`'; drop table device; select pg_sleep(10); --`, `x" || (select pg_sleep(10))::text || "`];
  /** Scalars that are no texts. */
  const OTHERS = new Set(['Int', 'Float', 'Boolean']);

  /** Values of a type, each with `SQL` in one of its places; a type within itself is entered once. */
  function places(
    type: GraphQLInputType,
    inside: readonly string[] = [],
  ): { path: string; make: (sql: string) => unknown }[] {
    if (isNonNullType(type)) return places(type.ofType, inside);
    if (isListType(type)) {
      return places(type.ofType, inside).map(({ path, make }) => ({
        path: `[0]${path}`,
        make: (sql) => [make(sql)],
      }));
    }
    if (!isInputObjectType(type))
      return isEnumType(type) || OTHERS.has(type.name) ? [] : [{ path: '', make: (sql) => sql }];
    if (inside.includes(type.name)) return [];
    return Object.values(type.getFields()).flatMap((field) =>
      places(field.type, [...inside, type.name]).map(({ path, make }) => ({
        path: `.${field.name}${path}`,
        make: (sql: string) => ({ ...(least(type) as object), [field.name]: make(sql) }),
      })),
    );
  }

  /** The smallest value that the type takes. */
  function least(type: GraphQLInputType): unknown {
    if (isNonNullType(type)) return least(type.ofType);
    if (isListType(type)) return [least(type.ofType)];
    if (isEnumType(type)) return type.getValues()[0]!.name;
    if (!isInputObjectType(type)) return type.name === 'Boolean' ? false : OTHERS.has(type.name) ? 1 : 'x';
    const fields = Object.values(type.getFields());
    const required = fields.filter((field) => isNonNullType(field.type) && field.defaultValue === undefined);
    const values = Object.fromEntries(required.map((field) => [field.name, least(field.type)]));
    // What is unequal to SQL is every device, and the next case needs them.
    return fields.some(({ name }) => name === 'dryRun') ? { ...values, dryRun: true } : values;
  }

  /** By argument of a root field: each of its places, with what is sent there. */
  const cases = [schema.getQueryType()!, schema.getMutationType()!].flatMap((root) =>
    Object.values(root.getFields()).flatMap((field) =>
      field.args.map((argument) => {
        const operation = root === schema.getMutationType() ? 'mutation' : 'query';
        const query = `${operation} ($v: ${String(argument.type)}) { ${field.name}(${argument.name}: $v) { __typename } }`;
        const name = `${field.name}.${argument.name}`;
        const asked = places(argument.type).map(({ path, make }) => ({ place: `${name}${path}`, make }));
        return { name, query, asked };
      }),
    ),
  );

  test('has many places, cursors, sort keys and names of attributes among them', () => {
    const names = cases.flatMap(({ asked }) => asked.map(({ place }) => place));
    expect(names.length).toBeGreaterThan(200);
    expect(names).toEqual(
      expect.arrayContaining([
        'devices.after',
        'devices.orderBy[0].attribute.name',
        'devices.filter.attributes[0].name',
        'devices.filter.attributes[0].eq',
        'node.id',
        'reportAttributes.input.reports[0].attributes[0].value',
      ]),
    );
  });

  /** What is wrong with the answer; undefined if nothing is. */
  async function faultOf(query: string, value: unknown): Promise<unknown> {
    const response = await fetch(server.endpoint, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { v: value } }),
      signal: AbortSignal.timeout(5_000),
    });
    const { errors = [] } = (await response.json()) as GraphqlAnswer['body'];
    const isCalm = errors.every(
      ({ extensions, message }) =>
        ['BAD_USER_INPUT', 'NOT_FOUND', 'LIMIT_EXCEEDED', 'CONFLICT'].includes(extensions.code) &&
        !/syntax error|relation|42\d{3}/i.test(message),
    );
    return isCalm && [200, 400].includes(response.status) ? undefined : { status: response.status, errors };
  }

  test.each(cases.filter(({ asked }) => asked.length > 0))(
    'in all places of $name is taken literally or refused, without a delay',
    async ({ query, asked }) => {
      const faults: unknown[] = [];
      for (const { place, make } of asked) {
        for (const fault of await Promise.all(TEXTS.map((sql) => faultOf(query, make(sql))))) {
          if (fault !== undefined) faults.push({ place, fault });
        }
      }
      expect(faults).toEqual([]);
    },
  );
});
