import type { DataSource } from 'typeorm';
import { createApiKeyStrategy } from '../../../src/auth/api-key-strategy.js';
import { createApiKey, revokeApiKey } from '../../../src/auth/api-keys.js';
import { createAuthenticator } from '../../../src/auth/authenticate.js';
import { generateSecret } from '../../../src/auth/secrets.js';
import { ensureFirstProject } from '../../../src/changes/project.js';
import { createDataSource } from '../../../src/database/data-source.js';
import { Database, type Executor, type LookUps } from '../../../src/database/query.js';
import { sql } from '../../../src/database/sql.js';
import { toGlobalId } from '../../../src/model/global-id.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

let testDatabase: TestDatabase;
let dataSource: DataSource;
let database: Database;
let projectId: string;
let authenticate: (authorization: string | undefined) => Promise<unknown>;
const touchFaults: unknown[] = [];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  dataSource = await createDataSource({ url: testDatabase.url }).initialize();
  database = new Database(dataSource);
  projectId = (await ensureFirstProject(database)).id;
  authenticate = authenticatorOn(database);
});

afterAll(async () => {
  await dataSource?.destroy();
  await testDatabase?.drop();
});

function authenticatorOn(lookUps: Executor & LookUps) {
  return createAuthenticator([
    createApiKeyStrategy({ database: lookUps, onTouchFault: (fault) => touchFaults.push(fault) }),
  ]);
}

function newKey(name = 'test', expiresAt: Date | null = null) {
  return createApiKey({ database, projectId }, { name, role: 'WRITER', expiresAt }, new Date());
}

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

/** What a stranger gets to see. */
async function refusal(authorization: string | undefined): Promise<unknown> {
  const fault: unknown = await authenticate(authorization).then(
    () => undefined,
    (error: unknown) => error,
  );
  return fault instanceof Error && 'code' in fault ? { code: fault.code, message: fault.message } : fault;
}

async function storedKey(id: string) {
  const [row] = await database.rows<{ lastUsedAt: Date | null; hash: Buffer }>(
    'test.key',
    sql`select last_used_at as "lastUsedAt", secret_hash as hash from api_key
        where project_id = ${projectId} and id = ${id}`,
  );
  return row!;
}

