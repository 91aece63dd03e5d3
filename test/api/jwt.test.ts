/** Tokens of an outside issuer, each kind of key and each way to get a token wrong. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, type JWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { readJwtSettings } from '../../src/auth/jwt-settings.js';
import { ConfigError, parseConfig } from '../../src/config.js';
import { clientOf, startServer, type TestServer } from '../support/server.js';

const ISSUER = 'https://id.example.org/';
const AUDIENCE = 'fleetgraph';
const TRUST = { FLEETGRAPH_JWT_ISSUER: ISSUER, FLEETGRAPH_JWT_AUDIENCE: AUDIENCE };
const WHO = '{ viewer { role name project { slug } } }';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const PAIRS = { RS256: rsa, ES256: ec, EdDSA: ed };

const pemOf = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetgraph-jwt-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: string): string {
  files += 1;
  const path = join(folder, String(files));
  writeFileSync(path, content);
  return path;
}

async function jwkOf(key: KeyObject, more: object): Promise<JWK> {
  return { ...(await exportJWK(key)), use: 'sig', ...more };
}

interface TokenParts {
  readonly claims?: JWTPayload;
  readonly header?: object;
  readonly key?: KeyObject | Uint8Array;
}

/** Seconds from now. */
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

/** A good token but for what is given; a claim that is undefined is left out. */
function sign({ claims = {}, header = {}, key = rsa.privateKey }: TokenParts = {}): Promise<string> {
  return new SignJWT({ ...GOOD(), ...claims }).setProtectedHeader({ alg: 'RS256', ...header }).sign(key);
}

const GOOD = (): JWTPayload => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'anna@example.org',
  exp: inSeconds(300),
  project: 'main',
  role: 'WRITER',
});

async function isTaken(server: TestServer, token: string): Promise<boolean> {
  const { status } = await clientOf(server.endpoint, token).graphql(WHO);
  expect([200, 401]).toContain(status);
  return status === 200;
}

