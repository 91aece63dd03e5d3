/** Keys, and what each role may do: a table over all root fields, so that a new one must say who may use it. */
import { ROLES } from '../../src/model/viewer.js';
import { clientOf, refusalOf, startServer, type TestProject, type TestServer } from '../support/server.js';
import { send } from '../support/graphql-client.js';

let server: TestServer;
let project: TestProject;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

beforeEach(async () => {
  project = await server.createProject();
});

type Role = (typeof ROLES)[number];

/** The least role that may use a root field, and a use of it that fails for no other reason. */
const ROOT_FIELDS: Readonly<
  Record<'query' | 'mutation', Readonly<Record<string, readonly [least: Role, use: string]>>>
> = {
  query: {
    viewer: ['READER', 'viewer { role }'],
    node: ['READER', 'node(id: "RGV2aWNlOjE") { id }'],
    nodes: ['READER', 'nodes(ids: []) { id }'],
    device: ['READER', 'device(deviceSerial: "no") { id }'],
    devices: ['READER', 'devices { totalCount }'],
    cohort: ['READER', 'cohort(slug: "no") { id }'],
    cohorts: ['READER', 'cohorts { totalCount }'],
    group: ['READER', 'group(name: "no") { id }'],
    groups: ['READER', 'groups { totalCount }'],
    releases: ['READER', 'releases { totalCount }'],
    attributeKeys: ['READER', 'attributeKeys { totalCount }'],
    apiKeys: ['ADMIN', 'apiKeys { id }'],
    auditLog: ['ADMIN', 'auditLog { totalCount }'],
  },
  mutation: {
    createDevice: ['WRITER', 'createDevice(input: {deviceSerial: "made"}) { created }'],
    updateDevice: ['WRITER', 'updateDevice(input: {deviceSerial: "d", ownerRef: "x"}) { device { id } }'],
    deleteDevice: ['WRITER', 'deleteDevice(input: {deviceSerial: "d"}) { deleted }'],
    setDeviceAttributes: [
      'WRITER',
      'setDeviceAttributes(input: {deviceSerial: "d", attributes: [{name: "a", value: 1}]}) { device { id } }',
    ],
    removeDeviceAttributes: [
      'WRITER',
      'removeDeviceAttributes(input: {deviceSerial: "d", names: ["os"]}) { device { id } }',
    ],
    recordDeviceEvent: [
      'WRITER',
      'recordDeviceEvent(input: {deviceSerial: "d", kind: TRACE, at: "2026-01-01T00:00:00Z"}) { device { id } }',
    ],
    reportAttributes: [
      'WRITER',
      'reportAttributes(input: {reports: [{deviceSerial: "d", attributes: [{name: "a", value: 1}]}]}) { updatedCount }',
    ],
    createCohort: ['WRITER', 'createCohort(input: {name: "made"}) { created }'],
    updateCohort: ['WRITER', 'updateCohort(input: {slug: "beta", name: "x"}) { cohort { id } }'],
    deleteCohort: ['WRITER', 'deleteCohort(input: {slug: "beta"}) { deleted }'],
    deployRelease: ['WRITER', 'deployRelease(input: {cohort: "beta", release: {version: "1"}}) { deployment { id } }'],
    createGroup: ['WRITER', 'createGroup(input: {name: "made"}) { created }'],
    renameGroup: ['WRITER', 'renameGroup(input: {name: "lab", newName: "office"}) { group { id } }'],
    deleteGroup: ['WRITER', 'deleteGroup(input: {name: "lab"}) { deleted }'],
    setDeviceGroup: ['WRITER', 'setDeviceGroup(input: {deviceSerial: "d", group: "office"}) { device { id } }'],
    removeDeviceFromGroup: [
      'WRITER',
      'removeDeviceFromGroup(input: {deviceSerial: "d", group: "lab"}) { device { id } }',
    ],
    moveDevicesToCohort: [
      'WRITER',
      'moveDevicesToCohort(input: {devices: {all: true}, cohort: "beta"}) { changedCount }',
    ],
    moveDevicesToGroup: [
      'WRITER',
      'moveDevicesToGroup(input: {devices: {all: true}, group: "office"}) { changedCount }',
    ],
    setAttributesOfDevices: [
      'WRITER',
      'setAttributesOfDevices(input: {devices: {all: true}, attributes: [{name: "a", value: 1}]}) { changedCount }',
    ],
    deleteDevices: ['WRITER', 'deleteDevices(input: {devices: {all: true}}) { changedCount }'],
    issueDeviceCredentials: ['WRITER', 'issueDeviceCredentials(input: {deviceSerial: "d"}) { clientId }'],
    createApiKey: ['ADMIN', 'createApiKey(input: {name: "made", role: READER}) { secret }'],
    revokeApiKey: ['ADMIN', 'revokeApiKey(input: {id: "KEY_ID"}) { apiKey { id } }'],
  },
};