/** Waits for what happens beside the answer. */
async function lastUse(id: string): Promise<Date> {
  for (;;) {
    const { lastUsedAt } = await storedKey(id);
    if (lastUsedAt !== null) return lastUsedAt;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('a valid key', () => {
  test.each([
    ['as Bearer', (secret: string) => `Bearer ${secret}`],
    ['as Bearer in other letters and with more spaces', (secret: string) => ` bEARER   ${secret} `],
    ['as the password of Basic', (secret: string) => basic(`anything:${secret}`)],
    ['as the password of Basic without a name', (secret: string) => basic(`:${secret}`)],
  ])('lets in with its project, role and name: %s', async (_, headerOf) => {
    const { secret, apiKey } = await newKey('a name');
    const principalId = toGlobalId('ApiKey', apiKey.id);
    expect(await authenticate(headerOf(secret))).toEqual({ projectId, role: 'WRITER', principalId, name: 'a name' });
  });

  test('may have colons, which only the first of Basic separates', async () => {
    const secret = 'a:secret:with:colons:in:it';
    const { apiKey } = await newKey();
    await database.rows(
      'test.setSecret',
      sql`update api_key set secret_hash = sha256(${Buffer.from(secret)}) where project_id = ${projectId} and id = ${apiKey.id}`,
    );
    expect(await authenticate(basic(`user:${secret}`))).toMatchObject({ name: 'test' });
  });

  test('lets in until it expires', async () => {
    const { secret } = await newKey('lasting', new Date(Date.now() + 3_600_000));
    expect(await authenticate(`Bearer ${secret}`)).toMatchObject({ name: 'lasting' });
  });
});

describe('on every process', () => {
  /** As another process has it: nothing is shared but the database. */
  const onAnother = () => authenticatorOn(new Database(dataSource));

  test('a key that was in use stops with the change that revokes it', async () => {
    const { secret, apiKey } = await newKey();
    const processes = [authenticate, onAnother()];
    for (const one of processes) expect(await one(`Bearer ${secret}`)).toMatchObject({ name: 'test' });
    await revokeApiKey({ database, projectId }, toGlobalId('ApiKey', apiKey.id), new Date());
    for (const one of processes)
      await expect(one(`Bearer ${secret}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('a key that was in use stops when it expires', async () => {
    const { secret, apiKey } = await newKey('ends', new Date(Date.now() + 3_600_000));
    const processes = [authenticate, onAnother()];
    for (const one of processes) expect(await one(`Bearer ${secret}`)).toMatchObject({ name: 'ends' });
    await database.rows(
      'test.expire',
      sql`update api_key set expires_at = ${new Date(Date.now() - 1)}
          where project_id = ${projectId} and id = ${apiKey.id}`,
    );
    for (const one of processes)
      await expect(one(`Bearer ${secret}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('requests that come together', () => {
  test('are each known by their own key, in one look-up', async () => {
    const names: string[] = [];
    const watched = authenticatorOn(new Database(dataSource, { onStatement: (name) => void names.push(name) }));
    const [one, other, revoked] = [await newKey('one'), await newKey('other'), await newKey('revoked')];
    await revokeApiKey({ database, projectId }, toGlobalId('ApiKey', revoked.apiKey.id), new Date());
    const secrets = [one.secret, other.secret, revoked.secret, one.secret, generateSecret()];
    const found = await Promise.all(
      secrets.map((secret) =>
        watched(`Bearer ${secret}`).then(
          (viewer) => viewer.name,
          (error: { code: string }) => error.code,
        ),
      ),
    );
    expect(found).toEqual(['one', 'other', 'UNAUTHENTICATED', 'one', 'UNAUTHENTICATED']);
    expect(names.filter((name) => name === 'auth.keysByHash')).toHaveLength(1);
  });

  test('are not known by what was looked up before they came', async () => {
    const { secret, apiKey } = await newKey('ends');
    // Known or not: it is looked up while the key is revoked.
    const earlier = authenticate(`Bearer ${secret}`).catch(() => undefined);
    await revokeApiKey({ database, projectId }, toGlobalId('ApiKey', apiKey.id), new Date());
    const later = authenticate(`Bearer ${secret}`);
    await expect(later).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await earlier;
  });
});

describe('anything else', () => {
  test('gets the same words, whatever is wrong with it', async () => {
    const { secret, apiKey } = await newKey();
    const revoked = await newKey();
    await revokeApiKey({ database, projectId }, toGlobalId('ApiKey', revoked.apiKey.id), new Date());
    const expired = await newKey();
    await database.rows(
      'test.expire',
      sql`update api_key set expires_at = ${new Date(Date.now() - 1)}
          where project_id = ${projectId} and id = ${expired.apiKey.id}`,
    );
    const { hash } = await storedKey(apiKey.id);
    const headers = [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      secret,
      `Token ${secret}`,
      `Bearer ${secret} ${secret}`,
      `Bearer ${secret}x`,
      `Bearer ${secret.slice(0, -1)}`,
      `Bearer ${secret.toUpperCase()}`,
      `Bearer ${hash.toString('hex')}`,
      `Bearer ${hash.toString('base64url')}`,
      `Bearer ${generateSecret()}`,
      `Bearer ${revoked.secret}`,
      `Bearer ${expired.secret}`,
      `Basic ${secret}`,
      'Basic %%%%',
      basic(secret),
      basic(`${secret}:`),
      basic(':'),
      basic(`user:${secret}x`),
      basic(`:\0${secret}`),
      basic(`user:${revoked.secret}`),
      `Digest username="${secret}"`,
      "Bearer ' or true --",
      `Bearer ${'x'.repeat(20_000)}`,
    ];
    for (const header of headers) {
      expect([header?.slice(0, 100), await refusal(header)]).toEqual([
        header?.slice(0, 100),
        { code: 'UNAUTHENTICATED', message: 'A valid key is needed, as HTTP Basic or Bearer.' },
      ]);
    }
  });
});

describe('the last use of a key', () => {
  /** An authenticator as another process has it, with the names of its statements. */
  function watchedAuthenticator() {
    const names: string[] = [];
    const watched = authenticatorOn(new Database(dataSource, { onStatement: (name) => void names.push(name) }));
    /** How often it was written, once what goes on beside the answers has been sent. */
    const touches = async () => {
      await database.rows('test.afterwards', sql`select 1`);
      return names.filter((name) => name === 'auth.touchKey').length;
    };
    return { watched, touches };
  }

  test('is kept beside the answer', async () => {
    const { secret, apiKey } = await newKey();
    const start = new Date();
    await authenticate(`Bearer ${secret}`);
    expect((await lastUse(apiKey.id)).getTime()).toBeGreaterThanOrEqual(start.getTime());
  });

  test('is not written again within a minute, by whatever process', async () => {
    const { secret, apiKey } = await newKey();
    await authenticate(`Bearer ${secret}`);
    await lastUse(apiKey.id);
    const { watched, touches } = watchedAuthenticator();
    await watched(`Bearer ${secret}`);
    expect(await touches()).toBe(0);
  });

  test('is written again after a minute', async () => {
    const { secret, apiKey } = await newKey();
    const old = new Date(Date.now() - 61_000);
    await database.rows(
      'test.age',
      sql`update api_key set last_used_at = ${old} where project_id = ${projectId} and id = ${apiKey.id}`,
    );
    const { watched, touches } = watchedAuthenticator();
    await watched(`Bearer ${secret}`);
    expect(await touches()).toBe(1);
  });

  test('is written once for a burst of requests', async () => {
    const { secret } = await newKey();
    const { watched, touches } = watchedAuthenticator();
    await Promise.all(Array.from({ length: 20 }, () => watched(`Bearer ${secret}`)));
    expect(await touches()).toBe(1);
  });

  test('does not fail the request when it cannot be kept', async () => {
    const { secret } = await newKey();
    const failing: Executor & LookUps = {
      rows: () => Promise.reject(new Error('no')),
      lookUp: (name, statement) => database.lookUp(name, statement),
    };
    expect(await authenticatorOn(failing)(`Bearer ${secret}`)).toMatchObject({ role: 'WRITER' });
    await new Promise(setImmediate);
    expect(touchFaults).toEqual([new Error('no')]);
  });
});