describe('with a key in a PEM file', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ ...TRUST, FLEETGRAPH_JWT_KEY_FILE: fileOf(pemOf(rsa.publicKey)) });
  });
  afterAll(() => server?.stop());

  it.each(['READER', 'WRITER', 'ADMIN'])('a token lets in as %s of its project, under its subject', async (role) => {
    const client = clientOf(server.endpoint, await sign({ claims: { role } }));
    expect(await client.ask(WHO)).toEqual({
      viewer: { role, name: 'anna@example.org', project: { slug: 'main' } },
    });
  });

  it('a token has the rights of its role and no more', async () => {
    const reader = clientOf(server.endpoint, await sign({ claims: { role: 'READER' } }));
    expect(await reader.refusal('mutation { createGroup(input: {name: "x"}) { created } }')).toMatchObject({
      code: 'FORBIDDEN',
    });
    const writer = clientOf(server.endpoint, await sign({ claims: { sub: 'bot' } }));
    expect(
      await writer.ask('mutation { createDevice(input: {deviceSerial: "by-token"}) { device { registeredBy } } }'),
    ).toEqual({ createDevice: { device: { registeredBy: 'bot' } } });
  });

  it('a token sees its project only', async () => {
    await server.ask('mutation { createDevice(input: {deviceSerial: "of-main"}) { created } }');
    const project = await server.createProject();
    const { viewer } = await project.ask<{ viewer: { project: { slug: string } } }>(WHO);
    const client = clientOf(server.endpoint, await sign({ claims: { project: viewer.project.slug } }));
    expect(await client.ask('{ device(deviceSerial: "of-main") { id } devices { totalCount } }')).toEqual({
      device: null,
      devices: { totalCount: 0 },
    });
  });

  it.each<[string, JWTPayload]>([
    ['whose issuer is 55 s behind', { exp: inSeconds(-55) }],
    ['whose issuer is 55 s ahead', { nbf: inSeconds(55), iat: inSeconds(55) }],
    ['for several audiences', { aud: ['other', AUDIENCE] }],
  ])('a token %s is taken', async (_what, claims) => {
    expect(await isTaken(server, await sign({ claims }))).toBe(true);
  });

  const hmacKey = Buffer.from(pemOf(rsa.publicKey));
  const [, claimsPart] = ['', Buffer.from(JSON.stringify(GOOD())).toString('base64url')];
  const headerPart = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');

  it.each<[string, () => Promise<string> | string]>([
    ['that has expired', () => sign({ claims: { exp: inSeconds(-65) } })],
    ['that is not valid yet', () => sign({ claims: { nbf: inSeconds(65) } })],
    ['that never expires', () => sign({ claims: { exp: undefined } })],
    ['whose expiry is text', () => sign({ claims: { exp: '9999999999' as never } })],
    ['of another issuer', () => sign({ claims: { iss: 'https://id.example.org' } })],
    ['without an issuer', () => sign({ claims: { iss: undefined } })],
    ['for another audience', () => sign({ claims: { aud: 'other' } })],
    ['without an audience', () => sign({ claims: { aud: undefined } })],
    ['without a subject', () => sign({ claims: { sub: undefined } })],
    ['with an empty subject', () => sign({ claims: { sub: '' } })],
    ['with a subject of 257 characters', () => sign({ claims: { sub: 's'.repeat(257) } })],
    ['without a project', () => sign({ claims: { project: undefined } })],
    ['for a project that is not there', () => sign({ claims: { project: 'nowhere' } })],
    ['for a project with NUL', () => sign({ claims: { project: 'main\0' } })],
    ['for a project that is a number', () => sign({ claims: { project: 1 } })],
    ['for several projects', () => sign({ claims: { project: ['main'] } })],
    ['without a role', () => sign({ claims: { role: undefined } })],
    ['of a role in small letters', () => sign({ claims: { role: 'admin' } })],
    ['of the role of devices', () => sign({ claims: { role: 'DEVICE' } })],
    ['of several roles', () => sign({ claims: { role: ['ADMIN'] } })],
    ['signed by another key', () => sign({ key: otherRsa.privateKey })],
    ['signed by a key of another kind', () => sign({ header: { alg: 'ES256' }, key: ec.privateKey })],
    ['signed by another algorithm of the same key', () => sign({ header: { alg: 'PS256' } })],
    ['signed with a stronger hash of the same key', () => sign({ header: { alg: 'RS512' } })],
    ['signed by HS256 with the public key', () => sign({ header: { alg: 'HS256' }, key: hmacKey })],
    ['of the algorithm none', () => new UnsecuredJWT(GOOD()).encode()],
    ['of the algorithm none, with a signature', () => `${headerPart({ alg: 'none' })}.${claimsPart}.c2ln`],
    ['of the algorithm NONE, with a signature', () => `${headerPart({ alg: 'NONE' })}.${claimsPart}.c2ln`],
    ['of no algorithm', () => `${headerPart({ typ: 'JWT' })}.${claimsPart}.c2ln`],
    ['that brings its own key', async () => sign({ header: { jwk: await exportJWK(otherRsa.publicKey) }, key: otherRsa.privateKey })],
    ['with a critical extension', () => `${headerPart({ alg: 'RS256', crit: ['x'], x: 1 })}.${claimsPart}.c2ln`],
    ['with other claims than were signed', async () => {
      const [header, , signature] = (await sign()).split('.');
      return `${header}.${Buffer.from(JSON.stringify({ ...GOOD(), role: 'ADMIN' })).toString('base64url')}.${signature}`;
    }],
    ['cut short', async () => (await sign()).slice(0, -4)],
    ['with claims that are no JSON', () => `${headerPart({ alg: 'RS256' })}.e30x.c2ln`],
    ['of 9 kB', () => sign({ claims: { padding: 'x'.repeat(7_000) } })],
  ])('a token %s is refused in the words of any bad credential', async (_what, make) => {
    const stranger = await clientOf(server.endpoint, 'fg_wrong').refusal(WHO);
    const refusal = await clientOf(server.endpoint, await make()).refusal(WHO);
    expect(refusal).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', message: stranger.message });
  }); // prettier-ignore

  it('a token is no password of Basic', async () => {
    const authorization = `Basic ${btoa(`:${await sign()}`)}`;
    const body = JSON.stringify({ query: WHO });
    const headers = { 'content-type': 'application/json', authorization };
    expect((await fetch(server.endpoint, { method: 'POST', headers, body })).status).toBe(401);
  });

  it('API keys go on working', async () => {
    expect(await server.ask(WHO)).toMatchObject({ viewer: { role: 'ADMIN', name: 'admin' } });
  });
});