const CASES = (['query', 'mutation'] as const).flatMap((kind) =>
  Object.entries(ROOT_FIELDS[kind]).map(([name, [least, use]]) => ({ kind, name, least, use })),
);

async function fill(): Promise<void> {
  await project.ask(`mutation { createCohort(input: {name: "Beta"}) { created }
    createDevice(input: {deviceSerial: "d", group: "lab", attributes: [{name: "os", value: "linux"}]}) { created } }`);
}

/** `use` with the id of a key that nobody needs. */
async function operationOf({ kind, use }: (typeof CASES)[number]): Promise<string> {
  if (!use.includes('KEY_ID')) return `${kind} { ${use} }`;
  const { createApiKey } = await project.ask<{ createApiKey: { apiKey: { id: string } } }>(
    'mutation { createApiKey(input: {name: "spare", role: READER}) { apiKey { id } } }',
  );
  return `${kind} { ${use.replace('KEY_ID', createApiKey.apiKey.id)} }`;
}

it('the table names every root field of the schema', async () => {
  const { __schema: schema } = await project.ask<{
    __schema: Record<'queryType' | 'mutationType', { fields: { name: string }[] }>;
  }>('{ __schema { queryType { fields { name } } mutationType { fields { name } } } }');
  const names = (type: 'queryType' | 'mutationType') => schema[type].fields.map(({ name }) => name).toSorted();
  expect(Object.keys(ROOT_FIELDS.query).toSorted()).toEqual(names('queryType'));
  expect(Object.keys(ROOT_FIELDS.mutation).toSorted()).toEqual(names('mutationType'));
});

describe('a key', () => {
  const uses = ROLES.flatMap((role) => CASES.map((one) => ({ role, ...one })));
  const isAllowed = ({ role, least }: (typeof uses)[number]) => ROLES.indexOf(role) >= ROLES.indexOf(least);

  it.each(uses.filter(isAllowed))('of role $role may use $name', async ({ role, ...one }) => {
    await fill();
    const client = await project.client(role);
    await client.ask(await operationOf(one));
  });

  it.each(uses.filter((use) => !isAllowed(use)))(
    'of role $role is refused $name, and nothing is changed',
    async ({ role, ...one }) => {
      await fill();
      const client = await project.client(role);
      const operation = await operationOf(one);
      const before = await server.dump();
      expect(await client.refusal(operation)).toMatchObject({ status: 200, code: 'FORBIDDEN', field: undefined });
      expect(await server.dump()).toEqual(before);
    },
  );

  it.each(ROLES)('of role %s sees who it is', async (role) => {
    const client = await project.client(role);
    expect(await client.ask('{ viewer { role name project { slug name } } }')).toEqual({
      viewer: {
        role,
        name: `the ${role}`,
        project: { slug: expect.any(String) as string, name: expect.any(String) as string },
      },
    });
  });
});

describe('what a role may not see', () => {
  it('is null through node and nodes too', async () => {
    const { apiKeys } = await project.ask<{ apiKeys: { id: string }[] }>('{ apiKeys { id } }');
    const query = 'query ($id: ID!) { node(id: $id) { id ... on ApiKey { name role } } nodes(ids: [$id]) { id } }';
    const { id } = apiKeys[0]!;
    expect(await project.ask(query, { id })).toEqual({
      node: { id, name: 'the ADMIN', role: 'ADMIN' },
      nodes: [{ id }],
    });
    for (const role of ['READER', 'WRITER'] as const) {
      const client = await project.client(role);
      expect(await client.ask(query, { id })).toEqual({ node: null, nodes: [null] });
    }
  });

  it('is refused in the middle of other fields, which are answered', async () => {
    const reader = await project.client('READER');
    const { status, body } = await reader.graphql('mutation { createGroup(input: {name: "x"}) { created } }');
    expect([status, body.data]).toEqual([200, null]);
    const mixed = await reader.graphql('{ devices { totalCount } apiKeys { id } }');
    expect(mixed.body.errors).toMatchObject([{ path: ['apiKeys'], extensions: { code: 'FORBIDDEN' } }]);
  });

  it('stops the changes that come after it in one operation no more than other failures do', async () => {
    const writer = await project.client('WRITER');
    const { body } = await writer.graphql(`mutation { a: createGroup(input: {name: "before"}) { created }
      b: createApiKey(input: {name: "x", role: ADMIN}) { secret } c: createGroup(input: {name: "after"}) { created } }`);
    expect(body.errors).toMatchObject([{ path: ['b'], extensions: { code: 'FORBIDDEN' } }]);
    const { apiKeys } = await project.ask<{ apiKeys: { name: string }[] }>('{ apiKeys { name } }');
    expect(apiKeys.map(({ name }) => name)).not.toContain('x');
  });
});

