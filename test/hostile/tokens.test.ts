/** Credentials that are none, on a real server that trusts an outside issuer: all are refused in the same words. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompactSign, exportJWK, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { type DeviceCredentials, deviceClient, issueCredentials } from '../support/device-client.js';
import { type Gateway, killGateways, startGateway } from '../support/gateway-process.js';
import { type GraphqlAnswer, send } from '../support/graphql-client.js';
import { clientOf } from '../support/server.js';
import { startTarget, type Target } from './target.js';

const ISSUER = 'https://id.example.org/';
const AUDIENCE = 'fleetgraph';
const KID = 'the-right-one';
const WHO = '{ viewer { name } }';

const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = ours.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const der = ours.publicKey.export({ type: 'spki', format: 'der' });

let folder: string;
let settings: Record<string, string>;
let server: Target;
/** What an unknown key is told; everybody else must be told the same. */
let stranger: GraphqlAnswer;
/** Where the attacker's own keys lie. */
let attacker: Server;
let attackerWasAsked = false;
/** Everything that was shown as a credential, right or wrong. */
const secrets: string[] = [];

beforeAll(async () => {
  attacker = createServer((_request, response) => {
    attackerWasAsked = true;
    void exportJWK(theirs.publicKey).then((jwk) => response.end(JSON.stringify({ keys: [{ ...jwk, kid: KID }] })));
  });
  await new Promise<void>((resolve) => attacker.listen(0, '127.0.0.1', resolve));
  folder = mkdtempSync(join(tmpdir(), 'fleetgraph-tokens-'));
  const file = join(folder, 'keys.json');
  const keys = [{ ...(await exportJWK(ours.publicKey)), kid: KID, use: 'sig' }];
  writeFileSync(file, JSON.stringify({ keys }));
  settings = {
    FLEETGRAPH_JWT_JWKS_FILE: file,
    FLEETGRAPH_JWT_ISSUER: ISSUER,
    FLEETGRAPH_JWT_AUDIENCE: AUDIENCE,
  };
  // All that it ever says, so that what it must not say would be seen.
  server = await startTarget({ ...settings, LOG_LEVEL: 'trace' });
  secrets.push(server.key);
  stranger = await withHeader('Bearer fg_unknown');
});
afterAll(async () => {
  await server?.stop();
  killGateways();
  attacker.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => server.expectUnharmed());

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

const good = (): JWTPayload => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'anna',
  iat: inSeconds(0),
  nbf: inSeconds(0),
  exp: inSeconds(300),
  project: 'main',
  role: 'ADMIN',
});

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token of this very text as its claims. */
function signText(claims: string, header: object = {}, key: KeyObject | Uint8Array = ours.privateKey): Promise<string> {
  const all = { alg: 'RS256', kid: KID, ...header } as JWTHeaderParameters;
  return new CompactSign(Buffer.from(claims)).setProtectedHeader(all).sign(key);
}

const withClaims = (claims: object) => () => signText(JSON.stringify({ ...good(), ...claims }));
/** Of an issuer whose clock is so many seconds ahead of ours. */
const byClock = (ahead: number) => () =>
  withClaims({ iat: inSeconds(ahead), nbf: inSeconds(ahead), exp: inSeconds(ahead + 300) })();
const byAttacker = async (header: object) => signText(JSON.stringify(good()), header, theirs.privateKey);
const byHmac = (key: Uint8Array) => () => signText(JSON.stringify(good()), { alg: 'HS256' }, key);
const unsigned = (alg: string, signature: string) => () =>
  `${base64url({ alg, kid: KID })}.${base64url(good())}.${signature}`;
const attackerUrl = () => `http://127.0.0.1:${(attacker.address() as AddressInfo).port}/keys.json`;

function withHeader(authorization: string, query = WHO, endpoint = server.endpoint): Promise<GraphqlAnswer> {
  const [, secret = ''] = authorization.split(' ');
  // A shorter one may well be part of some word.
  if (secret.length > 10) secrets.push(secret);
  const headers = { 'content-type': 'application/json', authorization };
  return send(endpoint, { method: 'POST', headers, body: JSON.stringify({ query }) });
}