describe.each(['ES256', 'EdDSA'] as const)('with a PEM file for %s', (alg) => {
  it('takes its tokens, and those of no other algorithm', async () => {
    const server = await startServer({ ...TRUST, FLEETGRAPH_JWT_KEY_FILE: fileOf(pemOf(PAIRS[alg].publicKey)) });
    try {
      expect(await isTaken(server, await sign({ header: { alg }, key: PAIRS[alg].privateKey }))).toBe(true);
      expect(await isTaken(server, await sign())).toBe(false);
    } finally {
      await server.stop();
    }
  });
});

describe('with a file of a key set', () => {
  let server: TestServer;
  beforeAll(async () => {
    const keys = await Promise.all(
      Object.entries(PAIRS).map(([alg, { publicKey }]) => jwkOf(publicKey, { kid: `key-${alg}`, alg })),
    );
    server = await startServer({
      ...TRUST,
      FLEETGRAPH_JWT_JWKS_FILE: fileOf(JSON.stringify({ keys })),
      FLEETGRAPH_JWT_PROJECT_CLAIM: 'https://example.org/project',
      FLEETGRAPH_JWT_ROLE_CLAIM: 'https://example.org/role',
      FLEETGRAPH_JWT_CLOCK_SKEW_SECONDS: '5',
    });
  });
  afterAll(() => server?.stop());

  const claims = {
    project: undefined,
    role: undefined,
    'https://example.org/project': 'main',
    'https://example.org/role': 'READER',
  };

  it.each(['RS256', 'ES256', 'EdDSA'] as const)('takes tokens of %s by their key id', async (alg) => {
    const { privateKey: key } = PAIRS[alg];
    expect(await isTaken(server, await sign({ claims, header: { alg, kid: `key-${alg}` }, key }))).toBe(true);
  });

  it.each([
    ['an unknown key id', { kid: 'key-0' }],
    ['the key id of another key', { kid: 'key-ES256' }],
  ])('refuses a token of %s', async (_what, header) => {
    expect(await isTaken(server, await sign({ claims, header }))).toBe(false);
  });

  it('reads project and role in the claims that are set, and nowhere else', async () => {
    const header = { kid: 'key-RS256' };
    expect(await isTaken(server, await sign({ header }))).toBe(false);
    const client = clientOf(server.endpoint, await sign({ claims: { ...claims, role: 'ADMIN' }, header }));
    expect(await client.ask('{ viewer { role } }')).toEqual({ viewer: { role: 'READER' } });
  });

  it('allows the clocks to differ as much as is set', async () => {
    const header = { kid: 'key-RS256' };
    expect(await isTaken(server, await sign({ claims: { ...claims, exp: inSeconds(-10) }, header }))).toBe(false);
  });
});

