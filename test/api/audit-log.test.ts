/** Who changed what and when: the entries that changes leave, and how they are read and deleted. */
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { startApp } from '../../src/app.js';
import { parseConfig } from '../../src/config.js';
import { toGlobalId } from '../../src/model/global-id.js';
import { createTestDatabase } from '../support/database.js';
import { deviceClient, issueCredentials } from '../support/device-client.js';
import { clientOf, startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

beforeEach(async () => {
  project = await server.createProject();
});

interface Entry {
  readonly at: string;
  readonly operation: string;
  readonly objectId: string | null;
  readonly requestId: string;
}

const FIELDS =
  'at principal principalId role operation kind objectId objectName before after selector matchedCount changedCount requestId';

async function entries(args = ''): Promise<Entry[]> {
  const { auditLog } = await project.ask<{ auditLog: { nodes: Entry[]; totalCount: number } }>(
    `{ auditLog${args} { nodes { ${FIELDS} } totalCount } }`,
  );
  expect(auditLog.totalCount).toBe(auditLog.nodes.length);
  return auditLog.nodes;
}

const forget = () => server.sql('delete from audit_log where project_id = $1', [project.id]);

/** What each mutation is tried on. */
async function fill(): Promise<void> {
  await project.ask(`mutation {
    b: createCohort(input: {name: "Beta"}) { created }
    g: createGroup(input: {name: "empty"}) { created }
    d: createDevice(input: {deviceSerial: "d", group: "lab", ownerRef: "me", lastSeenRelease: {version: "1"},
      attributes: [{name: "os", value: "linux", description: "what runs"}, {name: "__proto__", value: 1, scope: TAGS}]}) { created }
    e: createDevice(input: {deviceSerial: "e", group: "lab"}) { created } }`);
}

const GONE = { before: null, selector: null, matchedCount: null, changedCount: null };
const DEVICE = { kind: 'Device', objectName: 'd', selector: null, matchedCount: null, changedCount: null };
const COHORT = { kind: 'Cohort', objectName: 'beta', selector: null, matchedCount: null };
const BULK = { kind: 'Device', objectId: null, objectName: null, before: null };

/** Of each mutation: a use that changes something, the entry it leaves, and one that changes nothing. */
const CASES: Readonly<Record<string, { use: string; entry: object; idle?: string }>> = {
  createDevice: {
    use: 'createDevice(input: {deviceSerial: "n", group: "new", cohort: "beta", attributes: [{name: "a", value: [1, 2]}]}) { created }',
    entry: {
      ...DEVICE,
      objectName: 'n',
      before: null,
      after: {
        state: 'ACTIVE',
        testMode: false,
        cohort: 'beta',
        group: 'new',
        attributes: { INVENTORY: { a: [1, 2] } },
      },
    },
    idle: 'createDevice(input: {deviceSerial: "d", ownerRef: "you", ifExists: KEEP}) { created }',
  },
  updateDevice: {
    use: 'updateDevice(input: {deviceSerial: "d", ownerRef: null, cohort: "beta", lastSeenRelease: {version: "2", revision: "r"}}) { device { id } }',
    entry: {
      ...DEVICE,
      before: { ownerRef: 'me', cohort: 'default', lastSeenRelease: { version: '1', revision: null } },
      after: { ownerRef: null, cohort: 'beta', lastSeenRelease: { version: '2', revision: 'r' } },
    },
    idle: 'updateDevice(input: {deviceSerial: "d", ownerRef: "me"}) { device { id } }',
  },
  deleteDevice: {
    use: 'deleteDevice(input: {deviceSerial: "d"}) { deleted }',
    entry: {
      ...DEVICE,
      before: {
        ownerRef: 'me',
        state: 'ACTIVE',
        testMode: false,
        cohort: 'default',
        group: 'lab',
        lastSeenRelease: { version: '1', revision: null },
        attributes: {
          INVENTORY: { os: { value: 'linux', description: 'what runs' } },
          TAGS: JSON.parse('{"__proto__": 1}') as object,
        },
      },
      after: null,
    },
    idle: 'deleteDevice(input: {deviceSerial: "no"}) { deleted }',
  },
  setDeviceAttributes: {
    use: 'setDeviceAttributes(input: {deviceSerial: "d", attributes: [{name: "os", value: 7}, {name: "new", value: true}]}) { device { id } }',
    entry: {
      ...DEVICE,
      before: { attributes: { INVENTORY: { os: { value: 'linux', description: 'what runs' } } } },
      after: { attributes: { INVENTORY: { os: { value: 7, description: 'what runs' }, new: true } } },
    },
    idle: 'setDeviceAttributes(input: {deviceSerial: "d", attributes: [{name: "os", value: "linux"}]}) { device { id } }',
  },
  removeDeviceAttributes: {
    use: 'removeDeviceAttributes(input: {deviceSerial: "d", names: ["os", "no"]}) { device { id } }',
    entry: {
      ...DEVICE,
      before: { attributes: { INVENTORY: { os: { value: 'linux', description: 'what runs' } } } },
      after: {},
    },
    idle: 'removeDeviceAttributes(input: {deviceSerial: "d", names: ["no"]}) { device { id } }',
  },
  recordDeviceEvent: {
    use: 'recordDeviceEvent(input: {deviceSerial: "d", kind: TRACE, at: "2026-01-01T00:00:00Z", title: "t"}) { device { id } }',
    entry: {
      ...DEVICE,
      before: null,
      after: { event: { kind: 'TRACE', at: '2026-01-01T00:00:00.000Z', title: 't', url: null, release: null } },
    },
  },
  reportAttributes: {
    use: 'reportAttributes(input: {reports: [{deviceSerial: "d", attributes: [{name: "os", value: 1}]}]}) { updatedCount }',
    entry: {
      ...DEVICE,
      before: { attributes: { INVENTORY: { os: { value: 'linux', description: 'what runs' } } } },
      after: { attributes: { INVENTORY: { os: { value: 1, description: 'what runs' } } } },
    },
    idle: 'reportAttributes(input: {reports: [{deviceSerial: "d", attributes: [{name: "os", value: "linux"}]}]}) { updatedCount }',
  },
  createCohort: {
    use: 'createCohort(input: {name: "Gamma"}) { created }',
    entry: {
      ...COHORT,
      objectName: 'gamma',
      before: null,
      after: { name: 'Gamma', slug: 'gamma' },
      changedCount: null,
    },
    idle: 'createCohort(input: {name: "Beta", ifExists: UPDATE}) { created }',
  },
  updateCohort: {
    use: 'updateCohort(input: {slug: "beta", newSlug: "next"}) { cohort { id } }',
    entry: { ...COHORT, objectName: 'next', before: { slug: 'beta' }, after: { slug: 'next' }, changedCount: null },
    idle: 'updateCohort(input: {slug: "beta", name: "Beta"}) { cohort { id } }',
  },
  deleteCohort: {
    use: 'm: moveDevicesToCohort(input: {devices: {deviceSerials: ["e"]}, cohort: "beta"}) { changedCount } deleteCohort(input: {slug: "beta"}) { deleted }',
    entry: { ...COHORT, before: { name: 'Beta', slug: 'beta' }, after: null, changedCount: 1 },
    idle: 'deleteCohort(input: {slug: "no"}) { deleted }',
  },
  deployRelease: {
    use: 'deployRelease(input: {cohort: "beta", release: {version: "3"}}) { deployment { id } }',
    entry: {
      ...GONE,
      kind: 'Deployment',
      objectName: 'beta',
      after: { cohort: 'beta', release: { version: '3', revision: null } },
    },
  },
  createGroup: {
    use: 'createGroup(input: {name: "made"}) { created }',
    entry: { ...GONE, kind: 'Group', objectName: 'made', after: { name: 'made' } },
    idle: 'createGroup(input: {name: "lab", ifExists: KEEP}) { created }',
  },
  renameGroup: {
    use: 'renameGroup(input: {name: "lab", newName: "office"}) { group { id } }',
    entry: { ...GONE, kind: 'Group', objectName: 'office', before: { name: 'lab' }, after: { name: 'office' } },
    idle: 'renameGroup(input: {name: "lab", newName: "lab"}) { group { id } }',
  },
  deleteGroup: {
    use: 'deleteGroup(input: {name: "lab"}) { deleted }',
    entry: { ...GONE, kind: 'Group', objectName: 'lab', before: { name: 'lab' }, after: null, changedCount: 2 },
    idle: 'deleteGroup(input: {name: "no"}) { deleted }',
  },
  setDeviceGroup: {
    use: 'setDeviceGroup(input: {deviceSerial: "d", group: "empty"}) { device { id } }',
    entry: { ...DEVICE, before: { group: 'lab' }, after: { group: 'empty' } },
    idle: 'setDeviceGroup(input: {deviceSerial: "d", group: "lab"}) { device { id } }',
  },
  removeDeviceFromGroup: {
    use: 'removeDeviceFromGroup(input: {deviceSerial: "d", group: "lab"}) { device { id } }',
    entry: { ...DEVICE, before: { group: 'lab' }, after: { group: null } },
  },
  moveDevicesToCohort: {
    use: 'moveDevicesToCohort(input: {devices: {deviceSerials: ["d", "no"]}, cohort: "beta"}) { changedCount }',
    entry: {
      ...BULK,
      selector: { deviceSerials: ['d', 'no'] },
      after: { cohort: 'beta' },
      matchedCount: 1,
      changedCount: 1,
    },
    idle: 'moveDevicesToCohort(input: {devices: {all: true}, cohort: "beta", dryRun: true}) { changedCount }',
  },
  moveDevicesToGroup: {
    use: 'moveDevicesToGroup(input: {devices: {filter: {ownerRef: {eq: "me"}}}, group: null}) { changedCount }',
    entry: {
      ...BULK,
      selector: { filter: { ownerRef: { eq: 'me', ignoreCase: false } } },
      after: { group: null },
      matchedCount: 1,
      changedCount: 1,
    },
    idle: 'moveDevicesToGroup(input: {devices: {all: true}, group: "lab"}) { changedCount }',
  },
  setAttributesOfDevices: {
    use: 'setAttributesOfDevices(input: {devices: {all: true}, attributes: [{name: "os", value: "linux"}]}) { changedCount }',
    entry: {
      ...BULK,
      selector: { all: true },
      after: { attributes: { INVENTORY: { os: 'linux' } } },
      matchedCount: 2,
      changedCount: 1,
    },
    idle: 'setAttributesOfDevices(input: {devices: {deviceSerials: ["d"]}, attributes: [{name: "os", value: "linux"}]}) { changedCount }',
  },
  deleteDevices: {
    use: 'deleteDevices(input: {devices: {all: true}}) { changedCount }',
    entry: { ...BULK, selector: { all: true }, after: null, matchedCount: 2, changedCount: 2 },
    idle: 'deleteDevices(input: {devices: {deviceSerials: ["no"]}}) { changedCount }',
  },
  issueDeviceCredentials: {
    use: 'issueDeviceCredentials(input: {deviceSerial: "d"}) { clientSecret }',
    entry: {
      ...DEVICE,
      before: { clientId: null },
      after: { clientId: expect.stringMatching(/^fgd_/) as unknown },
    },
  },
  createApiKey: {
    use: 'createApiKey(input: {name: "ci", role: READER}) { secret }',
    entry: { ...GONE, kind: 'ApiKey', objectName: 'ci', after: { name: 'ci', role: 'READER', expiresAt: null } },
  },
  revokeApiKey: {
    use: 'revokeApiKey(input: {id: "KEY_ID"}) { apiKey { id } }',
    entry: {
      ...GONE,
      kind: 'ApiKey',
      objectName: 'spare',
      before: { revokedAt: null },
      after: { revokedAt: expect.stringMatching(/^\d{4}-.*Z$/) as unknown },
    },
  },
};

async function keyId(): Promise<string> {
  const { createApiKey } = await project.ask<{ createApiKey: { apiKey: { id: string } } }>(
    'mutation { createApiKey(input: {name: "spare", role: READER}) { apiKey { id } } }',
  );
  return createApiKey.apiKey.id;
}

describe('a change', () => {
  it('has a case for every mutation of the schema', async () => {
    const schema = buildClientSchema(
      await project.ask<IntrospectionQuery & Record<string, unknown>>(getIntrospectionQuery()),
    );
    expect(Object.keys(schema.getMutationType()!.getFields()).toSorted()).toEqual(Object.keys(CASES).toSorted());
  });

  it.each(Object.keys(CASES))('%s leaves one entry that says who changed what', async (operation) => {
    const { use, entry } = CASES[operation]!;
    await fill();
    const text = `mutation { ${use.replace('KEY_ID', await keyId())} }`;
    await forget();
    // An entry tells who it was even if another key has the name.
    const [admin] = await server.sql<{ id: string }>(
      `select id from api_key where project_id = $1 and name = 'the ADMIN'`,
      [project.id],
    );
    const adminKeyId = toGlobalId('ApiKey', admin!.id);
    const started = Date.now();
    const { headers, body } = await project.graphql(text);
    expect(body.errors).toBeUndefined();
    const found = await entries(`(filter: {operation: "${operation}"})`);
    expect(found).toEqual([
      {
        at: expect.any(String) as unknown,
        principal: 'the ADMIN',
        principalId: adminKeyId,
        role: 'ADMIN',
        objectId: expect.any(String) as unknown,
        requestId: headers.get('x-request-id'),
        operation,
        ...entry,
      },
    ]);
    expect(Date.parse(found[0]!.at)).toBeGreaterThanOrEqual(started);
    expect(Date.parse(found[0]!.at)).toBeLessThanOrEqual(Date.now());
    expect(JSON.stringify(found)).not.toMatch(/fg_|secret/i);
  });

  it.each(Object.keys(CASES).filter((name) => CASES[name]!.idle !== undefined))(
    '%s that changes nothing leaves no entry',
    async (operation) => {
      await fill();
      await forget();
      await project.ask(`mutation { ${CASES[operation]!.idle!} }`);
      expect(await entries()).toEqual([]);
    },
  );

  it('that revokes a revoked key leaves no entry', async () => {
    const id = await keyId();
    const revoke = `mutation { revokeApiKey(input: {id: "${id}"}) { apiKey { id } } }`;
    await project.ask(revoke);
    await project.ask(revoke);
    expect(await entries('(filter: {operation: "revokeApiKey"})')).toHaveLength(1);
  });

  it.each([
    ['refused', 'createDevice(input: {deviceSerial: "d"}) { created }', 'CONFLICT'],
    [
      'refused late',
      'deleteDevices(input: {devices: {all: true}, maxAffected: 1}) { changedCount }',
      'TOO_MANY_AFFECTED',
    ],
    ['of a key refused', 'createApiKey(input: {name: "", role: READER}) { secret }', 'BAD_USER_INPUT'],
  ])('that is %s leaves no entry', async (_how, use, code) => {
    await fill();
    await forget();
    expect(await project.refusal(`mutation { ${use} }`)).toMatchObject({ code });
    expect(await entries()).toEqual([]);
  });

  it.each([
    ['a device', 'updateDevice(input: {deviceSerial: "d", ownerRef: "x"}) { device { id } }', 'device'],
    ['many', 'moveDevicesToGroup(input: {devices: {all: true}, group: "new"}) { changedCount }', 'device_group'],
    ['a group', 'createGroup(input: {name: "made"}) { created }', 'device_group'],
    ['a key', 'createApiKey(input: {name: "made", role: READER}) { secret }', 'api_key'],
  ])('of %s is not made if its entry cannot be written', async (_what, use, table) => {
    await fill();
    const before = await server.sql(`select to_jsonb(t) - 'last_used_at' as row from ${table} t order by 1`);
    await server.sql('alter table audit_log add constraint full_up check (id < 0) not valid');
    try {
      expect(await project.refusal(`mutation { ${use} }`)).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    } finally {
      await server.sql('alter table audit_log drop constraint full_up');
    }
    expect(await server.sql(`select to_jsonb(t) - 'last_used_at' as row from ${table} t order by 1`)).toEqual(before);
  });

  it('of megabytes leaves an entry of some kilobytes, which says what it leaves out', async () => {
    const attributes = Array.from({ length: 200 }, (_, index) => ({
      name: `n${index}`,
      value: index === 0 ? Array.from({ length: 1_000 }, () => 'é') : '😀'.repeat(3_000),
    }));
    await project.ask(
      'mutation ($attributes: [AttributeInput!]) { createDevice(input: {deviceSerial: "big", attributes: $attributes}) { created } }',
      {
        attributes,
      },
    );
    const [entry] = await entries('(filter: {object: "big"})');
    const text = JSON.stringify(entry);
    expect(text.length).toBeLessThan(64 * 1024);
    expect(text).toContain('… (6000 characters)');
    expect(text).toContain('… 900 more');
    expect(text).toContain('"…":"100 more"');
  });
});

describe('auditLog', () => {
  const pageOf = async (args: string) =>
    (
      await project.ask<{
        auditLog: {
          nodes: { objectName: string }[];
          edges: { cursor: string }[];
          pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string };
          totalCount: number;
        };
      }>(
        `{ auditLog${args} { nodes { objectName } edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor } totalCount } }`,
      )
    ).auditLog;

  it('pages through all entries, newest first', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      await project.ask(`mutation { createGroup(input: {name: "${name}"}) { created } }`);
    }
    const first = await pageOf('(first: 2)');
    expect(first.nodes.map(({ objectName }) => objectName)).toEqual(['e', 'd']);
    expect(first).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true, hasPreviousPage: false } });
    const second = await pageOf(`(first: 2, after: "${first.pageInfo.endCursor}")`);
    expect(second.nodes.map(({ objectName }) => objectName)).toEqual(['c', 'b']);
    const third = await pageOf(`(first: 2, after: "${second.pageInfo.endCursor}")`);
    expect(third.nodes.map(({ objectName }) => objectName)).toEqual(['a']);
    expect(third).toMatchObject({ pageInfo: { hasNextPage: false, hasPreviousPage: true } });
  });

  it('gives entries of one instant in one order, without loss between pages', async () => {
    await server.sql(
      `insert into audit_log (project_id, at, principal, role, operation, kind, object_name, request_id)
       select $1, '2026-01-01', 'ci', 'WRITER', 'createGroup', 'Group', 'g' || n, 'r' from generate_series(1, 5) n`,
      [project.id],
    );
    const first = await pageOf('(first: 3)');
    const rest = await pageOf(`(first: 3, after: "${first.pageInfo.endCursor}")`);
    expect([...first.nodes, ...rest.nodes].map(({ objectName }) => objectName)).toEqual(['g5', 'g4', 'g3', 'g2', 'g1']);
  });

  it('finds entries by principal, operation, object and time, all together', async () => {
    await fill();
    const writer = await project.client('WRITER');
    await writer.ask('mutation { updateDevice(input: {deviceSerial: "d", ownerRef: "x"}) { device { id } } }');
    const of = async (filter: string) => (await entries(`(filter: {${filter}})`)).map(({ operation }) => operation);
    expect(await of('principal: "the WRITER"')).toEqual(['updateDevice']);
    expect(await of('operation: "createGroup"')).toEqual(['createGroup']);
    expect(await of('object: "d"')).toEqual(['updateDevice', 'createDevice']);
    const [{ objectId, at }] = (await entries('(filter: {object: "d"})')) as [Entry];
    expect(await of(`object: "${objectId}"`)).toEqual(['updateDevice', 'createDevice']);
    expect(await of(`object: "d", principal: "the ADMIN"`)).toEqual(['createDevice']);
    expect(await of(`since: "${at}"`)).toEqual(['updateDevice']);
    expect(await of(`until: "${at}", object: "d"`)).toEqual(['createDevice']);
    expect(await of('principal: "nobody"')).toEqual([]);
  });

  it.each([
    ['(first: -1)', 'first'],
    ['(first: 501)', 'first'],
    ['(after: "no")', 'after'],
    ['(filter: null)', 'filter'],
    ['(filter: {})', 'filter'],
    ['(filter: {object: null})', 'filter.object'],
    ['(filter: {object: "\\u0000"})', 'filter.object'],
  ])('refuses %s by name', async (args, field) => {
    expect(await project.refusal(`{ auditLog${args} { totalCount } }`)).toMatchObject({
      code: 'BAD_USER_INPUT',
      field,
    });
  });

  it('refuses a cursor of another filter, and a variable that is not supplied', async () => {
    await fill();
    const { endCursor } = (await pageOf('(first: 1)')).pageInfo;
    expect(
      await project.refusal(`{ auditLog(after: "${endCursor}", filter: {operation: "createGroup"}) { totalCount } }`),
    ).toMatchObject({ code: 'CURSOR_MISMATCH' });
    expect(
      await project.refusal(
        'query ($who: String) { auditLog(filter: {principal: $who, operation: "x"}) { totalCount } }',
      ),
    ).toMatchObject({ code: 'BAD_USER_INPUT', field: 'who' });
  });

  it('shows nothing of another project', async () => {
    await fill();
    const [{ objectId }] = (await entries('(filter: {object: "d"})')) as [Entry];
    const { endCursor } = (await pageOf('(first: 1)')).pageInfo;
    project = await server.createProject();
    expect(await entries()).toEqual([]);
    expect(await entries(`(filter: {object: "${objectId}"})`)).toEqual([]);
    expect(await project.refusal(`{ auditLog(after: "${endCursor}") { totalCount } }`)).toMatchObject({
      code: 'CURSOR_MISMATCH',
    });
  });
});

