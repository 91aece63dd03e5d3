/** `extensions.warnings`: attribute names and types that no device ever had. */
import { createHash } from 'node:crypto';
import { send } from '../support/graphql-client.js';
import { startServer, type TestClient, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;

beforeAll(async () => {
  server = await startServer();
  project = await server.createProject();
  await report(project, [
    { name: 'cpu_temperature', value: 41.5 },
    { name: 'cpu_temp', value: 40, scope: 'MONITOR' },
    { name: 'device_type', value: 'rpi4' },
    { name: 'ports', value: ['80'] },
  ]);
});
afterAll(() => server?.stop());

async function report(owner: TestProject, attributes: readonly object[]): Promise<void> {
  await owner.ask(
    'mutation ($reports: [AttributeReport!]!) { reportAttributes(input: {reports: $reports, createMissing: true}) { createdCount } }',
    { reports: [{ deviceSerial: 'a', attributes }] },
  );
}

type Warning = Readonly<Record<string, unknown>>;

async function extensionsOf(
  query: string,
  variables?: Record<string, unknown>,
  client: TestClient = project,
): Promise<Record<string, unknown> | undefined> {
  const { body } = await client.graphql(query, variables);
  expect(body.errors).toBeUndefined();
  return body.extensions;
}

async function warningsOf(query: string, variables?: Record<string, unknown>, client?: TestClient) {
  return (await extensionsOf(query, variables, client))?.['warnings'] as readonly Warning[] | undefined;
}

const COUNT = 'query ($filter: DeviceFilter!) { devices(filter: $filter, first: 1) { totalCount } }';
const countBy = (...attributes: readonly object[]) => warningsOf(COUNT, { filter: { attributes } });

describe('warnings', () => {
  it('are absent where there is nothing to say', async () => {
    const asked = await extensionsOf(COUNT, { filter: { attributes: [{ name: 'ports', eq: '80' }] } });
    expect(Object.keys(asked ?? {})).toEqual(['cost']);
    expect(Object.keys((await extensionsOf('{ viewer { name } }')) ?? {})).toEqual(['cost']);
  });

  it('name an unknown attribute, where it stands, and the nearest known names', async () => {
    expect(await countBy({ name: 'ports', exists: true }, { name: 'cpu_tmep', gt: 40 })).toEqual([
      {
        code: 'UNKNOWN_ATTRIBUTE',
        message: 'filter.attributes[1].name: no device ever had an attribute "cpu_tmep"; did you mean "cpu_temp"?',
        path: 'filter.attributes[1].name',
        name: 'cpu_tmep',
        nearest: ['cpu_temp'],
      },
    ]);
    expect(await countBy({ name: 'quite another', exists: false })).toMatchObject([
      { message: 'filter.attributes[0].name: no device ever had an attribute "quite another"', nearest: [] },
    ]);
  });

  it('say in which scope and from which source a name is known that is asked for elsewhere', async () => {
    expect(await countBy({ name: 'cpu_temp', exists: true, scope: 'INVENTORY' })).toEqual([
      {
        code: 'UNKNOWN_ATTRIBUTE',
        message:
          'filter.attributes[0].name: no device ever had an attribute "cpu_temp" in scope INVENTORY; it is known in scope MONITOR, from source "api"',
        path: 'filter.attributes[0].name',
        name: 'cpu_temp',
        scopes: ['MONITOR'],
        sources: ['api'],
      },
    ]);
    expect(await countBy({ name: 'ports', exists: true, source: 'mender' })).toMatchObject([
      { code: 'UNKNOWN_ATTRIBUTE', scopes: ['INVENTORY'], sources: ['api'] },
    ]);
  });

  it('say which types there are where none can meet the test', async () => {
    expect(await countBy({ name: 'device_type', eq: 5 })).toEqual([
      {
        code: 'TYPE_NEVER_SEEN',
        message:
          'filter.attributes[0].name: values of "device_type" have been STRING; never NUMBER or NUMBER_ARRAY, which is asked for',
        path: 'filter.attributes[0].name',
        name: 'device_type',
        types: ['STRING'],
      },
    ]);
  });

  it('are of facets and statistics too', async () => {
    const warnings = await warningsOf(
      `{ devices(first: 0) { facet(by: {attribute: {name: "devicetype"}}) { missingCount }
           statistics(attribute: {name: "ports"}) { count } } }`,
    );
    expect(warnings).toMatchObject([
      { code: 'UNKNOWN_ATTRIBUTE', path: 'by.attribute.name', nearest: ['device_type'] },
      { code: 'TYPE_NEVER_SEEN', path: 'attribute.name', types: ['STRING_ARRAY'] },
    ]);
  });

  it('are of the devices of cohorts, and equal ones come once', async () => {
    const devices =
      'devices(filter: {attributes: [{name: "prts", eq: "80"}]}) { totalCount facet(by: {field: STATE}) { missingCount } }';
    const warnings = await warningsOf(`{ a: ${devices} b: ${devices} cohorts { nodes { ${devices} } } }`);
    expect(warnings).toMatchObject([{ name: 'prts', nearest: ['ports'] }]);
  });

  it('are twenty, and then one that counts the rest', async () => {
    const attributes = Array.from({ length: 100 }, (_, index) => ({ name: `unknown ${index}`, exists: true }));
    const warnings = await countBy(...attributes);
    expect(warnings).toHaveLength(21);
    expect(warnings!.slice(0, 20).map(({ name }) => name)).toEqual(attributes.slice(0, 20).map(({ name }) => name));
    expect(warnings![20]).toEqual({
      code: 'WARNINGS_LEFT_OUT',
      message: '80 more warnings are left out',
      count: 80,
    });
  });

  it('of a hundred names of 1,024 bytes read no names at all, and advise nothing', async () => {
    server.statements.length = 0;
    const attributes = Array.from({ length: 100 }, (_, index) => ({ name: `${index}`.padEnd(1_024, 'x'), eq: 1 }));
    const warnings = await countBy(...attributes);
    expect(warnings!.slice(0, 20).map(({ nearest }) => nearest)).toEqual(Array.from({ length: 20 }, () => []));
    expect(server.statements).not.toContain('search.knownNames');
  });

  it('of hostile names are about the name and do no harm', async () => {
    const names = ["'; drop table device; --", '__proto__', 'constructor', '%', '\u202e', '$1', '{}', '"'];
    const warnings = await countBy(...names.map((name) => ({ name, exists: true })));
    expect(warnings!.map(({ name }) => name)).toEqual(names);
    expect(await server.sql('select 1 from device limit 1')).toHaveLength(1);
  });

  it('are of the own project alone', async () => {
    const other = await server.createProject();
    await report(other, [{ name: 'secret_sensor', value: 1 }]);
    const filter = { attributes: [{ name: 'secret_sensors', exists: true }] };
    expect(await warningsOf(COUNT, { filter })).toMatchObject([{ nearest: [] }]);
    expect(await warningsOf(COUNT, { filter }, other)).toMatchObject([{ nearest: ['secret_sensor'] }]);
  });

  it('are given to every reader', async () => {
    const reader = await project.client('READER');
    const filter = { attributes: [{ name: 'Ports', eq: '80' }] };
    expect(await warningsOf(COUNT, { filter }, reader)).toMatchObject([{ name: 'Ports', nearest: ['ports'] }]);
  });

  it('stand beside errors', async () => {
    const { body } = await project.graphql(
      '{ device(id: "?") { id } devices(filter: {attributes: [{name: "prts", exists: true}]}) { totalCount } }',
    );
    expect(body.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(body.extensions).toMatchObject({ warnings: [{ name: 'prts', nearest: ['ports'] }] });
  });

  it('come with persisted queries, and batches stay refused', async () => {
    const query = '{ devices(filter: {attributes: [{name: "prts", exists: true}]}) { totalCount } }';
    const persistedQuery = { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') };
    const ask = (body: unknown) =>
      send(server.endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${project.key}` },
        body: JSON.stringify(body),
      });
    const unknown = await ask({ extensions: { persistedQuery } });
    expect(unknown.body).toMatchObject({ errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] });
    expect(unknown.body.extensions).toBeUndefined();
    for (const body of [{ query, extensions: { persistedQuery } }, { extensions: { persistedQuery } }]) {
      const answer = await ask(body);
      expect(answer.body).toMatchObject({ data: { devices: { totalCount: 0 } }, extensions: { warnings: [{}] } });
    }
    expect((await ask([{ query }])).body).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });
});
