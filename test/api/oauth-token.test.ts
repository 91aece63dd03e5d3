/** The token endpoint: RFC 6749 as far as client_credentials goes. */
import Fastify from 'fastify';
import { pino } from 'pino';
import { findFreePort } from '../../src/database/embedded/free-port.js';
import { AppError } from '../../src/errors.js';
import { addTokenRoute } from '../../src/http/oauth.js';
import { type DeviceCredentials, issueCredentials, postForm, requestToken } from '../support/device-client.js';
import { clientOf, startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let credentials: DeviceCredentials;

const GRANT = { grant_type: 'client_credentials' };

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

let devices = 0;
let deviceSerial: string;
beforeEach(async () => {
  devices += 1;
  deviceSerial = `d${devices}`;
  await server.ask('mutation ($s: String!) { createDevice(input: {deviceSerial: $s}) { created } }', {
    s: deviceSerial,
  });
  credentials = await issueCredentials(server, deviceSerial);
});

const inForm = () => ({ client_id: credentials.clientId, client_secret: credentials.clientSecret });
const asBasic = (id = credentials.clientId, secret = credentials.clientSecret) => ({
  authorization: `Basic ${btoa(`${id}:${secret}`)}`,
});

function expectNeverStored(headers: Headers): void {
  expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
}

describe('a token', () => {
  it.each([
    ['in the form', () => [{ ...GRANT, ...inForm() }, {}] as const],
    ['as Basic', () => [GRANT, asBasic()] as const],
    [
      'as Basic, with the id in the form too',
      () => [{ ...GRANT, client_id: credentials.clientId }, asBasic()] as const,
    ],
    [
      'as Basic, each form-encoded first',
      () => {
        const encode = (text: string) => text.replaceAll('_', '%5F').replaceAll('-', '%2D');
        return [GRANT, asBasic(encode(credentials.clientId), encode(credentials.clientSecret))] as const;
      },
    ],
    [
      'with unknown parameters beside',
      () => [{ ...GRANT, ...inForm(), audience: 'x', code_verifier: 'y' }, {}] as const,
    ],
    ['with empty parameters, which count as absent', () => [{ ...GRANT, ...inForm(), scope: '' }, {}] as const],
  ])('is issued for credentials %s', async (_how, request) => {
    const [form, sent] = request();
    const { status, headers, body } = await postForm(credentials.tokenUrl, form, sent);
    expect([status, body]).toEqual([
      200,
      {
        access_token: expect.stringMatching(/^fgt_\d+_[A-Za-z0-9_-]{43}$/) as string,
        token_type: 'Bearer',
        expires_in: expect.any(Number) as number,
      },
    ]);
    expectNeverStored(headers);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    const device = clientOf(server.endpoint, body['access_token'] as string);
    expect(await device.ask('{ viewer { role name } }')).toEqual({ viewer: { role: 'DEVICE', name: deviceSerial } });
  });

  it('lasts an hour, and only its hash is kept', async () => {
    const before = Date.now();
    const { body } = await requestToken(credentials);
    expect([3599, 3600]).toContain(body['expires_in']);
    const [row] = await server.sql<{ expires: Date; kept: boolean }>(
      `select t.expires_at as expires, t.token_hash = sha256($2) as kept
       from device_token t join device d on d.id = t.device_id where d.device_serial = $1`,
      [deviceSerial, Buffer.from(body['access_token'] as string)],
    );
    expect(row?.kept).toBe(true);
    expect(row!.expires.getTime()).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(row!.expires.getTime()).toBeLessThanOrEqual(Date.now() + 3_600_000);
    const dump = JSON.stringify(await server.dump());
    for (const secret of [body['access_token'] as string, credentials.clientSecret]) {
      expect(dump).not.toContain(secret);
      expect(dump).not.toContain(Buffer.from(secret).toString('hex'));
    }
  });

  it('is another one each time; of more than ten the oldest go', async () => {
    const tokens: string[] = [];
    for (let count = 0; count < 12; count += 1) {
      tokens.push((await requestToken(credentials)).body['access_token'] as string);
      await server.sql(`update device_token set expires_at = expires_at - interval '1 minute'`);
    }
    expect(new Set(tokens).size).toBe(12);
    const works = await Promise.all(
      tokens.map(async (token) => (await clientOf(server.endpoint, token).graphql('{ viewer { name } }')).status),
    );
    expect(works).toEqual([401, 401, ...Array.from({ length: 10 }, () => 200)]);
  });

  it('takes the expired ones of its device away', async () => {
    await requestToken(credentials);
    await server.sql(`update device_token set expires_at = now() - interval '1 second'`);
    await requestToken(credentials);
    const rows = await server.sql(
      'select 1 from device_token t join device d on d.id = t.device_id where d.device_serial = $1',
      [deviceSerial],
    );
    expect(rows).toHaveLength(1);
  });
});

describe('invalid_client, which is 401 and asks for Basic,', () => {
  const wrong = { error: 'invalid_client', error_description: expect.any(String) as string };

  it.each<[string, () => readonly [Record<string, string>, Record<string, string>]]>([
    ['a wrong secret', () => [{ ...GRANT, ...inForm(), client_secret: 'fg_wrong' }, {}]],
    ['a wrong secret as Basic', () => [GRANT, asBasic(credentials.clientId, 'fg_wrong')]],
    ['an unknown client', () => [{ ...GRANT, ...inForm(), client_id: `fgd_1_${'x'.repeat(22)}` }, {}]],
    ['a client of another project', () => [{ ...GRANT, ...inForm(), client_id: credentials.clientId.replace(/_\d+_/, '_2_') }, {}]],
    ['a project out of range', () => [{ ...GRANT, ...inForm(), client_id: credentials.clientId.replace(/_\d+_/, '_9999999999_') }, {}]],
    ['a client id that is none', () => [{ ...GRANT, ...inForm(), client_id: "' or true --" }, {}]],
    ['an API key', () => [{ ...GRANT, client_id: 'admin', client_secret: server.key }, {}]],
    ['an API key as Basic', () => [GRANT, asBasic('admin', server.key)]],
    ['an API key as Bearer', () => [GRANT, { authorization: `Bearer ${server.key}` }]],
    ['no secret', () => [{ ...GRANT, client_id: credentials.clientId }, {}]],
    ['no credentials', () => [GRANT, {}]],
    ['Basic that is none', () => [GRANT, { authorization: 'Basic %%%' }]],
    ['Basic with broken escapes', () => [GRANT, asBasic('%E0%A4%A', '%')]],
  ])('answers %s', async (_what, request) => {
    const { status, headers, body } = await postForm(credentials.tokenUrl, ...request());
    expect([status, body]).toEqual([401, wrong]);
    expect(headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    expectNeverStored(headers);
  }); // prettier-ignore

  it('sounds the same for an unknown client, a wrong secret and a disabled device', async () => {
    const form = (change: object) => ({ ...GRANT, ...inForm(), ...change });
    const unknown = await postForm(credentials.tokenUrl, form({ client_id: `fgd_1_${'x'.repeat(22)}` }));
    const secret = await postForm(credentials.tokenUrl, form({ client_secret: 'fg_wrong' }));
    await server.ask(
      'mutation ($s: String!) { updateDevice(input: {deviceSerial: $s, state: DISABLED}) { device { id } } }',
      { s: deviceSerial },
    );
    const disabled = await requestToken(credentials);
    expect([secret.body, disabled.body]).toEqual([unknown.body, unknown.body]);
  });
});

describe('the request', () => {
  it.each<[string, () => readonly [Record<string, string> | string, Record<string, string>?], string]>([
    ['without a grant', () => [inForm()], 'invalid_request'],
    ['of the grant password', () => [{ ...inForm(), grant_type: 'password', username: 'a', password: 'b' }], 'unsupported_grant_type'],
    ['of the grant refresh_token', () => [{ ...inForm(), grant_type: 'refresh_token', refresh_token: 'x' }], 'unsupported_grant_type'],
    ['of the grant constructor', () => [{ ...inForm(), grant_type: 'constructor' }], 'unsupported_grant_type'],
    ['for a scope', () => [{ ...GRANT, ...inForm(), scope: 'admin' }], 'invalid_scope'],
    ['with credentials in both places', () => [{ ...GRANT, ...inForm() }, asBasic()], 'invalid_request'],
    ['with a parameter twice', () => [`${new URLSearchParams({ ...GRANT, ...inForm() }).toString()}&grant_type=client_credentials`], 'invalid_request'],
    ['as JSON', () => [JSON.stringify({ ...GRANT, ...inForm() }), { 'content-type': 'application/json' }], 'invalid_request'],
    ['as plain text', () => [new URLSearchParams({ ...GRANT, ...inForm() }).toString(), { 'content-type': 'text/plain' }], 'invalid_request'],
    ['with control characters', () => [{ ...GRANT, ...inForm(), client_secret: 'a\0b' }], 'invalid_request'],
  ])('%s is refused', async (_what, request, error) => {
    const [form, headers] = request();
    const answer = await postForm(credentials.tokenUrl, form, headers);
    expect([answer.status, answer.body['error']]).toEqual([400, error]);
    expectNeverStored(answer.headers);
    expect(await server.sql('select 1 from device_token t join device d on d.id = t.device_id where d.device_serial = $1', [deviceSerial])).toEqual([]);
  }); // prettier-ignore

  it('of 17 KiB is too long', async () => {
    const { status, body } = await postForm(credentials.tokenUrl, { ...GRANT, ...inForm(), x: 'x'.repeat(17_000) });
    expect([status, body['error']]).toEqual([413, 'invalid_request']);
  });

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('by %s is 405', async (method) => {
    const answer = await fetch(credentials.tokenUrl, { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('with the credentials in the address is not answered with a token', async () => {
    const query = new URLSearchParams({ ...GRANT, ...inForm() }).toString();
    const { status, body } = await postForm(`${credentials.tokenUrl}?${query}`, '');
    expect([status, body['access_token']]).toEqual([expect.any(Number), undefined]);
    expect(status).toBeGreaterThanOrEqual(400);
  });

  it('does not make GraphQL accept forms', async () => {
    const headers = { authorization: `Bearer ${server.key}` };
    const { status } = await postForm(server.endpoint, { query: '{ viewer { role } }' }, headers);
    expect(status).toBe(415);
  });
});

it('tokenUrl begins with PUBLIC_URL where there is one', async () => {
  const port = await findFreePort();
  const other = await startServer({ PORT: String(port), PUBLIC_URL: `http://localhost:${port}/` });
  try {
    await other.ask('mutation { createDevice(input: {deviceSerial: "d"}) { created } }');
    expect((await issueCredentials(other, 'd')).tokenUrl).toBe(`http://localhost:${port}/oauth/token`);
  } finally {
    await other.stop();
  }
});

describe('when something goes wrong underneath', () => {
  /** The route alone, over clients that fail. */
  async function answerOf(fault: unknown) {
    const lines: string[] = [];
    const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
    const fastify = Fastify();
    fastify.decorateRequest('scope');
    fastify.addHook('onRequest', async (request) => {
      request.scope = { requestId: request.id };
    });
    const fail = () => Promise.reject(fault);
    addTokenRoute(fastify, { find: fail, issueToken: fail }, logger);
    const address = await fastify.listen({ host: '127.0.0.1', port: 0 });
    const answer = await postForm(`${address}/oauth/token`, { ...GRANT, client_id: 'a', client_secret: 'top-secret' });
    await fastify.close();
    return { answer, log: lines.join('') };
  }

  it('the answer asks to come again if the database is away', async () => {
    const { answer } = await answerOf(new AppError('UNAVAILABLE', 'The database cannot be reached at the moment.'));
    expect([answer.status, answer.body]).toEqual([
      503,
      { error: 'temporarily_unavailable', error_description: 'The database cannot be reached at the moment.' },
    ]);
    expect(answer.headers.get('retry-after')).toBe('5');
    expectNeverStored(answer.headers);
  });

  it('the answer hides what nobody foresaw, and the log has it without the secret', async () => {
    const { answer, log } = await answerOf(new Error('relation "device_token" does not exist'));
    expect([answer.status, answer.body]).toEqual([
      500,
      { error: 'server_error', error_description: 'Something went wrong in the server.' },
    ]);
    expect(log).toContain('device_token');
    expect(log).not.toContain('top-secret');
  });
});

test('after 20 wrong secrets of one client no more are looked at for a second, and others are', async () => {
  const attempt = () => postForm(credentials.tokenUrl, { ...GRANT, ...inForm(), client_secret: 'wrong' }, {});
  const answers = [];
  for (let count = 0; count < 20; count += 1) answers.push((await attempt()).status);
  expect(new Set(answers)).toEqual(new Set([401]));
  // A point is back each second, so a slow machine needs some more.
  let last = await attempt();
  while (last.status === 401) last = await attempt();
  expect([last.status, last.body['error']]).toEqual([429, 'temporarily_unavailable']);
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
  expectNeverStored(last.headers);
  await server.ask('mutation { createDevice(input: {deviceSerial: "another"}) { created } }');
  expect((await requestToken(await issueCredentials(server, 'another'))).status).toBe(200);
});