/** All that an answer says, but for the id of the request. */
function wordsOf({ status, headers, body }: GraphqlAnswer): unknown {
  const errors = body.errors?.map(({ extensions, ...error }) => ({
    ...error,
    extensions: { ...extensions, requestId: '' },
  }));
  return { status, challenge: headers.get('www-authenticate'), body: { ...body, errors } };
}

function expectRefused(answer: GraphqlAnswer): void {
  expect(answer).toMatchObject({ status: 401, body: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] } });
  expect(wordsOf(answer)).toEqual(wordsOf(stranger));
}

test.each([
  ['right', 0],
  ['a minute ahead', 60],
  ['a minute behind', -60],
])('a token of an issuer whose clock is %s is taken', async (_what, ahead) => {
  const answer = await withHeader(`Bearer ${await byClock(ahead)()}`);
  expect(answer).toMatchObject({ status: 200, body: { data: { viewer: { name: 'anna' } } } });
});

const TOKENS: [string, () => Promise<string> | string][] = [
  ['unsigned, of algorithm none', unsigned('none', '')],
  ['of algorithm none with a signature', unsigned('none', 'c2ln')],
  ['of algorithm nOnE', unsigned('nOnE', 'c2ln')],
  ['of an algorithm without a name', unsigned('', 'c2ln')],
  ['signed by HS256 with the PEM text of the public key', byHmac(Buffer.from(pem))],
  ['signed by HS256 with the PEM text without its last line end', byHmac(Buffer.from(pem.trimEnd()))],
  ['signed by HS256 with the bytes of the public key', byHmac(der)],
  ['signed by HS256 with nothing', byHmac(Buffer.alloc(32))],
  ['of another key under the right key id', () => byAttacker({})],
  ['of another key that it brings along', async () => byAttacker({ jwk: await exportJWK(theirs.publicKey) })],
  ['of another key at an address', () => byAttacker({ jku: attackerUrl() })],
  ['of another key by a certificate at an address', () => byAttacker({ x5u: attackerUrl() })],
  ['of another key by a certificate', () => byAttacker({ x5c: [theirs.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] })],
  ['of a key id that is a path', () => byAttacker({ kid: '../../../../dev/null' })],
  ['of a key id that is SQL', () => byAttacker({ kid: `' union select 'x` })],
  ['that has expired', withClaims({ exp: inSeconds(-61) })],
  ['that is not valid yet', withClaims({ nbf: inSeconds(3_600) })],
  ['of an issuer ten minutes ahead', byClock(600)],
  ['of an issuer ten minutes behind', byClock(-600)],
  ['of another issuer', withClaims({ iss: 'https://evil.example.org/' })],
  ['for another audience', withClaims({ aud: 'another' })],
  ['without a part', async () => (await withClaims({})()).split('.').slice(0, 2).join('.')],
  ['without dots', async () => (await withClaims({})()).replaceAll('.', '')],
  ['of dots alone', () => '..'],
  ['with a part too many', async () => `${await withClaims({})()}.c2ln`],
  ['whose signature is another token\'s', async () => {
    const [header, , signature] = (await withClaims({ role: 'READER' })()).split('.');
    return [header, base64url(good()), signature].join('.');
  }],
  ['of 12 KB', withClaims({ padding: 'x'.repeat(9_000) })],
  ...['[]', '[{}]', '1', '"ADMIN"', 'null', 'true', '{', '', '\0'].map((text): [string, () => Promise<string>] => [
    `whose claims are ${JSON.stringify(text)}`, () => signText(text),
  ]),
  ...['iss', 'aud', 'sub', 'exp', 'nbf', 'project', 'role'].flatMap((claim) =>
    [{}, { $ne: null }, [], [[]], null, true, '1'].map((value): [string, () => Promise<string>] => [
      `whose claim ${claim} is ${JSON.stringify(value)}`, withClaims({ [claim]: value }),
    ]),
  ).filter(([name]) => name !== 'whose claim sub is "1"'),
  ...[`main'; drop table project; --`, `main' or '1'='1`, '__proto__', 'constructor', 'main\0', '\0', 'MAIN', ' main', '%', ''].map(
    (project): [string, () => Promise<string>] => [`for the project ${JSON.stringify(project)}`, withClaims({ project })],
  ),
  ['with its claims below __proto__', () => signText(JSON.stringify({ ...good(), project: undefined, role: undefined }).replace('{', '{"__proto__":{"project":"main","role":"ADMIN"},'))],
  ...['DEVICE', 'admin', ' ADMIN', 'ADMIN,READER', '__proto__', 'ADMIN\0', '', ['ADMIN']].map((role): [string, () => Promise<string>] => [
    `of the role ${JSON.stringify(role)}`, withClaims({ role }),
  ]),
]; // prettier-ignore