describe('a report', () => {
  const report = (value: number) =>
    `mutation { reportAttributes(input: {reports: [{deviceSerial: "d", attributes: [{name: "a", value: ${value}}]}]}) { updatedCount } }`;

  it.each([
    ['none', []],
    ['keys', ['WRITER']],
    ['all', ['DEVICE', 'WRITER']],
  ])('leaves an entry as the setting says: %s', async (setting, roles) => {
    const other = await startServer({ FLEETGRAPH_AUDIT_REPORTS: setting });
    try {
      const fleet = await other.createProject();
      await fleet.ask('mutation { createDevice(input: {deviceSerial: "d"}) { created } }');
      const device = await deviceClient(other, await issueCredentials(fleet, 'd'));
      await (await fleet.client('WRITER')).ask(report(1));
      await device.ask(report(2));
      const { auditLog } = await fleet.ask<{ auditLog: { nodes: { role: string }[] } }>(
        '{ auditLog(filter: {operation: "reportAttributes"}) { nodes { role } } }',
      );
      expect(auditLog.nodes.map(({ role }) => role)).toEqual(roles);
    } finally {
      await other.stop();
    }
  });

  it('of many devices leaves one entry with their serials', async () => {
    await fill();
    await forget();
    await project.ask(`mutation { reportAttributes(input: {createMissing: true, reports: [
      {deviceSerial: "d", attributes: [{name: "os", value: "linux"}]},
      {deviceSerial: "new", attributes: []}]}) { createdCount } }`);
    expect(await entries()).toMatchObject([
      {
        operation: 'reportAttributes',
        objectName: null,
        selector: { deviceSerials: ['d', 'new'] },
        matchedCount: 2,
        changedCount: 1,
        before: null,
        after: null,
      },
    ]);
  });
});