describe('with the address of a key set', () => {
  let keys: JWK[];
  let issuer: Server;
  let asked = 0;
  let behaviour: 'answers' | 'hangs' | 'fails' | 'no JSON';
  let server: TestServer;

  beforeEach(async () => {
    keys = [await jwkOf(rsa.publicKey, { kid: 'one', alg: 'RS256' })];
    asked = 0;
    behaviour = 'answers';
    issuer = createServer((_request, response) => {
      asked += 1;
      if (behaviour === 'hangs') return;
      response.statusCode = behaviour === 'fails' ? 500 : 200;
      response.end(behaviour === 'no JSON' ? '<html>' : JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    const { port } = issuer.address() as AddressInfo;
    server = await startServer({ ...TRUST, FLEETGRAPH_JWT_JWKS_URL: `http://127.0.0.1:${port}/jwks.json` });
  });
  afterEach(async () => {
    await server?.stop();
    issuer.closeAllConnections();
    await new Promise((resolve) => issuer.close(resolve));
  });

  const token = (more: TokenParts = {}) => sign({ header: { kid: 'one' }, ...more });

  it('takes tokens, and asks for the keys once', async () => {
    const many = await Promise.all(Array.from({ length: 10 }, async () => isTaken(server, await token())));
    expect(many).toEqual(Array.from({ length: 10 }, () => true));
    expect(asked).toBe(1);
  });

  it('asks for nothing because of what strangers send', async () => {
    const strange = [
      'fg_wrong',
      'ey.ey.ey',
      await token({ claims: { iss: 'https://evil.example.org/' } }),
      await token({ header: { alg: 'HS256', kid: 'one' }, key: Buffer.from(pemOf(rsa.publicKey)) }),
      new UnsecuredJWT(GOOD()).encode(),
    ];
    for (const one of strange) expect(await isTaken(server, one)).toBe(false);
    expect(asked).toBe(0);
  });

  it('does not ask again for each unknown key id', async () => {
    expect(await isTaken(server, await token())).toBe(true);
    for (const kid of ['two', 'three', 'four']) {
      expect(await isTaken(server, await token({ header: { kid }, key: otherRsa.privateKey }))).toBe(false);
    }
    expect(asked).toBe(1);
  });

  it.each(['hangs', 'fails', 'no JSON'] as const)(
    'is UNAVAILABLE in time when the address %s, while API keys work, and works again when it answers',
    async (what) => {
      behaviour = what;
      const signal = AbortSignal.timeout(5_000);
      const answer = await fetch(server.endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${await token()}` },
        body: JSON.stringify({ query: WHO }),
        signal,
      });
      const text = await answer.text();
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] });
      expect(text).not.toMatch(/127\.0\.0\.1|jwks|jose/i);
      expect(await server.ask('{ viewer { name } }')).toEqual({ viewer: { name: 'admin' } });
      behaviour = 'answers';
      expect(await isTaken(server, await token())).toBe(true);
    },
  );
});

describe('settings that do not go together', () => {
  const read = (env: Record<string, string>) => readJwtSettings(parseConfig(env));
  const pem = () => fileOf(pemOf(rsa.publicKey));

  it('there is no outside issuer without settings', () => {
    expect(read({})).toBeNull();
  });

  it.each<[string, () => Record<string, string>, string]>([
    ['two keys', () => ({ ...TRUST, FLEETGRAPH_JWT_KEY_FILE: pem(), FLEETGRAPH_JWT_JWKS_URL: 'https://x.example' }), 'FLEETGRAPH_JWT_JWKS_URL: exactly one of'],
    ['no key', () => TRUST, 'FLEETGRAPH_JWT_ISSUER: exactly one of'],
    ['no issuer', () => ({ FLEETGRAPH_JWT_AUDIENCE: 'a', FLEETGRAPH_JWT_KEY_FILE: pem() }), 'FLEETGRAPH_JWT_ISSUER: needed'],
    ['no audience', () => ({ FLEETGRAPH_JWT_ISSUER: 'i', FLEETGRAPH_JWT_KEY_FILE: pem() }), 'FLEETGRAPH_JWT_AUDIENCE: needed'],
    ['a file that is not there', () => ({ ...TRUST, FLEETGRAPH_JWT_KEY_FILE: join(folder, 'none') }), 'cannot be read (ENOENT)'],
    ['a private key', () => ({ ...TRUST, FLEETGRAPH_JWT_KEY_FILE: fileOf(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()) }), 'a private key'],
    ['a file that is no key', () => ({ ...TRUST, FLEETGRAPH_JWT_KEY_FILE: fileOf('secret') }), 'not a public key'],
    ['a short RSA key', () => ({ ...TRUST, FLEETGRAPH_JWT_KEY_FILE: fileOf(pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)) }), 'at least 2,048 bits'],
    ['a key of another curve', () => ({ ...TRUST, FLEETGRAPH_JWT_KEY_FILE: fileOf(pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)) }), 'P-256'],
    ['a key set that is no JSON', () => ({ ...TRUST, FLEETGRAPH_JWT_JWKS_FILE: fileOf('secret') }), 'not JSON'],
    ['a key set without keys', () => ({ ...TRUST, FLEETGRAPH_JWT_JWKS_FILE: fileOf('{"keys": []}') }), 'not a key set'],
    ['a key set with a shared key', () => ({ ...TRUST, FLEETGRAPH_JWT_JWKS_FILE: fileOf('{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}') }), 'private or shared key'],
  ])('%s is refused before the start', (_what, env, message) => {
    const settings = env();
    expect(() => read(settings)).toThrow(ConfigError);
    expect(() => read(settings)).toThrow(message);
    expect(() => read(settings)).not.toThrow(/secret|c2VjcmV0/);
  }); // prettier-ignore
});
