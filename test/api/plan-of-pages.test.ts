/**
 * To be added to test/api/plan.test.ts (describe 'the plan') and test/api/warnings.test.ts once the search puts its pages
 * into the report. Stands alone as well: copy it to test/api/plan-of-pages.test.ts.
 */
import { post } from '../support/graphql-client.js';
import { startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;

beforeAll(async () => {
  server = await startServer();
  project = await server.createProject();
  await project.ask(
    'mutation ($reports: [AttributeReport!]!) { reportAttributes(input: {reports: $reports, createMissing: true}) { createdCount } }',
    {
      reports: [1, 2, 3].map((value) => ({
        deviceSerial: `d${value}`,
        attributes: [
          { name: 'load', value },
          { name: 'os', value: 'linux' },
        ],
      })),
    },
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

async function extensionsOf(query: string): Promise<Record<string, unknown> | undefined> {
  const { body } = await post(server.endpoint, project.key, JSON.stringify({ query }), { 'x-fleetgraph-plan': '1' });
  return body.extensions;
}

describe('the plan of a page', () => {
  it('says where the search started, from which estimates, and what it took', async () => {
    server.statements.length = 0;
    const extensions = await extensionsOf(
      '{ devices(filter: {attributes: [{name: "os", eq: "linux"}, {name: "load", gt: 1}]}) { nodes { deviceSerial } } }',
    );
    const plan = extensions!['plan'] as readonly Entry[];
    expect(plan).toHaveLength(1);
    const [entry] = plan as readonly [Entry];
    expect(entry).toMatchObject({ search: 'search.devices', rows: 2, ms: expect.any(Number) });
    expect(entry.shape).toMatch(/^\w+$/);
    expect(entry.statements).toBe(server.statements.filter((name) => !name.startsWith('auth.')).length);
    expect(entry.estimates.length).toBeGreaterThan(0);
    for (const { term, count, exact } of entry.estimates) {
      expect(['os eq', 'load gt']).toContain(term);
      expect([typeof count, typeof exact]).toEqual(['number', 'boolean']);
    }
    // Operands are the caller's own matter.
    expect(JSON.stringify(plan)).not.toContain('linux');
  });

  it('has an entry for each search, nested ones once for all parents', async () => {
    const extensions = await extensionsOf(
      '{ a: devices(first: 1) { nodes { id } } cohorts { nodes { devices(first: 1) { nodes { id } } } } }',
    );
    const searches = (extensions!['plan'] as readonly Entry[]).map(({ search }) => search);
    expect(searches.toSorted()).toEqual(['search.devices', 'search.devicesWithin']);
  });
});

describe('warnings of a page', () => {
  it('name unknown attributes of the filter and of the order, also without a count', async () => {
    const extensions = await extensionsOf(
      '{ devices(filter: {attributes: [{name: "oss", exists: false}]}, orderBy: [{field: STATE}, {attribute: {name: "laod"}}]) { nodes { id } } }',
    );
    expect(extensions).toMatchObject({
      warnings: [
        { code: 'UNKNOWN_ATTRIBUTE', path: 'filter.attributes[0].name', name: 'oss', nearest: ['os'] },
        { code: 'UNKNOWN_ATTRIBUTE', path: 'orderBy[1].attribute.name', name: 'laod', nearest: ['load'] },
      ],
    });
  });

  it('come with pages inside of cohorts and with bulk changes', async () => {
    const nested = await extensionsOf(
      '{ cohorts { nodes { devices(orderBy: [{attribute: {name: "laod"}}]) { nodes { id } } } } }',
    );
    expect(nested).toMatchObject({ warnings: [{ path: 'orderBy[0].attribute.name', nearest: ['load'] }] });
    const bulk = await extensionsOf(
      'mutation { moveDevicesToGroup(input: {group: null, dryRun: true, devices: {filter: {attributes: [{name: "load", eq: "3"}]}}}) { matchedCount } }',
    );
    expect(bulk).toMatchObject({
      warnings: [
        { code: 'TYPE_NEVER_SEEN', path: 'input.devices.filter.attributes[0].name', name: 'load', types: ['NUMBER'] },
      ],
    });
  });
});