describe('without a valid key', () => {
  const unauthenticated = { status: 401, code: 'UNAUTHENTICATED' };

  let before: unknown;
  beforeAll(async () => {
    before = await server.dump();
  });

  it.each(CASES)('$name is not answered', async ({ kind, use }) => {
    for (const key of ['', `${server.key}x`]) {
      expect(await clientOf(server.endpoint, key).refusal(`${kind} { ${use} }`)).toMatchObject(unauthenticated);
    }
  });

  it('nothing was written', async () => {
    const withoutProjects = (dump: unknown) => ({ ...(dump as object), project: null, api_key: null, cohort: null });
    expect(withoutProjects(await server.dump())).toEqual(withoutProjects(before));
  });

  it('neither is introspection, and every refusal sounds the same', async () => {
    const revoked = await project.client('ADMIN', { revokedAt: new Date() });
    const expired = await project.client('ADMIN', { expiresAt: new Date(Date.now() - 1) });
    const refusals = await Promise.all(
      [clientOf(server.endpoint, ''), clientOf(server.endpoint, 'fg_wrong'), revoked, expired].map((client) =>
        client.refusal('{ __schema { types { name } } }'),
      ),
    );
    expect(new Set(refusals.map(({ status, code, message }) => `${status} ${code} ${message}`)).size).toBe(1);
    expect(refusals[0]).toMatchObject(unauthenticated);
  });

  it.each(['READER', 'WRITER', 'ADMIN'] as const)(
    'nothing is answered to a %s key that is revoked or has expired',
    async (role) => {
      const valid = await project.client(role, { expiresAt: new Date(Date.now() + 3_600_000) });
      expect(await valid.ask('{ viewer { role } }')).toEqual({ viewer: { role } });
      const expired = await project.client(role, { expiresAt: new Date(Date.now() - 1) });
      const revoked = await project.client(role, { revokedAt: new Date() });
      expect(await expired.refusal('{ viewer { role } }')).toMatchObject(unauthenticated);
      expect(await revoked.refusal('{ viewer { role } }')).toMatchObject(unauthenticated);
    },
  );
});

