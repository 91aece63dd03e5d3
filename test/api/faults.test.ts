/** What a caller is told when the database fails: a code, a request id, and nothing of what is inside. */
import { startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

beforeEach(async () => {
  project = await server.createProject();
  await project.ask(`mutation { createDevice(input: {deviceSerial: "d", group: "lab", lastSeenRelease: {version: "1"},
    attributes: [{name: "os", value: "linux"}]}) { created } }`);
});

/** As if somebody had broken the database: the table is gone while `work` runs. */
async function withoutTable(table: string, work: () => Promise<void>): Promise<void> {
  await server.sql(`alter table ${table} rename to hidden_away`);
  try {
    await work();
  } finally {
    await server.sql(`alter table hidden_away rename to ${table}`);
  }
}

/** Words that only the inside knows. */
const INTERNALS =
  /device_|posting|api_key|attribute_key|hidden_away|relation|select |insert |project_id|\$1|42P01|\bat .*:\d+:\d+|node_modules|\.ts\b|\.js\b|QueryFailed|typeorm/i;

describe('a failure that nobody foresaw', () => {
  it.each([
    ['device', '{ devices { totalCount nodes { id } } }'],
    ['device', 'mutation { createDevice(input: {deviceSerial: "x"}) { created } }'],
    ['device_event', '{ device(deviceSerial: "d") { events { at } } }'],
    ['device_document', '{ device(deviceSerial: "d") { attributes { name } } }'],
    [
      'device_document',
      'mutation { setDeviceAttributes(input: {deviceSerial: "d", attributes: [{name: "os", value: "x"}]}) { device { id } } }',
    ],
    ['device_group', '{ groups { nodes { id } } }'],
    ['cohort', '{ device(deviceSerial: "d") { cohort { slug } } }'],
    ['release', '{ releases { totalCount } }'],
    ['device_count', '{ cohort(slug: "default") { deviceCount } }'],
    ['device_count', 'mutation { deleteDevices(input: {devices: {all: true}}) { changedCount } }'],
    ['attribute_key', '{ devices(filter: {attributes: [{name: "os", eq: "linux"}]}) { totalCount } }'],
    [
      'posting_text',
      'mutation { setDeviceAttributes(input: {deviceSerial: "d", attributes: [{name: "a", value: "x"}]}) { device { id } } }',
    ],
    [
      'deployment',
      'mutation { deployRelease(input: {cohort: "default", release: {version: "2"}}) { deployment { id } } }',
    ],
  ])('of the table %s is one fixed text in answer to %s, and nothing is written', async (table, query) => {
    const before = await server.dump();
    await withoutTable(table, async () => {
      const { body, headers } = await project.graphql(query);
      expect(body.errors!.length).toBeGreaterThan(0);
      for (const { message, extensions } of body.errors!) {
        expect(message).toBe(
          'Something went wrong in the server. Its operator finds the details in the log under this requestId.',
        );
        expect(extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', requestId: headers.get('x-request-id') });
      }
      expect(
        JSON.stringify({ ...body, errors: body.errors!.map(({ message, extensions }) => [message, extensions]) }),
      ).not.toMatch(INTERNALS);
    });
    expect(await server.dump()).toEqual(before);
  });

  it('of the keys’ table refuses everybody, without a word of it', async () => {
    await withoutTable('api_key', async () => {
      const { status, body } = await project.graphql('{ viewer { role } }');
      expect(status).toBe(500);
      expect(body.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
      expect(body.data).toBeUndefined();
      expect(JSON.stringify(body)).not.toMatch(INTERNALS);
    });
    await project.ask('{ viewer { role } }');
  });

  it('of one field leaves the others, where the schema lets them be', async () => {
    await withoutTable('release', async () => {
      const { body } = await project.graphql(
        '{ device(deviceSerial: "d") { deviceSerial lastSeenRelease { version } group { name } } }',
      );
      expect(body.data).toEqual({ device: { deviceSerial: 'd', lastSeenRelease: null, group: { name: 'lab' } } });
      expect(body.errors).toMatchObject([
        { path: ['device', 'lastSeenRelease'], extensions: { code: 'INTERNAL_SERVER_ERROR' } },
      ]);
    });
  });
});

describe('a statement that takes too long', () => {
  it('is cancelled with TIMEOUT, while other clients are answered', async () => {
    const unlock = await server.lockTable('device');
    try {
      const stuck = project.graphql('{ devices { nodes { id } } }');
      expect(await project.ask('mutation { createGroup(input: {name: "meanwhile"}) { created } }')).toEqual({
        createGroup: { created: true },
      });
      const { status, body } = await stuck;
      expect([200, 504]).toContain(status);
      expect(body.errors).toMatchObject([{ extensions: { code: 'TIMEOUT' } }]);
      expect(JSON.stringify(body.errors!.map(({ message }) => message))).not.toMatch(INTERNALS);
    } finally {
      await unlock();
    }
    await project.ask('{ devices { nodes { id } } }');
  });
});

it('connections that the database closes are replaced: at worst UNAVAILABLE, and then all is well', async () => {
  await server.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  );
  for (let attempt = 1; attempt <= 20; attempt += 1) {
    const { body } = await project.graphql('{ device(deviceSerial: "d") { deviceSerial } }');
    if (body.errors === undefined) break;
    expect(body.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
  }
  expect(await project.ask('{ device(deviceSerial: "d") { deviceSerial } }')).toEqual({
    device: { deviceSerial: 'd' },
  });
});
