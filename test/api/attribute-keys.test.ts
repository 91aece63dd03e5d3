/** The catalogue of attributes: attributeKeys. */
import { startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;

beforeAll(async () => {
  server = await startServer();
  project = await server.createProject();
  const reports = [
    {
      deviceSerial: 'a',
      attributes: [
        { name: 'Rack', value: 'r1' },
        { name: 'rack', value: 1, scope: 'TAGS' },
      ],
    },
    {
      deviceSerial: 'b',
      attributes: [
        { name: 'Rack', value: 7 },
        { name: '100%', value: true },
      ],
    },
    {
      deviceSerial: 'c',
      attributes: [
        { name: 'Rack', value: [] },
        { name: 'rack', value: [1, 1], scope: 'INVENTORY' },
      ],
    },
  ];
  await project.ask(
    'mutation ($reports: [AttributeReport!]!) { reportAttributes(input: {reports: $reports, createMissing: true}) { createdCount } }',
    { reports },
  );
});
afterAll(() => server?.stop());

const QUERY = `query ($nameContains: String, $scope: AttributeScope, $first: Int, $after: String) {
  attributeKeys(nameContains: $nameContains, scope: $scope, first: $first, after: $after) {
    totalCount nodes { name scope source types deviceCount } edges { cursor node { name } } pageInfo { hasNextPage endCursor } } }`;

interface Answer {
  readonly attributeKeys: {
    readonly totalCount: number;
    readonly nodes: readonly { readonly name: string; readonly scope: string }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}
const keys = async (variables: Record<string, unknown>, client = project) =>
  (await client.ask<Answer>(QUERY, variables)).attributeKeys;
const namesOf = ({ nodes }: Answer['attributeKeys']) => nodes.map(({ name, scope }) => `${name} ${scope}`);

describe('attributeKeys', () => {
  it('lists names with scope, source, types and number of devices', async () => {
    expect(await keys({})).toMatchObject({
      totalCount: 4,
      nodes: [
        { name: '100%', scope: 'INVENTORY', source: 'api', types: ['BOOLEAN'], deviceCount: 1 },
        {
          name: 'Rack',
          scope: 'INVENTORY',
          source: 'api',
          types: ['STRING', 'NUMBER', 'STRING_ARRAY'],
          deviceCount: 3,
        },
        { name: 'rack', scope: 'INVENTORY', source: 'api', types: ['NUMBER_ARRAY'], deviceCount: 1 },
        { name: 'rack', scope: 'TAGS', source: 'api', types: ['NUMBER'], deviceCount: 1 },
      ],
      pageInfo: { hasNextPage: false },
    });
  });

  it('completes from a piece of a name, taken literally, and from a scope', async () => {
    expect(namesOf(await keys({ nameContains: 'ACK' }))).toEqual(['Rack INVENTORY', 'rack INVENTORY', 'rack TAGS']);
    expect(namesOf(await keys({ nameContains: '%' }))).toEqual(['100% INVENTORY']);
    expect(namesOf(await keys({ nameContains: "' or true --" }))).toEqual([]);
    expect(await keys({ nameContains: 'rack', scope: 'TAGS' })).toMatchObject({ totalCount: 1 });
    expect(await keys({ nameContains: null, scope: null })).toMatchObject({ totalCount: 4 });
  });

  it('is paged by cursors', async () => {
    const first = await keys({ first: 3 });
    expect([namesOf(first).length, first.totalCount, first.pageInfo.hasNextPage]).toEqual([3, 4, true]);
    expect(namesOf(await keys({ first: 3, after: first.pageInfo.endCursor }))).toEqual(['rack TAGS']);
    expect(await project.refusal(QUERY, { scope: 'TAGS', after: first.pageInfo.endCursor })).toMatchObject({
      code: 'CURSOR_MISMATCH',
      field: 'after',
    });
  });

  it.each([
    ['a page of -1', { first: -1 }, 'first'],
    ['a page of 501', { first: 501 }, 'first'],
    ['a made-up cursor', { after: 'garbage' }, 'after'],
    ['NUL in a name', { nameContains: 'a\0' }, 'nameContains'],
    ['an unpaired surrogate', { nameContains: '\ud800' }, 'nameContains'],
  ])('refuses %s', async (_what, variables, field) => {
    expect(await project.refusal(QUERY, variables)).toMatchObject({ status: 200, code: 'BAD_USER_INPUT', field });
  });

  it('is for readers, and of their project alone', async () => {
    expect(await keys({}, { ...project, ...(await project.client('READER')) })).toMatchObject({ totalCount: 4 });
    expect(await keys({}, await server.createProject())).toMatchObject({ totalCount: 0, nodes: [] });
  });

  it('shows new names at once, leaves out those that nobody has any more, and counts as many statements for many names', async () => {
    const own = await server.createProject();
    const report = (count: number) =>
      own.ask(
        'mutation ($attributes: [AttributeInput!]!) { createDevice(input: {deviceSerial: "d", ifExists: UPDATE, attributes: $attributes}) { created } }',
        {
          attributes: Array.from({ length: count }, (_, index) => ({ name: `name ${index}`, value: index })),
        },
      );
    const statementsOf = async () => {
      server.statements.length = 0;
      const { totalCount } = await keys({ first: 100 }, own);
      return [totalCount, server.statements.filter((name) => name.startsWith('search.')).length];
    };
    await report(1);
    const [one, statements] = await statementsOf();
    expect(one).toBe(1);
    await report(40);
    expect(await statementsOf()).toEqual([40, statements]);
    await own.ask('mutation { deleteDevice(input: {deviceSerial: "d"}) { deleted } }');
    expect(await keys({}, own)).toMatchObject({ totalCount: 0, nodes: [] });
  });
});
