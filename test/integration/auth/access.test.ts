/** Which role each operation needs, asked of the real schema: a new field without a rule fails here. */
import { execute, type GraphQLObjectType, type GraphQLSchema, parse } from 'graphql';
import type { DataSource } from 'typeorm';
import { AttributeKeys } from '../../../src/attributes/keys.js';
import { createApiKey } from '../../../src/auth/api-keys.js';
import { ensureFirstProject } from '../../../src/changes/project.js';
import { createDataSource } from '../../../src/database/data-source.js';
import { Database } from '../../../src/database/query.js';
import { AppError } from '../../../src/errors.js';
import { createContextFactory } from '../../../src/graphql/context.js';
import { buildFleetSchema } from '../../../src/graphql/schema.js';
import { createLogger } from '../../../src/logger.js';
import { toGlobalId } from '../../../src/model/global-id.js';
import { type Role, ROLES } from '../../../src/model/viewer.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const ADMIN_ONLY = new Set(['apiKeys', 'auditLog', 'createApiKey', 'revokeApiKey']);

let schema: GraphQLSchema;
let testDatabase: TestDatabase;
let dataSource: DataSource;
let database: Database;
let projectId: string;

beforeAll(async () => {
  schema = await buildFleetSchema();
  testDatabase = await createTestDatabase();
  dataSource = await createDataSource({ url: testDatabase.url }).initialize();
  database = new Database(dataSource);
  projectId = (await ensureFirstProject(database)).id;
});

afterAll(async () => {
  await dataSource?.destroy();
  await testDatabase?.drop();
});

/** The code with which a root field refuses a viewer before it looks at its arguments; null if it lets in. */
async function refusalOf(type: GraphQLObjectType, name: string, viewer: unknown): Promise<string | null> {
  const { resolve } = type.getFields()[name]!;
  try {
    // Nothing but the viewer: a field that lets in fails for want of the rest, or answers.
    await resolve?.(undefined, {}, { viewer }, undefined as never);
    return null;
  } catch (fault) {
    const isRefusal = fault instanceof AppError && ['UNAUTHENTICATED', 'FORBIDDEN'].includes(fault.code);
    return isRefusal ? fault.code : null;
  }
}

describe.each([
  ['Query', 'READER'],
  ['Mutation', 'WRITER'],
] as const)('%s', (typeName, usual) => {
  test(`every field needs ${usual}, or ADMIN if it is about keys, and a viewer in any case`, async () => {
    const type = schema.getType(typeName) as GraphQLObjectType;
    const names = Object.keys(type.getFields());
    expect(names).not.toEqual([]);
    for (const name of names) {
      const least: Role = ADMIN_ONLY.has(name) ? 'ADMIN' : usual;
      const expected = ROLES.map((role) => (ROLES.indexOf(role) < ROLES.indexOf(least) ? 'FORBIDDEN' : null));
      const found = await Promise.all(ROLES.map((role) => refusalOf(type, name, { projectId, role, name: 'test' })));
      const ofNobody = await refusalOf(type, name, undefined);
      const ofAStranger = await refusalOf(type, name, { projectId, role: 'NO_ROLE', name: 'test' });
      expect({ name, found, ofNobody, ofAStranger }).toEqual({
        name,
        found: expected,
        ofNobody: 'UNAUTHENTICATED',
        ofAStranger: 'FORBIDDEN',
      });
    }
  });
});

function run(role: Role, query: string, variableValues: Record<string, unknown> = {}) {
  const createContext = createContextFactory({ database, attributeKeys: new AttributeKeys(), tokenUrl: () => 'none' });
  const contextValue = createContext({
    viewer: { projectId, role, principalId: 'key:1', name: 'test' },
    requestId: 'test',
    logger: createLogger('silent'),
    asksForPlan: false,
  });
  return execute({ schema, document: parse(query), contextValue, variableValues });
}

describe('a key', () => {
  const byNode = 'query ($id: ID!) { node(id: $id) { __typename id } nodes(ids: [$id]) { __typename id } }';

  test('is found by its id by an ADMIN, and unknown to everybody else', async () => {
    const { apiKey } = await createApiKey({ database, projectId }, { name: 'ci', role: 'READER' }, new Date());
    const id = toGlobalId('ApiKey', apiKey.id);
    const found = { __typename: 'ApiKey', id };
    expect(await run('ADMIN', byNode, { id })).toEqual({ data: { node: found, nodes: [found] } });
    for (const role of ['READER', 'WRITER'] as const) {
      expect(await run(role, byNode, { id })).toEqual({ data: { node: null, nodes: [null] } });
    }
  });

  test('does not show its hash in any field', () => {
    const names = Object.keys((schema.getType('ApiKey') as GraphQLObjectType).getFields());
    expect(names.toSorted()).toEqual(
      ['createdAt', 'expiresAt', 'id', 'lastUsedAt', 'name', 'revokedAt', 'role'].toSorted(),
    );
  });

  test('is made, listed and revoked by an ADMIN', async () => {
    const created = await run(
      'ADMIN',
      'mutation { createApiKey(input: {name: "made", role: WRITER}) { secret apiKey { id name role } } }',
    );
    expect(created.data).toMatchObject({
      createApiKey: { secret: expect.stringMatching(/^fg_/) as unknown, apiKey: { name: 'made', role: 'WRITER' } },
    });
    const listed = await run('ADMIN', '{ apiKeys { id name revokedAt } }');
    const { id } = firstOf(listed.data?.['apiKeys']);
    expect(listed.data).toMatchObject({ apiKeys: [{ name: 'made', revokedAt: null }, { name: 'ci' }] });
    const revoke = 'mutation ($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id revokedAt } } }';
    expect(await run('ADMIN', revoke, { id })).toMatchObject({
      data: { revokeApiKey: { apiKey: { id, revokedAt: expect.any(String) as unknown } } },
    });
    const listedAgain = await run('ADMIN', '{ apiKeys { name revokedAt } }');
    expect(listedAgain.data).toMatchObject({
      apiKeys: [{ name: 'made', revokedAt: expect.any(String) as unknown }, {}],
    });
  });
});

function firstOf(list: unknown): Record<string, unknown> {
  return (list as Record<string, unknown>[])[0]!;
}

test('a project is found by its id from inside, and unknown from outside', async () => {
  const query =
    'query ($id: ID!) { node(id: $id) { id ... on Project { slug name } } viewer { name role project { id } } }';
  const id = toGlobalId('Project', projectId);
  expect(await run('READER', query, { id })).toEqual({
    data: { node: { id, slug: 'main', name: 'Main' }, viewer: { name: 'test', role: 'READER', project: { id } } },
  });
  const other = toGlobalId('Project', String(Number(projectId) + 1));
  expect((await run('READER', query, { id: other })).data).toMatchObject({ node: null });
});
