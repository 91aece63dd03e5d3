import type { DataSource } from 'typeorm';
import { createApiKeyStrategy } from '../../../src/auth/api-key-strategy.js';
import { createApiKey, ensureAdminKey, hasAdminKey, listApiKeys, revokeApiKey } from '../../../src/auth/api-keys.js';
import { createAuthenticator } from '../../../src/auth/authenticate.js';
import { generateSecret, hashSecret } from '../../../src/auth/secrets.js';
import { ensureFirstProject } from '../../../src/changes/project.js';
import { ROW_LOADERS } from '../../../src/loaders/rows.js';
import { createDataSource } from '../../../src/database/data-source.js';
import { Database } from '../../../src/database/query.js';
import { sql } from '../../../src/database/sql.js';
import { toGlobalId } from '../../../src/model/global-id.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

let testDatabase: TestDatabase;
let dataSource: DataSource;
let database: Database;
let authenticate: (authorization: string | undefined) => Promise<unknown>;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  dataSource = await createDataSource({ url: testDatabase.url }).initialize();
  database = new Database(dataSource);
  // Nothing here is about the last use, which may still be on its way when the database is dropped.
  authenticate = createAuthenticator([createApiKeyStrategy({ database, onTouchFault: () => undefined })]);
});

afterAll(async () => {
  await dataSource?.destroy();
  await testDatabase?.drop();
});

let projects = 0;

/** A project without keys. */
async function newProject(): Promise<string> {
  projects += 1;
  const [project] = await database.rows<{ id: string }>(
    'test.project',
    sql`insert into project (slug, name, created_at)
        values (${`test-${projects}`}, 'Test', ${new Date()}) returning id::text`,
  );
  return project!.id;
}

/** Role of a secret; null if it does not let in. */
function roleOf(secret: string): Promise<unknown> {
  return authenticate(`Bearer ${secret}`).then(
    (viewer) => (viewer as { role: string }).role,
    (fault: { code: string }) => (fault.code === 'UNAUTHENTICATED' ? null : Promise.reject(fault)),
  );
}

describe('the first project', () => {
  test('is made once, with one default cohort, by processes that start together', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ensureFirstProject(database)));
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    const projectId = answers[0]!.id;
    expect(await ROW_LOADERS.project({ database, projectId }).load(projectId)).toMatchObject({
      slug: 'main',
      name: 'Main',
    });
    const cohorts = await database.rows(
      'test.cohorts',
      sql`select name, slug, is_default as "isDefault" from cohort where project_id = ${projectId}`,
    );
    expect(cohorts).toEqual([{ name: 'default', slug: 'default', isDefault: true }]);
    expect(await ensureFirstProject(database)).toEqual({ id: projectId, created: false });
  });
});

describe('createApiKey', () => {
  test('stores the hash of a secret with 256 random bits, and not the secret', async () => {
    const projectId = await newProject();
    const { apiKey, secret } = await createApiKey(
      { database, projectId },
      { name: 'ci', role: 'READER' },
      new Date('2026-01-01T00:00:00.123Z'),
    );
    expect(secret).toMatch(/^fg_[A-Za-z0-9_-]{43}$/);
    expect(apiKey).toMatchObject({
      projectId: Number(projectId),
      name: 'ci',
      role: 'READER',
      createdAt: new Date('2026-01-01T00:00:00.123Z'),
      expiresAt: null,
      lastUsedAt: null,
      revokedAt: null,
    });
    const [stored] = await database.rows<{ row: string; hash: Buffer }>(
      'test.key',
      sql`select k::text as row, secret_hash as hash from api_key k where project_id = ${projectId}`,
    );
    expect(stored?.hash).toEqual(hashSecret(secret));
    expect(stored?.row).not.toContain(secret.slice(3, 20));
    expect(await roleOf(secret)).toBe('READER');
  });

  test.each([
    [{ name: '' }, 'input.name', 'BAD_USER_INPUT'],
    [{ name: 'a\0' }, 'input.name', 'BAD_USER_INPUT'],
    [{ name: 'x'.repeat(257) }, 'input.name', 'LIMIT_EXCEEDED'],
    [{ expiresAt: new Date('2026-01-01T00:00:00.000Z') }, 'input.expiresAt', 'BAD_USER_INPUT'],
    [{ expiresAt: new Date('2025-12-31T23:59:59.999Z') }, 'input.expiresAt', 'BAD_USER_INPUT'],
  ])('refuses %j by its path, and makes no key', async (wrong, field, code) => {
    const projectId = await newProject();
    const creation = createApiKey(
      { database, projectId },
      { name: 'ci', role: 'READER', ...wrong },
      new Date('2026-01-01T00:00:00.000Z'),
    );
    await expect(creation).rejects.toMatchObject({ code, field });
    expect(await listApiKeys({ database, projectId })).toEqual([]);
  });
});

