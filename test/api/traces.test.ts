/** Traces, as an OTLP endpoint gets them from a real server. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type Gateway, killGateways, startGateway } from '../support/gateway-process.js';
import { post } from '../support/graphql-client.js';
import { answered, within } from '../support/in-time.js';

interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly status: { readonly code: number; readonly message?: string };
}

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

const SERVER_KIND = 2;
const CLIENT_KIND = 3;
const ERROR_STATUS = 2;
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CALLER_SPAN_ID = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE_ID}-${CALLER_SPAN_ID}-01`;

let database: TestDatabase;
let receiver: Server;
let endpoint: string;
let behaviour: 'answers' | 'fails' | 'hangs';
let paths: string[];
let bodies: OtlpBody[];

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = createServer((request, response) => {
    void json(request).then((body) => {
      paths.push(request.url ?? '');
      if (behaviour === 'hangs') return;
      if (behaviour === 'answers') bodies.push(body as OtlpBody);
      response.writeHead(behaviour === 'fails' ? 500 : 200, { 'content-type': 'application/json' }).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
});
beforeEach(() => {
  behaviour = 'answers';
  paths = [];
  bodies = [];
});
afterAll(async () => {
  killGateways();
  receiver.closeAllConnections();
  receiver.close();
  await database?.drop();
});

const start = (settings: Record<string, string>) => startGateway({ DATABASE_URL: database.url, ...settings });

/** Ends the server, which sends what it has left. */
async function stop(gateway: Gateway): Promise<void> {
  gateway.signal('SIGTERM');
  expect(await answered(10_000, gateway.gone)).toEqual({ code: 0, signal: null });
}

const spans = () =>
  bodies.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((one) => one.spans)),
  );
const attributesOf = ({ attributes }: Pick<OtlpSpan, 'attributes'>) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
const operationOf = (requestId: string) => {
  const found = spans().filter((span) => attributesOf(span)['fleetgraph.request.id'] === requestId);
  expect(found).toHaveLength(1);
  return found[0]!;
};
const childrenOf = ({ spanId }: OtlpSpan) => spans().filter(({ parentSpanId }) => parentSpanId === spanId);

const ask = (
  gateway: Gateway,
  requestId: string,
  query: string,
  headers: Record<string, string> = {},
  variables = {},
) =>
  post(gateway.endpoint, gateway.key, JSON.stringify({ query, variables }), { 'x-request-id': requestId, ...headers });

test('an operation is a span of the trace of its caller, and its statements are spans below it', async () => {
  const gateway = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  await ask(gateway, 'create', 'mutation Make { createDevice(input: {deviceSerial: "d"}) { created } }');
  await ask(
    gateway,
    'look',
    'query Look { device(deviceSerial: "d") { cohort { deviceCount lastDeployment { id } } } }',
    {
      traceparent: TRACEPARENT,
    },
  );
  await ask(gateway, 'unsampled', '{ viewer { role } }', { traceparent: TRACEPARENT.replace(/01$/, '00') });
  await ask(gateway, 'odd', '{ viewer { role } }', { traceparent: `00-${'0'.repeat(32)}-x-01` });
  await stop(gateway);

  expect(new Set(paths)).toEqual(new Set(['/v1/traces']));
  const look = operationOf('look');
  expect(look).toMatchObject({ name: 'query', kind: SERVER_KIND, traceId: TRACE_ID, parentSpanId: CALLER_SPAN_ID });
  expect(attributesOf(look)).toEqual({
    'graphql.operation.type': 'query',
    'graphql.operation.name': 'Look',
    'http.response.status_code': 200,
    'fleetgraph.request.id': 'look',
  });
  const statements = childrenOf(look);
  expect(statements).toHaveLength(2);
  for (const { name, kind, traceId, attributes, startTimeUnixNano, endTimeUnixNano } of statements) {
    expect(name).toMatch(/^[a-z]+\.[A-Za-z]+$/);
    expect({ kind, traceId }).toEqual({ kind: CLIENT_KIND, traceId: TRACE_ID });
    expect(attributesOf({ attributes })).toEqual({ 'db.system.name': 'postgresql', 'db.query.summary': name });
    expect(BigInt(endTimeUnixNano)).toBeGreaterThan(BigInt(startTimeUnixNano));
  }
  const make = operationOf('create');
  expect(make.name).toBe('mutation');
  expect(make.parentSpanId ?? '').toBe('');
  expect(make.traceId).not.toBe(TRACE_ID);
  expect(childrenOf(make).length).toBeGreaterThan(0);
  expect(operationOf('odd').traceId).toMatch(/[1-9a-f]/);
  expect(spans().filter((span) => attributesOf(span)['fleetgraph.request.id'] === 'unsampled')).toEqual([]);
  const [{ resource }] = bodies[0]!.resourceSpans as [OtlpBody['resourceSpans'][number]];
  expect(attributesOf(resource)).toMatchObject({ 'service.name': 'fleetgraph' });
});