describe('settings', () => {
  it('delete what is older than the days that they name', async () => {
    const database = await createTestDatabase();
    const key = `fg_test_${'k'.repeat(24)}`;
    const settings = {
      DATABASE_URL: database.url,
      PORT: '0',
      FLEETGRAPH_ADMIN_KEY: key,
      FLEETGRAPH_DEMO: 'false',
      LOG_LEVEL: 'silent',
    };
    const readLog = async (url: string) =>
      (
        await clientOf(`${url}/graphql`, key).ask<{ auditLog: { nodes: unknown[] } }>(
          '{ auditLog { nodes { operation } } }',
        )
      ).auditLog.nodes;
    let app = await startApp(parseConfig(settings));
    try {
      await clientOf(`${app.url}/graphql`, key).ask('mutation { createGroup(input: {name: "young"}) { created } }');
      const { Client } = await import('pg');
      const direct = new Client({ connectionString: database.url });
      await direct.connect();
      try {
        const [project] = (await direct.query<{ id: number }>('select id from project')).rows;
        // More than one piece, a day too old, and one that is not.
        await direct.query(
          `insert into audit_log (project_id, at, principal, role, operation, kind, request_id)
           select $1, now() - interval '8 days', 'ci', 'WRITER', 'old', 'Device', 'r' from generate_series(1, 1500)`,
          [project!.id],
        );
        await direct.query(`update audit_log set at = now() - interval '6 days' where operation <> 'old'`);
        await app.stop();
        app = await startApp(parseConfig({ ...settings, FLEETGRAPH_AUDIT_DAYS: '7' }));
        const old = () => direct.query(`select 1 from audit_log where operation = 'old'`);
        while ((await old()).rowCount !== 0) await new Promise((resume) => setTimeout(resume, 20));
        expect(await readLog(app.url)).toEqual([{ operation: 'createGroup' }]);
      } finally {
        await direct.end();
      }
    } finally {
      await app.stop();
      await database.drop();
    }
  });
});