test.each(TOKENS)('a token %s is refused', async (_what, make) => {
  expectRefused(await withHeader(`Bearer ${await make()}`));
});

test('whoever names an address of his own keys is not asked for them', () => {
  expect(attackerWasAsked).toBe(false);
});

test('a token that no server reads whole is refused before it is one', async () => {
  const answer = await withHeader(`Bearer ${await withClaims({ padding: 'x'.repeat(100_000) })()}`);
  expect(answer).toMatchObject({ status: 431, body: { errors: [{ extensions: { code: 'BAD_REQUEST' } }] } });
});

describe('an API key', () => {
  const create = async (name: string) => {
    const { createApiKey } = await server.ask<{ createApiKey: { secret: string; apiKey: { id: string } } }>(
      'mutation ($name: String!) { createApiKey(input: {name: $name, role: ADMIN}) { secret apiKey { id } } }',
      { name },
    );
    return { secret: createApiKey.secret, id: createApiKey.apiKey.id };
  };
  const statusOf = async (key: string, endpoint = server.endpoint) =>
    (await clientOf(endpoint, key).graphql(WHO)).status;

  test('that has expired is refused', async () => {
    const { secret } = await create('expires');
    expect(await statusOf(secret)).toBe(200);
    await server.sql(`update api_key set expires_at = now() where name = 'expires'`);
    expectRefused(await withHeader(`Bearer ${secret}`));
  });

  test('that was tampered with is refused', async () => {
    const { key } = server;
    const tampered = [
      key.slice(0, -1), `${key}A`, key.toUpperCase(), key.slice(1), key.split('').toReversed().join(''),
      `${key},${key}`, `${key}%00`, `${key}'--`, `${key} or 1=1`, key.replace('fg_', 'FG_'), 'null', 'undefined', '*', '%',
    ]; // prettier-ignore
    for (const one of tampered) {
      expectRefused(await withHeader(`Bearer ${one}`));
      expectRefused(await withHeader(`Basic ${btoa(`admin:${one}`)}`));
    }
  });

  test('outside of its place is refused', async () => {
    const { key } = server;
    const places = ['', 'Bearer', 'Bearer ', 'Basic', 'Basic Og==', `Basic ${key}`, `Basic ${btoa(key)}`, `Basic ${btoa(`${key}:`)}`,
      key, `Token ${key}`, `Bearer: ${key}`, `Bearer ${key} ${key}`, `Bearer "${key}"`, `Digest username="${key}"`]; // prettier-ignore
    for (const place of places) expectRefused(await withHeader(place));
  });

  describe('on another server of the same database', () => {
    let other: Gateway;
    beforeAll(async () => {
      other = await startGateway({ DATABASE_URL: server.databaseUrl, ...settings });
    });
    afterAll(async () => {
      other?.signal('SIGTERM');
      await other?.gone;
    });

    test('is refused by the next request after it was revoked', async () => {
      const { secret, id } = await create('revoked');
      expect(await statusOf(secret, other.endpoint)).toBe(200);
      await server.ask('mutation ($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }', { id });
      for (const { endpoint } of [other, server]) expectRefused(await withHeader(`Bearer ${secret}`, WHO, endpoint));
    });
  });
});