describe('revokeApiKey', () => {
  test('makes a key stop working, and keeps the time when it is repeated', async () => {
    const projectId = await newProject();
    const { apiKey, secret } = await createApiKey({ database, projectId }, { name: 'ci', role: 'READER' }, new Date());
    const id = toGlobalId('ApiKey', apiKey.id);
    const at = new Date('2026-02-02T00:00:00.000Z');
    expect(await revokeApiKey({ database, projectId }, id, at)).toMatchObject({ id: apiKey.id, revokedAt: at });
    expect(await roleOf(secret)).toBeNull();
    expect(await revokeApiKey({ database, projectId }, id, new Date())).toMatchObject({ revokedAt: at });
  });

  test('does not know keys of another project, unknown ids and ids of other types', async () => {
    const projectId = await newProject();
    const other = await createApiKey(
      { database, projectId: await newProject() },
      { name: 'other', role: 'READER' },
      new Date(),
    );
    for (const id of [
      toGlobalId('ApiKey', other.apiKey.id),
      toGlobalId('ApiKey', '9223372036854775807'),
      toGlobalId('Device', other.apiKey.id),
    ]) {
      const revocation = revokeApiKey({ database, projectId }, id, new Date());
      await expect(revocation).rejects.toMatchObject({ code: 'NOT_FOUND', field: 'input.id' });
    }
    expect(await roleOf(other.secret)).toBe('READER');
  });

  test('refuses what is no id', async () => {
    const revocation = revokeApiKey({ database, projectId: '1' }, 'not-an-id', new Date());
    await expect(revocation).rejects.toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.id' });
  });
});

test('listApiKeys answers all keys of the project, newest first', async () => {
  const projectId = await newProject();
  const at = (day: number) => new Date(Date.UTC(2026, 0, day));
  for (const [name, day] of [
    ['second', 2],
    ['first', 1],
    ['third', 3],
    ['fourth, at the same time', 3],
  ] as const) {
    await createApiKey({ database, projectId }, { name, role: 'READER' }, at(day));
  }
  const [newest] = await listApiKeys({ database, projectId });
  await revokeApiKey({ database, projectId }, toGlobalId('ApiKey', newest!.id), at(4));
  const names = (await listApiKeys({ database, projectId })).map(({ name }) => name);
  expect(names).toEqual(['fourth, at the same time', 'third', 'second', 'first']);
});

describe('ensureAdminKey', () => {
  test('makes the secret an ADMIN key named admin, once, in processes that start together', async () => {
    const projectId = await newProject();
    const secret = generateSecret();
    expect(await hasAdminKey({ database, projectId })).toBe(false);
    await Promise.all(Array.from({ length: 8 }, () => ensureAdminKey({ database, projectId, secret })));
    await ensureAdminKey({ database, projectId, secret });
    expect(await listApiKeys({ database, projectId })).toMatchObject([
      { name: 'admin', role: 'ADMIN', revokedAt: null },
    ]);
    expect(await roleOf(secret)).toBe('ADMIN');
    expect(await hasAdminKey({ database, projectId })).toBe(true);
  });

  test('replaces the secret that was set before, and no other key', async () => {
    const projectId = await newProject();
    const [first, second] = [generateSecret(), generateSecret()];
    const made = await createApiKey({ database, projectId }, { name: 'mine', role: 'ADMIN' }, new Date());
    await ensureAdminKey({ database, projectId, secret: first });
    await ensureAdminKey({ database, projectId, secret: second });
    expect(await Promise.all([first, second, made.secret].map(roleOf))).toEqual([null, 'ADMIN', 'ADMIN']);
    // As after a release that is taken back.
    await ensureAdminKey({ database, projectId, secret: first });
    expect(await Promise.all([first, second, made.secret].map(roleOf))).toEqual(['ADMIN', null, 'ADMIN']);
  });

  test('does not touch the keys of other projects', async () => {
    const [projectId, other] = [await newProject(), await newProject()];
    const secrets = [generateSecret(), generateSecret()] as const;
    await ensureAdminKey({ database, projectId: other, secret: secrets[0] });
    await ensureAdminKey({ database, projectId, secret: secrets[1] });
    expect(await roleOf(secrets[0])).toBe('ADMIN');
  });

  test('lets in as ADMIN with a secret that was that of a lesser key', async () => {
    const projectId = await newProject();
    const { secret } = await createApiKey({ database, projectId }, { name: 'ci', role: 'READER' }, new Date());
    await ensureAdminKey({ database, projectId, secret });
    expect(await roleOf(secret)).toBe('ADMIN');
  });
});