test('a span says what went wrong by its code, and holds nothing of what the caller sent but names', async () => {
  const gateway = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, FLEETGRAPH_OPERATION_TIMEOUT_MS: '1500' });
  const headers = {
    tracestate: 'secret=s3cret',
    traceparent: TRACEPARENT,
    'user-agent': 's3cret',
    baggage: 'a=s3cret',
  };
  const missing =
    'mutation ($s: String!) { setDeviceGroup(input: {deviceSerial: $s, group: "s3cret"}) { device { id } } }';
  await ask(gateway, 'missing', missing, headers, { s: 's3cret' });
  await ask(gateway, 'broken', '{ s3cret }', headers);
  await ask(gateway, 'nothing', '{ s3cret', headers);
  await post(gateway.endpoint, 's3cret', '{"query":"{ viewer { role } }"}', { ...headers, 'x-request-id': 'stranger' });
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('begin; lock table device in access exclusive mode');
  const filter = '{attributes: [{name: "s3cret", eq: "s3cret"}], deviceSerial: {eq: "s3cret"}}';
  const search = `{ s3cret: devices(filter: ${filter}) { nodes { id } } }`;
  await ask(gateway, 'late', search, headers);
  const stuck = `from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  // It is answered before its statement is gone.
  await within(5_000, async () => (await client.query(`select pid ${stuck}`)).rowCount === 0);
  const cut = ask(gateway, 'cut', search, headers);
  await within(5_000, async () => (await client.query(`select pg_terminate_backend(pid) ${stuck}`)).rowCount === 1);
  await cut;
  await client.end();
  await stop(gateway);

  const outcomeOf = (requestId: string) => {
    const span = operationOf(requestId);
    return { name: span.name, error: attributesOf(span)['error.type'], status: span.status.code };
  };
  expect(outcomeOf('missing')).toEqual({ name: 'mutation', error: 'NOT_FOUND', status: 0 });
  expect(outcomeOf('broken')).toEqual({ name: 'GraphQL Operation', error: 'GRAPHQL_VALIDATION_FAILED', status: 0 });
  expect(outcomeOf('nothing')).toEqual({ name: 'GraphQL Operation', error: 'GRAPHQL_PARSE_FAILED', status: 0 });
  expect(outcomeOf('late')).toEqual({ name: 'query', error: 'TIMEOUT', status: ERROR_STATUS });
  expect(outcomeOf('cut')).toEqual({ name: 'query', error: 'UNAVAILABLE', status: ERROR_STATUS });
  const failuresOf = (requestId: string) =>
    childrenOf(operationOf(requestId))
      .filter(({ status }) => status.code === ERROR_STATUS)
      .map((span) => attributesOf(span)['error.type']);
  expect(failuresOf('late')).toEqual(['TIMEOUT']);
  expect(failuresOf('cut')).toEqual(['57P01']);
  const text = JSON.stringify(bodies);
  expect(text).not.toContain('s3cret');
  expect(text).not.toContain('stranger');
  expect(text).not.toContain(gateway.key);
});

test('the standard settings of OpenTelemetry hold, and one that it does not understand is told', async () => {
  const gateway = await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${endpoint}/elsewhere?x=1`,
    OTEL_SERVICE_NAME: 'fleet-west',
    OTEL_TRACES_SAMPLER: 'sometimes',
  });
  await gateway.ask('{ viewer { role } }');
  await stop(gateway);
  expect(new Set(paths)).toEqual(new Set(['/elsewhere?x=1']));
  expect(attributesOf(bodies[0]!.resourceSpans[0]!.resource)).toMatchObject({ 'service.name': 'fleet-west' });
  expect(gateway.output()).toMatch(/"level":40.*OTEL_TRACES_SAMPLER/);
});

describe('an endpoint that does not take them', () => {
  const often = { OTEL_BSP_SCHEDULE_DELAY: '20', LOG_LEVEL: 'info' };
  const sayings = (gateway: Gateway) => gateway.output().match(/traces (cannot be sent|are sent again)/g) ?? [];

  test('is told of once, and once more when it takes them again, and no operation fails by it', async () => {
    behaviour = 'fails';
    const gateway = await start({ ...often, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    await within(10_000, async () => {
      await gateway.ask('{ viewer { role } }');
      return paths.length >= 4;
    });
    expect(sayings(gateway)).toEqual(['traces cannot be sent']);
    behaviour = 'answers';
    await within(10_000, async () => {
      await gateway.ask('{ viewer { role } }');
      return sayings(gateway).length > 1;
    });
    expect(sayings(gateway)).toEqual(['traces cannot be sent', 'traces are sent again']);
    await stop(gateway);
  });

  test.each(['does not answer', 'is not there'])('and %s holds up neither operations nor the stop', async (what) => {
    behaviour = 'hangs';
    const address = what === 'is not there' ? 'http://127.0.0.1:9' : endpoint;
    const gateway = await start({
      ...often,
      OTEL_EXPORTER_OTLP_ENDPOINT: address,
    });
    for (let n = 0; n < 50; n += 1) await answered(5_000, gateway.ask('{ viewer { role } }'));
    await stop(gateway);
  });
});

test('what makes traces is loaded only where there is an endpoint', async () => {
  const isLoaded = async (settings: Record<string, string>) => {
    // Node then tells on stderr of each file that it loads.
    const gateway = await start({ ...settings, NODE_DEBUG: 'module' });
    await gateway.ask('{ viewer { role } }');
    await stop(gateway);
    expect(gateway.output()).toMatch(/node_modules.prom-client/);
    return /@opentelemetry.(sdk|exporter|core)/.test(gateway.output());
  };
  expect(await isLoaded({})).toBe(false);
  expect(await isLoaded({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toBe(true);
}, 60_000);
