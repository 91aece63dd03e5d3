/** `extensions.plan`: how searches were carried out, for those who may know. */
import { post } from '../support/graphql-client.js';
import { startServer, type TestClient, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;

beforeAll(async () => {
  server = await startServer();
  project = await server.createProject();
  await project.ask(
    'mutation ($reports: [AttributeReport!]!) { reportAttributes(input: {reports: $reports, createMissing: true}) { createdCount } }',
    { reports: [{ deviceSerial: 'a', attributes: [{ name: 'load', value: 3 }] }] },
  );
});
afterAll(() => server?.stop());

interface Entry {
  readonly search: string;
  readonly shape: string;
  readonly estimates: readonly { readonly term: string; readonly count: number; readonly exact: boolean }[];
  readonly rows: number;
  readonly ms: number;
  readonly statements: number;
}

async function planOf(query: string, header: string | undefined, client: TestClient = project) {
  const headers: Record<string, string> = header === undefined ? {} : { 'x-fleetgraph-plan': header };
  const { body } = await post(server.endpoint, client.key, JSON.stringify({ query }), headers);
  return body.extensions?.['plan'] as readonly Entry[] | undefined;
}

const DEVICES = 'devices(first: 0, filter: {attributes: [{name: "load", gt: 2}]})';
const COUNTED = `{ ${DEVICES} { totalCount facet(by: {field: STATE}) { missingCount }
                   statistics(attribute: {name: "load"}) { count } } }`;

describe('the plan', () => {
  it('is given to an ADMIN who asks, with an entry for each count, facet and statistics', async () => {
    const plan = await planOf(COUNTED, '1');
    const beside = plan!.filter(({ search }) => search !== 'search.devices');
    expect(beside.toSorted((a, b) => (a.search < b.search ? -1 : 1))).toEqual([
      {
        search: 'search.count',
        shape: 'fewest',
        estimates: [{ term: 'load gt', count: 1, exact: true }],
        rows: 1,
        ms: expect.any(Number),
        // The page may have counted frequencies for both.
        statements: expect.any(Number),
      },
      { search: 'search.facet', shape: 'lists', estimates: [], rows: 1, ms: expect.any(Number), statements: 2 },
      { search: 'search.statistics', shape: 'lists', estimates: [], rows: 1, ms: expect.any(Number), statements: 3 },
    ]);
  });

  it('tells where every device is tested, and where the filter holds for all', async () => {
    const shapeOf = async (filter: string) =>
      (await planOf(`{ devices(first: 0, filter: ${filter}) { facet(by: {field: STATE}) { missingCount } } }`, '1'))!
        .filter(({ search }) => search === 'search.facet')
        .map(({ shape }) => shape);
    expect(await shapeOf('{testMode: false}')).toEqual(['devices']);
    expect(await shapeOf('{and: []}')).toEqual(['all']);
  });

  it.each(['READER', 'WRITER'] as const)('is not given to a %s, whose header is ignored', async (role) => {
    expect(await planOf(COUNTED, '1', await project.client(role))).toBeUndefined();
  });

  it.each([undefined, '0', 'true', '1, 1'])('is not given with the header %s', async (header) => {
    expect(await planOf(COUNTED, header)).toBeUndefined();
  });

  it('of an operation without searches is empty', async () => {
    expect(await planOf('{ viewer { name } }', '1')).toEqual([]);
  });
});
