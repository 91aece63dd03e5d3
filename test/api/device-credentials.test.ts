/** What a device may do with its own credentials, and when they end. */
import { isObjectType, type GraphQLSchema } from 'graphql';
import { buildFleetSchema } from '../../src/graphql/schema.js';
import { toGlobalId } from '../../src/model/global-id.js';
import { type DeviceCredentials, deviceClient, issueCredentials, requestToken } from '../support/device-client.js';
import { startServer, type TestClient, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let schema: GraphQLSchema;
let project: TestProject;
let credentials: DeviceCredentials;
let device: TestClient;

beforeAll(async () => {
  schema = await buildFleetSchema();
  server = await startServer();
});
afterAll(() => server?.stop());

beforeEach(async () => {
  project = await server.createProject();
  await project.ask(`mutation {
    createCohort(input: {name: "Beta"}) { created }
    own: createDevice(input: {deviceSerial: "own", group: "lab", cohort: "beta", lastSeenRelease: {version: "1.0"},
      lastSeen: "2026-01-01T00:00:00Z", attributes: [{name: "os", value: "linux"}, {name: "mac", value: "aa", scope: IDENTITY}]}) { created }
    other: createDevice(input: {deviceSerial: "other", group: "lab", cohort: "beta"}) { created }
    recordDeviceEvent(input: {deviceSerial: "own", kind: INSTALL, at: "2026-01-01T00:00:00Z", release: {version: "1.0"}}) { device { id } }
    deployRelease(input: {cohort: "beta", release: {version: "1.1"}}) { deployment { id } } }`);
  credentials = await issueCredentials(project, 'own');
  device = await deviceClient(server, credentials);
});

const UNAUTHENTICATED = { status: 401, code: 'UNAUTHENTICATED' };
const FORBIDDEN = { status: 200, code: 'FORBIDDEN' };
const WHO = '{ viewer { name } }';

const setState = (state: string, deviceSerial = 'own') =>
  project.ask(
    'mutation ($s: String!, $state: DeviceState!) { updateDevice(input: {deviceSerial: $s, state: $state}) { device { state } } }',
    { s: deviceSerial, state },
  );

async function idOf(deviceSerial: string): Promise<{ id: string; uuid: string }> {
  const { device: found } = await project.ask<{ device: { id: string; uuid: string } }>(
    'query ($s: String!) { device(deviceSerial: $s) { id uuid } }',
    { s: deviceSerial },
  );
  return found;
}

describe('issueDeviceCredentials', () => {
  it('answers the credentials once, and the device shows its client id ever after', async () => {
    const { issueDeviceCredentials } = await project.ask<{ issueDeviceCredentials: DeviceCredentials }>(
      `mutation { issueDeviceCredentials(input: {deviceSerial: "other"}) {
        device { deviceSerial clientId } clientId clientSecret tokenUrl } }`,
    );
    const { clientId } = issueDeviceCredentials;
    expect(issueDeviceCredentials).toEqual({
      device: { deviceSerial: 'other', clientId },
      clientId: expect.stringMatching(/^fgd_\d+_[A-Za-z0-9_-]{22}$/) as string,
      clientSecret: expect.stringMatching(/^fg_[A-Za-z0-9_-]{43}$/) as string,
      tokenUrl: `${server.url}/oauth/token`,
    });
    expect(JSON.stringify(await server.dump())).not.toContain(issueDeviceCredentials.clientSecret.slice(3));
    expect(await project.ask('{ device(deviceSerial: "other") { clientId } }')).toEqual({ device: { clientId } });
  });

  it('shows no client id of a device that has none', async () => {
    expect(await project.ask('{ device(deviceSerial: "other") { clientId } }')).toEqual({ device: { clientId: null } });
  });

  it('ends earlier credentials and their tokens', async () => {
    const next = await issueCredentials(project, 'own');
    expect(next.clientId).not.toBe(credentials.clientId);
    expect(await device.refusal(WHO)).toMatchObject(UNAUTHENTICATED);
    expect(await requestToken(credentials)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(await (await deviceClient(server, next)).ask(WHO)).toEqual({ viewer: { name: 'own' } });
  });

  it('ends a token that was being made for the earlier ones', async () => {
    // As if it had been written after the new credentials: the token names its client.
    const [token] = await server.sql<Record<string, unknown>>('select * from device_token where project_id = $1', [
      project.id,
    ]);
    await issueCredentials(project, 'own');
    await server.sql(
      `insert into device_token (project_id, token_hash, device_id, client_id, expires_at) values ($1, $2, $3, $4, $5)`,
      [token!['project_id'], token!['token_hash'], token!['device_id'], token!['client_id'], token!['expires_at']],
    );
    expect(await device.refusal(WHO)).toMatchObject(UNAUTHENTICATED);
  });

  it('leaves one valid pair when many are issued at once', async () => {
    const issued = await Promise.all(Array.from({ length: 8 }, () => issueCredentials(project, 'own')));
    const statuses = await Promise.all(issued.map(async (one) => (await requestToken(one)).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(7);
  });

  it.each([
    ['a device that is not there', 'missing', 'NOT_FOUND'],
    ['an empty serial', '', 'BAD_USER_INPUT'],
  ])('refuses %s', async (_what, deviceSerial, code) => {
    const before = await server.dump();
    expect(
      await project.refusal(
        'mutation ($s: String!) { issueDeviceCredentials(input: {deviceSerial: $s}) { clientId } }',
        { s: deviceSerial },
      ),
    ).toMatchObject({ code, field: 'input.deviceSerial' });
    expect(await server.dump()).toEqual(before);
  });

  it("does not find another project's device", async () => {
    const stranger = await server.createProject();
    expect(
      await stranger.refusal('mutation { issueDeviceCredentials(input: {deviceSerial: "own"}) { clientId } }'),
    ).toMatchObject({ code: 'NOT_FOUND', field: 'input.deviceSerial' });
    expect(await device.ask(WHO)).toEqual({ viewer: { name: 'own' } });
  });
});

describe('tokens and credentials', () => {
  it('rest while the device is disabled, and work again when it is enabled', async () => {
    await setState('DISABLED');
    expect(await device.refusal(WHO)).toMatchObject(UNAUTHENTICATED);
    expect(await requestToken(credentials)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    await setState('ACTIVE');
    expect(await device.ask(WHO)).toEqual({ viewer: { name: 'own' } });
    expect(await (await deviceClient(server, credentials)).ask(WHO)).toEqual({ viewer: { name: 'own' } });
  });

  it('end with the device, also for one that is made anew under its serial', async () => {
    await project.ask('mutation { deleteDevice(input: {deviceSerial: "own"}) { deleted } }');
    const gone = async () => {
      expect(await device.refusal(WHO)).toMatchObject(UNAUTHENTICATED);
      expect(await requestToken(credentials)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    };
    await gone();
    for (const table of ['device_credential', 'device_token']) {
      expect(await server.sql(`select 1 from ${table} where project_id = $1`, [project.id])).toEqual([]);
    }
    await project.ask('mutation { createDevice(input: {deviceSerial: "own"}) { created } }');
    await gone();
  });

  it('end with the device when many are deleted at once', async () => {
    await project.ask('mutation { deleteDevices(input: {devices: {all: true}}) { changedCount } }');
    expect(await device.refusal(WHO)).toMatchObject(UNAUTHENTICATED);
  });

  it('of another device go on when one is disabled', async () => {
    const other = await deviceClient(server, await issueCredentials(project, 'other'));
    await setState('DISABLED');
    expect(await other.ask(WHO)).toEqual({ viewer: { name: 'other' } });
  });

  it('stop when the token has expired', async () => {
    await server.sql(`update device_token set expires_at = now() - interval '1 millisecond' where project_id = $1`, [
      project.id,
    ]);
    expect(await device.refusal(WHO)).toMatchObject(UNAUTHENTICATED);
  });

  it('are refused in the same words as any bad credential', async () => {
    const ofKey = await project.client('READER', { revokedAt: new Date() });
    const { message } = await ofKey.refusal(WHO);
    await setState('DISABLED');
    expect(await device.refusal(WHO)).toMatchObject({ ...UNAUTHENTICATED, message });
  });

  it('are no API keys: neither the secret, the client id nor a token as Basic opens the endpoint', async () => {
    for (const authorization of [
      `Bearer ${credentials.clientSecret}`,
      `Bearer ${credentials.clientId}`,
      `Basic ${btoa(`${credentials.clientId}:${credentials.clientSecret}`)}`,
      `Basic ${btoa(`:${device.key}`)}`,
      `Bearer ${device.key.replace(/_\d+_/, '_1_')}`,
      `Bearer ${device.key.replace(/_\d+_/, '_9999999999_')}`,
      `Bearer ${device.key.slice(0, -1)}${device.key.endsWith('A') ? 'B' : 'A'}`,
    ]) {
      const answer = await fetch(server.endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify({ query: WHO }),
      });
      expect([authorization, answer.status]).toEqual([authorization, 401]);
    }
  });
});

describe('a device reads', () => {
  it('who it is', async () => {
    expect(await device.ask('{ viewer { role name project { slug } } }')).toEqual({
      viewer: { role: 'DEVICE', name: 'own', project: { slug: expect.any(String) as string } },
    });
  });

  it('itself by each of its keys, with the names of what is around it', async () => {
    const { id, uuid } = await idOf('own');
    const all = await device.ask(
      `query ($id: ID!, $uuid: ID!) {
        bySerial: device(deviceSerial: "own") { ...All } byId: device(id: $id) { ...All } byUuid: device(uuid: $uuid) { ...All }
        node(id: $id) { ...All } nodes(ids: [$id]) { ...All } }
      fragment All on Device { id uuid deviceSerial clientId state lastSeen lastSeenRelease { version } cohort { slug name }
        group { name } attributes { name value scope } attribute(name: "os") { value } latestInstall { kind release { version } } }`,
      { id, uuid },
    );
    const own = {
      id,
      uuid,
      deviceSerial: 'own',
      clientId: credentials.clientId,
      state: 'ACTIVE',
      lastSeen: '2026-01-01T00:00:00.000Z',
      lastSeenRelease: { version: '1.0' },
      cohort: { slug: 'beta', name: 'Beta' },
      group: { name: 'lab' },
      attributes: [
        { name: 'mac', value: 'aa', scope: 'IDENTITY' },
        { name: 'os', value: 'linux', scope: 'INVENTORY' },
      ],
      attribute: { value: 'linux' },
      latestInstall: { kind: 'INSTALL', release: { version: '1.0' } },
    };
    expect(all).toEqual({ bySerial: own, byId: own, byUuid: own, node: own, nodes: [own] });
  });

  it('another device no more than one that does not exist', async () => {
    const other = await idOf('other');
    const missing = { id: toGlobalId('Device', '999999999'), uuid: '00000000-0000-4000-8000-000000000000' };
    for (const { id, uuid } of [other, missing]) {
      expect(
        await device.ask(
          'query ($id: ID!, $uuid: ID!) { a: device(id: $id) { id } b: device(uuid: $uuid) { id } node(id: $id) { id } nodes(ids: [$id]) { id } }',
          { id, uuid },
        ),
      ).toEqual({ a: null, b: null, node: null, nodes: [null] });
    }
    expect(await device.ask('{ a: device(deviceSerial: "other") { id } b: device(deviceSerial: "no") { id } }')).toEqual(
      { a: null, b: null },
    );
  }); // prettier-ignore

  it('nothing else by its id', async () => {
    const ids = await Promise.all(
      (
        [
          ['Cohort', 'cohort'],
          ['Group', 'device_group'],
          ['Release', 'release'],
          ['Deployment', 'deployment'],
          ['ApiKey', 'api_key'],
        ] as const
      ).map(async ([type, table]) => {
        const [row] = await server.sql<{ id: string }>(`select id from ${table} where project_id = $1`, [project.id]);
        return toGlobalId(type, row!.id);
      }),
    );
    ids.push(toGlobalId('Project', project.id));
    expect(await device.ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })).toEqual({
      nodes: ids.map(() => null),
    });
  });
});

/** All fields of all types that a device may use. Whoever adds a field decides here. */
const FIELDS_OF_DEVICES = `
Attribute description name scope source type updatedAt value
Cohort id name slug
Device attribute attributes attributesUpdatedAt clientId cohort createdAt deviceCode deviceSerial events group hardwareVersion
Device id lastSeen lastSeenRelease latestInstall latestTrace manufacturer ownerRef productName registeredBy state testMode
Device updatedAt uuid
DeviceEvent at kind release title url
Group id name
Mutation reportAttributes
Project id name slug
Query device node nodes viewer
Release id revision version
ReportAttributesPayload createdCount unchangedCount updatedCount
Viewer name project role`;

const ALLOWED = new Set(
  FIELDS_OF_DEVICES.trim()
    .split('\n')
    .flatMap((line) => {
      const [type, ...fields] = line.split(' ');
      return fields.map((field) => `${type}.${field}`);
    }),
);

describe('everything else is refused', () => {
  /** One use of each root field, with arguments that would pass. */
  const ROOT_USES: Readonly<Record<string, string>> = {
    devices: 'devices { totalCount }',
    cohort: 'cohort(slug: "beta") { id }',
    cohorts: 'cohorts { totalCount }',
    group: 'group(name: "lab") { id }',
    groups: 'groups { totalCount }',
    releases: 'releases { totalCount }',
    attributeKeys: 'attributeKeys { totalCount }',
    apiKeys: 'apiKeys { id }',
    auditLog: 'auditLog { totalCount }',
    createDevice: 'createDevice(input: {deviceSerial: "made"}) { created }',
    updateDevice: 'updateDevice(input: {deviceSerial: "own", ownerRef: "x"}) { device { id } }',
    deleteDevice: 'deleteDevice(input: {deviceSerial: "own"}) { deleted }',
    setDeviceAttributes:
      'setDeviceAttributes(input: {deviceSerial: "own", attributes: [{name: "a", value: 1}]}) { device { id } }',
    removeDeviceAttributes: 'removeDeviceAttributes(input: {deviceSerial: "own", names: ["os"]}) { device { id } }',
    recordDeviceEvent:
      'recordDeviceEvent(input: {deviceSerial: "own", kind: TRACE, at: "2026-01-01T00:00:00Z"}) { device { id } }',
    createCohort: 'createCohort(input: {name: "made"}) { created }',
    updateCohort: 'updateCohort(input: {slug: "beta", name: "x"}) { cohort { id } }',
    deleteCohort: 'deleteCohort(input: {slug: "beta"}) { deleted }',
    deployRelease: 'deployRelease(input: {cohort: "beta", release: {version: "1"}}) { deployment { id } }',
    createGroup: 'createGroup(input: {name: "made"}) { created }',
    renameGroup: 'renameGroup(input: {name: "lab", newName: "office"}) { group { id } }',
    deleteGroup: 'deleteGroup(input: {name: "lab"}) { deleted }',
    setDeviceGroup: 'setDeviceGroup(input: {deviceSerial: "own", group: "office"}) { device { id } }',
    removeDeviceFromGroup: 'removeDeviceFromGroup(input: {deviceSerial: "own", group: "lab"}) { device { id } }',
    moveDevicesToCohort: 'moveDevicesToCohort(input: {devices: {all: true}, cohort: "beta"}) { changedCount }',
    moveDevicesToGroup: 'moveDevicesToGroup(input: {devices: {all: true}, group: "office"}) { changedCount }',
    setAttributesOfDevices:
      'setAttributesOfDevices(input: {devices: {all: true}, attributes: [{name: "a", value: 1}]}) { changedCount }',
    deleteDevices: 'deleteDevices(input: {devices: {all: true}}) { changedCount }',
    issueDeviceCredentials: 'issueDeviceCredentials(input: {deviceSerial: "own"}) { clientSecret }',
    createApiKey: 'createApiKey(input: {name: "made", role: READER}) { secret }',
    revokeApiKey: 'revokeApiKey(input: {id: "QXBpS2V5OjE"}) { apiKey { id } }',
  };

  it('every root field of the schema has a case, or a device may use it', () => {
    const roots = (['Query', 'Mutation', 'Subscription'] as const).flatMap((name) => {
      const type = schema.getType(name);
      return isObjectType(type) ? Object.keys(type.getFields()).map((field) => ({ name, field })) : [];
    });
    const refused = roots.filter(({ name, field }) => !ALLOWED.has(`${name}.${field}`)).map(({ field }) => field);
    expect(Object.keys(ROOT_USES).toSorted()).toEqual(refused.toSorted());
  });

  it.each(Object.entries(ROOT_USES))('%s, and nothing is changed', async (name, use) => {
    const before = await server.dump();
    const kind = schema.getQueryType()!.getFields()[name] === undefined ? 'mutation' : 'query';
    expect(await device.refusal(`${kind} { ${use} }`)).toMatchObject(FORBIDDEN);
    expect(await server.dump()).toEqual(before);
  });

  it('each field of each type that is not on the list, whatever it hangs on', async () => {
    const refused: string[] = [];
    const answered: string[] = [];
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) || type.name.startsWith('__')) continue;
      for (const [name, { resolve }] of Object.entries(type.getFields())) {
        try {
          await resolve?.({}, {}, { viewer: { role: 'DEVICE' } }, { parentType: type, fieldName: name } as never);
          answered.push(`${type.name}.${name}`);
        } catch (fault) {
          const { code } = fault as { code?: string };
          (code === 'FORBIDDEN' ? refused : answered).push(`${type.name}.${name}`);
        }
      }
    }
    expect(answered.toSorted()).toEqual([...ALLOWED].toSorted());
    expect(refused.length).toBeGreaterThan(100);
  });

  it.each([
    ['devices of its cohort', 'cohort { devices { nodes { deviceSerial } } }'],
    ['the number of devices of its cohort', 'cohort { deviceCount }'],
    ['deployments of its cohort', 'cohort { lastDeployment { id } }'],
    ['devices of its group', 'group { devices { totalCount } }'],
    ['the number of devices of its group', 'group { deviceCount }'],
    ['the number of devices of its release', 'lastSeenRelease { deviceCount }'],
  ])('%s', async (_what, selection) => {
    const { body } = await device.graphql(`{ device(deviceSerial: "own") { ${selection} } }`);
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
  });

  it('the plan of a search', async () => {
    const answer = await fetch(server.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${device.key}`,
        'x-fleetgraph-plan': '1',
      },
      body: JSON.stringify({ query: '{ device(deviceSerial: "own") { id } }' }),
    });
    expect(await answer.json()).not.toHaveProperty('extensions.plan');
  });
});

describe('a device reports', () => {
  const REPORT = `mutation ($input: ReportAttributesInput!) {
    reportAttributes(input: $input) { createdCount updatedCount unchangedCount } }`;
  const report = (more: object = {}, input: object = {}) => ({
    input: { reports: [{ deviceSerial: 'own', attributes: [{ name: 'a', value: 1 }], ...more }], ...input },
  });

  it('attributes of the scopes INVENTORY and MONITOR and last seen for itself', async () => {
    const attributes = [
      { name: 'temperature', value: 21.5, scope: 'MONITOR' },
      { name: 'os', value: 'bsd', scope: 'INVENTORY' },
      { name: 'kernel', value: '6.1' },
    ];
    expect(await device.ask(REPORT, report({ attributes, lastSeen: '2026-02-02T00:00:00Z' }))).toEqual({
      reportAttributes: { createdCount: 0, updatedCount: 1, unchangedCount: 0 },
    });
    expect(
      await device.ask(
        '{ device(deviceSerial: "own") { lastSeen attributes(names: ["temperature", "os", "kernel"]) { name value scope } } }',
      ),
    ).toEqual({
      device: {
        lastSeen: '2026-02-02T00:00:00.000Z',
        attributes: [
          { name: 'kernel', value: '6.1', scope: 'INVENTORY' },
          { name: 'os', value: 'bsd', scope: 'INVENTORY' },
          { name: 'temperature', value: 21.5, scope: 'MONITOR' },
        ],
      },
    });
  });

  it('no time far ahead, which could never be taken back, and one a little ahead', async () => {
    const ahead = (hours: number) => report({ lastSeen: new Date(Date.now() + hours * 3_600_000).toISOString() });
    expect(await device.refusal(REPORT, ahead(48))).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.reports[0].lastSeen',
    });
    await device.ask(REPORT, ahead(1));
  });

  it.each<[string, object, string]>([
    ['in the scope TAGS', report({ attributes: [{ name: 'a', value: 1, scope: 'TAGS' }] }), 'input.reports[0].attributes[0].scope'],
    ['in the scope IDENTITY', report({ attributes: [{ name: 'b', value: 1 }, { name: 'a', value: 1, scope: 'IDENTITY' }] }), 'input.reports[0].attributes[1].scope'],
    ['in the scope SYSTEM', report({ attributes: [{ name: 'a', value: 1, scope: 'SYSTEM' }] }), 'input.reports[0].attributes[0].scope'],
    ['with createMissing', report({}, { createMissing: true }), 'input.createMissing'],
    ['with a group', report({ group: 'office' }), 'input.reports[0].group'],
    ['with a release', report({ lastSeenRelease: { version: '9' } }), 'input.reports[0].lastSeenRelease'],
  ])('nothing %s', async (_what, variables, field) => {
    const before = await server.dump();
    expect(await device.refusal(REPORT, variables as Record<string, unknown>)).toMatchObject({ ...FORBIDDEN, field });
    expect(await server.dump()).toEqual(before);
  }); // prettier-ignore

  it('for another device no more than for one that does not exist, and then not for itself either', async () => {
    const before = await server.dump();
    for (const deviceSerial of ['other', 'missing', 'OWN']) {
      const { input } = report();
      const reports = [...input.reports, { deviceSerial, attributes: [{ name: 'a', value: 2 }] }];
      expect(await device.refusal(REPORT, { input: { reports } })).toMatchObject({
        status: 200,
        code: 'NOT_FOUND',
        field: 'input.reports[1].deviceSerial',
        message: `input.reports[1].deviceSerial: there is no device "${deviceSerial}"`,
      });
      const writer = await project.client('WRITER');
      const missing = { reports: [{ deviceSerial: 'missing', attributes: [] }] };
      expect((await writer.refusal(REPORT, { input: missing })).message).toBe(
        'input.reports[0].deviceSerial: there is no device "missing"',
      );
    }
    const { api_key: _, ...after } = await server.dump();
    const { api_key: __, ...unchanged } = before;
    expect(after).toEqual(unchanged);
  });
});