describe('a key is taken', () => {
  it.each([
    ['as Bearer', (key: string) => `Bearer ${key}`],
    ['as the password of Basic with any user', (key: string) => `Basic ${btoa(`anybody:${key}`)}`],
    ['as the password of Basic without a user', (key: string) => `Basic ${btoa(`:${key}`)}`],
    ['whatever the letter case of the scheme', (key: string) => `bEARER ${key}`],
  ])('%s', async (_how, authorizationOf) => {
    const answer = await send(server.endpoint, {
      method: 'POST',
      body: '{"query": "{ viewer { role } }"}',
      headers: { 'content-type': 'application/json', authorization: authorizationOf(project.key) },
    });
    expect(answer.body.data).toEqual({ viewer: { role: 'ADMIN' } });
  });

  it.each([
    ['as the user of Basic', (key: string) => `Basic ${btoa(`${key}:`)}`],
    ['without a scheme', (key: string) => key],
    ['with an unknown scheme', (key: string) => `Digest ${key}`],
  ])('but not %s', async (_how, authorizationOf) => {
    const answer = await send(server.endpoint, {
      method: 'POST',
      body: '{"query": "{ viewer { role } }"}',
      headers: { 'content-type': 'application/json', authorization: authorizationOf(project.key) },
    });
    expect(refusalOf(answer)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  });
});

describe('createApiKey', () => {
  const CREATE = `mutation ($input: CreateApiKeyInput!) {
    createApiKey(input: $input) { secret apiKey { id name role createdAt expiresAt lastUsedAt revokedAt } } }`;
  interface Created {
    readonly createApiKey: { readonly secret: string; readonly apiKey: { readonly id: string; readonly name: string } };
  }

  it.each(ROLES)('makes a key of role %s that works at once and is shown once', async (role) => {
    const expiresAt = '2999-01-01T00:00:00.000Z';
    const { createApiKey } = await project.ask<Created>(CREATE, { input: { name: 'ci', role, expiresAt } });
    expect(createApiKey.apiKey).toMatchObject({ name: 'ci', role, expiresAt, lastUsedAt: null, revokedAt: null });
    expect(createApiKey.secret).toMatch(/^fg_[A-Za-z0-9_-]{32,}$/);
    expect(await clientOf(server.endpoint, createApiKey.secret).ask('{ viewer { role name } }')).toEqual({
      viewer: { role, name: 'ci' },
    });
    expect(JSON.stringify(await server.dump())).not.toContain(createApiKey.secret.slice(3));
  });

  it('makes another secret each time, also for the same name', async () => {
    const one = await project.ask<Created>(CREATE, { input: { name: 'ci', role: 'READER' } });
    const two = await project.ask<Created>(CREATE, { input: { name: 'ci', role: 'READER' } });
    expect(one.createApiKey.secret).not.toBe(two.createApiKey.secret);
    expect(one.createApiKey.apiKey.id).not.toBe(two.createApiKey.apiKey.id);
  });

  it.each<[string, object, string, string]>([
    ['an empty name', { name: '' }, 'BAD_USER_INPUT', 'input.name'],
    ['a name of 257 characters', { name: 'n'.repeat(257) }, 'LIMIT_EXCEEDED', 'input.name'],
    ['a time that is past', { expiresAt: '2020-01-01T00:00:00Z' }, 'BAD_USER_INPUT', 'input.expiresAt'],
    ['an unknown role', { role: 'OWNER' }, 'BAD_USER_INPUT', 'input.role'],
    ['the role of devices', { role: 'DEVICE' }, 'BAD_USER_INPUT', 'input.role'],
  ])('refuses %s', async (_what, wrong, code, field) => {
    const before = await server.dump();
    expect(await project.refusal(CREATE, { input: { name: 'ci', role: 'READER', ...wrong } })).toMatchObject({
      code,
      field,
    });
    expect(await server.dump()).toEqual(before);
  });
});

describe('revokeApiKey', () => {
  const REVOKE = 'mutation ($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id name revokedAt } } }';

  it('stops a key at once; to do it again changes nothing', async () => {
    const { createApiKey } = await project.ask<{ createApiKey: { secret: string; apiKey: { id: string } } }>(
      'mutation { createApiKey(input: {name: "ci", role: ADMIN}) { secret apiKey { id } } }',
    );
    const client = clientOf(server.endpoint, createApiKey.secret);
    await client.ask('{ viewer { role } }');
    const { id } = createApiKey.apiKey;
    const first = await project.ask<{ revokeApiKey: { apiKey: { revokedAt: string } } }>(REVOKE, { id });
    expect(first.revokeApiKey.apiKey).toMatchObject({ id, name: 'ci', revokedAt: expect.any(String) as string });
    expect(await client.refusal('{ viewer { role } }')).toMatchObject({ status: 401 });
    expect(await project.ask(REVOKE, { id })).toEqual(first);
  });

  it('is NOT_FOUND for a key that is not there', async () => {
    const id = Buffer.from('ApiKey:999999999').toString('base64url');
    expect(await project.refusal(REVOKE, { id })).toMatchObject({ status: 200, code: 'NOT_FOUND', field: 'input.id' });
  });
});

it('apiKeys lists all keys of the project, newest first, without secrets', async () => {
  await project.ask('mutation { createApiKey(input: {name: "second", role: READER}) { secret } }');
  await project.client('WRITER', { revokedAt: new Date() });
  const { apiKeys } = await project.ask<{ apiKeys: { name: string }[] }>(
    '{ apiKeys { name role revokedAt lastUsedAt createdAt expiresAt } }',
  );
  expect(apiKeys.map(({ name }) => name)).toEqual(['the WRITER', 'second', 'the ADMIN']);
  const { __type: type } = await project.ask<{ __type: { fields: { name: string }[] } }>(
    '{ __type(name: "ApiKey") { fields { name } } }',
  );
  expect(type.fields.map(({ name }) => name).toSorted()).toEqual([
    'createdAt',
    'expiresAt',
    'id',
    'lastUsedAt',
    'name',
    'revokedAt',
    'role',
  ]);
});