describe('the token of a device', () => {
  let credentials: DeviceCredentials;
  let token: string;

  beforeEach(async () => {
    await server.ask('mutation { createDevice(input: {deviceSerial: "own"}) { created } }');
    credentials = await issueCredentials(server, 'own');
    token = (await deviceClient(server, credentials)).key;
    secrets.push(credentials.clientSecret);
    expect((await withHeader(`Bearer ${token}`)).status).toBe(200);
  });
  afterEach(() => server.ask('mutation { deleteDevice(input: {deviceSerial: "own"}) { deleted } }'));

  const setState = (state: string) =>
    server.ask(`mutation { updateDevice(input: {deviceSerial: "own", state: ${state}}) { device { state } } }`);

  test('is refused while the device is disabled', async () => {
    await setState('DISABLED');
    expectRefused(await withHeader(`Bearer ${token}`));
    await setState('ACTIVE');
    expect((await withHeader(`Bearer ${token}`)).status).toBe(200);
  });

  test('is refused when the device was deleted, and when it was made again', async () => {
    await server.ask('mutation { deleteDevice(input: {deviceSerial: "own"}) { deleted } }');
    expectRefused(await withHeader(`Bearer ${token}`));
    await server.ask('mutation { createDevice(input: {deviceSerial: "own"}) { created } }');
    expectRefused(await withHeader(`Bearer ${token}`));
  });

  test('is refused for another project, with other letters, and in the place of its secret', async () => {
    const { clientId, clientSecret } = credentials;
    const [, project] = token.split('_');
    const others = [
      token.replace(`_${project}_`, `_${Number(project) + 1}_`), token.replace(`_${project}_`, '_99999999999999999999_'),
      token.replace(`_${project}_`, '_-1_'), token.slice(0, -1), `${token}A`, token.toLowerCase(), clientId, clientSecret, `${clientId}:${clientSecret}`,
    ]; // prettier-ignore
    for (const one of others) expectRefused(await withHeader(`Bearer ${one}`));
    for (const secret of [token, clientSecret])
      expectRefused(await withHeader(`Basic ${btoa(`${clientId}:${secret}`)}`));
  });
});

test.each([
  ['introspection', '{ __schema { types { name } } }'],
  ['the type of a thing', '{ __type(name: "Device") { fields { name } } }'],
  ['__typename', '{ __typename }'],
  ['a misspelt field', '{ devcies { totalCount } }'],
  ['a misspelt argument', '{ devices(frist: 1) { totalCount } }'],
  ['a document that is none', '{{{{'],
  ['no document', ''],
])('a stranger who sends %s learns nothing of the schema', async (_what, query) => {
  expectRefused(await withHeader('Bearer fg_unknown', query));
});

test('who has a key is told what he may have meant', async () => {
  const answer = await withHeader(`Bearer ${server.key}`, '{ devcies { totalCount } }');
  expect(answer.body.errors).toMatchObject([{ message: expect.stringContaining('Did you mean "devices"') as string }]);
});

test('five thousand wrong passwords are refused alike, and nobody else is locked out', async () => {
  let tried = 0;
  const guess = async () => {
    while (tried < 5_000) {
      tried += 1;
      expectRefused(await withHeader(`Basic ${btoa(`admin:guess-${tried}`)}`));
    }
  };
  await Promise.all(Array.from({ length: 20 }, guess));
  expect(tried).toBe(5_000);
}, 120_000);

test('nothing of all this was unforeseen, and no credential is in the log', () => {
  const log = server.output();
  expect(log.split('"msg":"operation"').length).toBeGreaterThan(5_000);
  expect(log).not.toMatch(/"level":[56]0/);
  expect(secrets.length).toBeGreaterThan(5_000);
  // The id of a client is no secret (RFC 6749, 2.2): the log says by it who asked for a token.
  const isClientId = (secret: string) => /^fgd_[\w-]+$/.test(secret);
  expect(secrets.filter((secret) => log.includes(secret) && !isClientId(secret))).toEqual([]);
});
