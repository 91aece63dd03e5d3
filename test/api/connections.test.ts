/** Pages: every list of the API is walked in the same ways and refuses the same mistakes. */
import { startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;

const COUNT = 23;
const serial = (index: number) => `s${String(index).padStart(3, '0')}`;

beforeAll(async () => {
  server = await startServer();
  project = await server.createProject();
  const reports = Array.from({ length: COUNT }, (_, index) => ({
    deviceSerial: serial(index),
    group: 'all',
    // Some are equal and some have none, so that orders have ties and gaps.
    attributes: index % 5 === 0 ? [] : [{ name: 'rank', value: index % 3 }],
  }));
  await project.ask(
    'mutation ($reports: [AttributeReport!]!) { reportAttributes(input: {reports: $reports, createMissing: true}) { createdCount } }',
    { reports },
  );
  for (let index = 1; index < COUNT; index += 1) {
    await project.ask(`mutation { createCohort(input: {name: "c${index}"}) { created } createGroup(input: {name: "g${index}"}) { created }
      deployRelease(input: {cohort: "default", release: {version: "1.${index}"}}) { deployment { id } } }`);
  }
  await project.ask(
    'mutation { deployRelease(input: {cohort: "default", release: {version: "2.0"}}) { deployment { id } } }',
  );
});
afterAll(() => server?.stop());

interface Page {
  readonly totalCount: number;
  readonly nodes: readonly { readonly id: string }[];
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

interface PageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
  readonly offset?: number | null;
}

/** Where a list is found, whatever its arguments: `{ cohort(slug: "default") { list: devices($args) ... } }`. */
interface List {
  readonly name: string;
  readonly around: (list: string) => string;
  readonly field: string;
  readonly extra: string;
  readonly hasOffset: boolean;
}

const root = (list: string) => list;
const list = (name: string, field: string, extra = '', around = root): List => ({
  name,
  field,
  extra,
  around,
  hasOffset: field === 'devices',
});
const IN_COHORT = (inner: string) => `cohort(slug: "default") { ${inner} }`;
const IN_GROUP = (inner: string) => `group(name: "all") { ${inner} }`;

const LISTS: readonly List[] = [
  list('devices', 'devices'),
  list('devices by serial, downwards', 'devices', 'orderBy: {field: DEVICE_SERIAL}'),
  list(
    'devices by an attribute with ties and gaps',
    'devices',
    'orderBy: [{attribute: {name: "rank"}, direction: ASC}]',
  ),
  list(
    'devices by two keys, gaps first',
    'devices',
    'orderBy: [{attribute: {name: "rank"}, nulls: FIRST}, {field: DEVICE_SERIAL}]',
  ),
  list('devices by a time that none has', 'devices', 'orderBy: {field: LAST_SEEN}'),
  list('devices by a filter', 'devices', 'filter: {deviceSerial: {startsWith: "s"}}'),
  list('devices of a cohort', 'devices', '', IN_COHORT),
  list('devices of a cohort by an attribute', 'devices', 'orderBy: {attribute: {name: "rank"}}', IN_COHORT),
  list('devices of a group', 'devices', 'filter: {testMode: false}', IN_GROUP),
  list('cohorts', 'cohorts'),
  list('groups', 'groups'),
  list('releases', 'releases'),
];

function queryOf({ field, extra, around, hasOffset }: List): string {
  const variables = `$first: Int, $after: String, $last: Int, $before: String${hasOffset ? ', $offset: Int' : ''}`;
  const args = `first: $first, after: $after, last: $last, before: $before${hasOffset ? ', offset: $offset' : ''} ${extra}`;
  return `query (${variables}) { ${around(`list: ${field}(${args}) { totalCount nodes { id } edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`)} }`;
}

async function page(one: List, args: PageArgs): Promise<Page> {
  const data = await project.ask<Record<string, Page | { list: Page }>>(queryOf(one), { ...args });
  const [found] = Object.values(data);
  return 'list' in found! ? found.list : found!;
}

const idsOf = ({ nodes }: Page) => nodes.map(({ id }) => id);

describe.each(LISTS.map((one) => [one.name, one] as const))('%s', (_name, one) => {
  let all: readonly string[];

  beforeAll(async () => {
    const whole = await page(one, { first: 500 });
    all = idsOf(whole);
    expect(all).toHaveLength(COUNT);
    expect(new Set(all).size).toBe(COUNT);
  });

  it('are the same forwards in pages, each once', async () => {
    const walked: string[] = [];
    let after: string | null = null;
    for (;;) {
      const next: Page = await page(one, { first: 5, after });
      expect(next.pageInfo.hasPreviousPage).toBe(after !== null);
      expect(next.totalCount).toBe(COUNT);
      expect(next.edges.map(({ node }) => node.id)).toEqual(idsOf(next));
      expect([next.pageInfo.startCursor, next.pageInfo.endCursor]).toEqual([
        next.edges.at(0)?.cursor,
        next.edges.at(-1)?.cursor,
      ]);
      walked.push(...idsOf(next));
      expect(next.pageInfo.hasNextPage).toBe(walked.length < COUNT);
      if (!next.pageInfo.hasNextPage) break;
      after = next.pageInfo.endCursor;
    }
    expect(walked).toEqual(all);
  });

  it('are the same backwards in pages, each page in the order of the list', async () => {
    const walked: string[] = [];
    let before: string | null = null;
    for (;;) {
      const next: Page = await page(one, { last: 5, before });
      expect(next.pageInfo.hasNextPage).toBe(before !== null);
      walked.unshift(...idsOf(next));
      expect(next.pageInfo.hasPreviousPage).toBe(walked.length < COUNT);
      if (!next.pageInfo.hasPreviousPage) break;
      before = next.pageInfo.startCursor;
    }
    expect(walked).toEqual(all);
  });

  it('go on from any cursor in either direction', async () => {
    const { edges } = await page(one, { first: 500 });
    const cursor = (index: number) => edges[index]!.cursor;
    expect(idsOf(await page(one, { first: 3, after: cursor(7) }))).toEqual(all.slice(8, 11));
    expect(idsOf(await page(one, { last: 3, before: cursor(7) }))).toEqual(all.slice(4, 7));
    expect(idsOf(await page(one, { first: 2, after: cursor(3), before: cursor(9) }))).toEqual(all.slice(4, 6));
    expect(idsOf(await page(one, { last: 2, after: cursor(3), before: cursor(9) }))).toEqual(all.slice(7, 9));
    expect(idsOf(await page(one, { after: cursor(3), before: cursor(4) }))).toEqual([]);
    expect(idsOf(await page(one, { after: cursor(COUNT - 1) }))).toEqual([]);
    expect(idsOf(await page(one, { last: 5, before: cursor(0) }))).toEqual([]);
  });

  it('show nothing but the count with first: 0 or last: 0', async () => {
    for (const args of [{ first: 0 }, { last: 0 }]) {
      expect(await page(one, args)).toMatchObject({
        totalCount: COUNT,
        nodes: [],
        edges: [],
        pageInfo: { startCursor: null, endCursor: null },
      });
    }
  });

  it('take null for what is absent', async () => {
    const nothing = { first: null, after: null, last: null, before: null, ...(one.hasOffset && { offset: null }) };
    expect(idsOf(await page(one, nothing))).toEqual(all);
    expect(idsOf(await page(one, {}))).toEqual(all);
  });

  it.each<[PageArgs, string]>([
    [{ first: -1 }, 'first'],
    [{ first: 501 }, 'first'],
    [{ last: -1 }, 'last'],
    [{ last: 501 }, 'last'],
    [{ first: 1, last: 1 }, 'last'],
    [{ after: '' }, 'after'],
    [{ after: 'garbage' }, 'after'],
    [{ before: 'garbage' }, 'before'],
    [{ after: Buffer.from('[]').toString('base64url') }, 'after'],
    [{ after: Buffer.from('{"a":1}').toString('base64url') }, 'after'],
    [{ after: Buffer.from('[1,"x",1e999]').toString('base64url') }, 'after'],
    [{ after: 'x'.repeat(250_000) }, 'after'],
  ])('refuse the page of case %#', async (args, field) => {
    expect(await project.refusal(queryOf(one), { ...args })).toMatchObject({
      status: 200,
      code: 'BAD_USER_INPUT',
      field,
    });
  });

  it('refuse cursors that were tampered with, and those of other lists', async () => {
    const { edges } = await page(one, { first: 2 });
    const parts = JSON.parse(Buffer.from(edges[0]!.cursor, 'base64url').toString()) as unknown[];
    const forged = (...values: unknown[]) =>
      Buffer.from(JSON.stringify([...parts.slice(0, 3), ...values])).toString('base64url');
    for (const cursor of [forged(), forged({}), forged(1, 2, 3, 4, 5, 6), forged('\0')]) {
      expect(await project.refusal(queryOf(one), { after: cursor })).toMatchObject({
        code: 'BAD_USER_INPUT',
        field: 'after',
      });
    }
    for (const other of LISTS.filter(({ name }) => name !== one.name)) {
      expect([other.name, await project.refusal(queryOf(other), { before: edges[0]!.cursor })]).toMatchObject([
        other.name,
        { status: 200, code: 'CURSOR_MISMATCH', field: 'before' },
      ]);
    }
  });
});

describe.each(LISTS.filter(({ hasOffset }) => hasOffset).map((one) => [one.name, one] as const))(
  '%s by number',
  (_name, one) => {
    it('start where the offset says', async () => {
      const all = idsOf(await page(one, { first: 500 }));
      expect(idsOf(await page(one, { first: 4, offset: 0 }))).toEqual(all.slice(0, 4));
      const third = await page(one, { first: 4, offset: 8 });
      expect(idsOf(third)).toEqual(all.slice(8, 12));
      expect(third.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
      expect(idsOf(await page(one, { first: 2, after: third.pageInfo.endCursor }))).toEqual(all.slice(12, 14));
      expect(await page(one, { offset: 10_000 })).toMatchObject({ nodes: [], totalCount: COUNT });
    });

    it('refuse an offset out of range, and one together with cursors or last', async () => {
      const { pageInfo } = await page(one, { first: 1 });
      for (const args of [
        { offset: -1 },
        { offset: 10_001 },
        { offset: 1, last: 1 },
        { offset: 1, after: pageInfo.endCursor },
        { offset: 0, before: pageInfo.endCursor },
      ]) {
        expect(await project.refusal(queryOf(one), args)).toMatchObject({ code: 'BAD_USER_INPUT', field: 'offset' });
      }
    });
  },
);

describe('the default order of devices', () => {
  it('is that of their making', async () => {
    const { devices } = await project.ask<{ devices: { nodes: { deviceSerial: string }[] } }>(
      '{ devices { nodes { deviceSerial } } }',
    );
    expect(devices.nodes.map(({ deviceSerial }) => deviceSerial)).toEqual(
      Array.from({ length: COUNT }, (_, index) => serial(index)),
    );
  });
});

describe('a cursor', () => {
  it('takes a filter whose members come in another order for the same', async () => {
    const query =
      'query ($filter: DeviceFilter, $after: String) { devices(filter: $filter, first: 1, after: $after) { nodes { deviceSerial } pageInfo { endCursor } } }';
    type Answer = { devices: { nodes: unknown; pageInfo: { endCursor: string } } };
    const one = await project.ask<Answer>(query, {
      filter: { testMode: false, deviceSerial: { startsWith: 's', endsWith: '1' } },
    });
    const two = await project.ask<Answer>(query, {
      filter: { deviceSerial: { endsWith: '1', startsWith: 's' }, testMode: false },
      after: one.devices.pageInfo.endCursor,
    });
    expect([one.devices.nodes, two.devices.nodes]).toEqual([[{ deviceSerial: 's001' }], [{ deviceSerial: 's011' }]]);
  });

  it('of one cohort is refused by another, which does not keep the others from answering', async () => {
    const { cohort } = await project.ask<{ cohort: { devices: { pageInfo: { endCursor: string } } } }>(
      '{ cohort(slug: "default") { devices(first: 2) { pageInfo { endCursor } } } }',
    );
    const { body } = await project.graphql(
      `query ($after: String) { cohorts(slug: {in: ["c1", "default"]}) { nodes { slug deviceCount } }
        a: cohort(slug: "default") { devices(first: 1, after: $after) { nodes { deviceSerial } } }
        b: cohort(slug: "c1") { devices(first: 1, after: $after) { nodes { deviceSerial } } } }`,
      { after: cohort.devices.pageInfo.endCursor },
    );
    expect(body.data).toMatchObject({ a: { devices: { nodes: [{ deviceSerial: 's002' }] } }, b: null });
    expect(body.errors).toMatchObject([
      { path: ['b', 'devices'], extensions: { code: 'CURSOR_MISMATCH', field: 'after' } },
    ]);
  });

  it('survives that its device is changed, moved and deleted', async () => {
    const own = await server.createProject();
    const reports = Array.from({ length: 6 }, (_, index) => ({
      deviceSerial: serial(index),
      attributes: [{ name: 'n', value: index }],
    }));
    await own.ask(
      'mutation ($reports: [AttributeReport!]!) { reportAttributes(input: {reports: $reports, createMissing: true}) { createdCount } }',
      { reports },
    );
    const query = `query ($after: String) { devices(first: 2, after: $after, orderBy: {attribute: {name: "n"}, direction: ASC}) {
      nodes { deviceSerial } pageInfo { endCursor } } }`;
    type Answer = { devices: { nodes: { deviceSerial: string }[]; pageInfo: { endCursor: string } } };
    const { devices } = await own.ask<Answer>(query);
    expect(devices.nodes).toEqual([{ deviceSerial: 's000' }, { deviceSerial: 's001' }]);
    await own.ask(`mutation { deleteDevice(input: {deviceSerial: "s001"}) { deleted } deleteDevices(input: {devices: {deviceSerials: ["s002"]}}) { changedCount }
      createDevice(input: {deviceSerial: "between", attributes: [{name: "n", value: 2.5}]}) { created }
      before: createDevice(input: {deviceSerial: "before", attributes: [{name: "n", value: 0.5}]}) { created } }`);
    const next = await own.ask<Answer>(query, { after: devices.pageInfo.endCursor });
    expect(next.devices.nodes).toEqual([{ deviceSerial: 'between' }, { deviceSerial: 's003' }]);
  });

  it('carries the instant from which relative times count', async () => {
    const own = await server.createProject();
    const reports = Array.from({ length: 4 }, (_, index) => ({
      deviceSerial: serial(index),
      attributes: [],
      lastSeen: new Date().toISOString(),
    }));
    await own.ask(
      'mutation ($reports: [AttributeReport!]!) { reportAttributes(input: {reports: $reports, createMissing: true}) { createdCount } }',
      { reports },
    );
    const query = `query ($after: String) { devices(first: 2, after: $after, filter: {lastSeen: {withinLast: "PT1H"}}) {
      nodes { deviceSerial } pageInfo { endCursor } } }`;
    type Answer = { devices: { nodes: { deviceSerial: string }[]; pageInfo: { endCursor: string } } };
    const { devices } = await own.ask<Answer>(query);
    // As if the next page were asked for two hours later: the devices' times and the cursor's instant go back as far.
    const parts = JSON.parse(Buffer.from(devices.pageInfo.endCursor, 'base64url').toString()) as [
      number,
      string,
      number,
    ];
    const earlier = Buffer.from(JSON.stringify(parts.with(2, parts[2] - 7_200_000))).toString('base64url');
    await server.sql(`update device set last_seen = last_seen - interval '2 hours' where project_id = $1`, [own.id]);
    expect((await own.ask<Answer>(query, { after: devices.pageInfo.endCursor })).devices.nodes).toEqual([]);
    expect((await own.ask<Answer>(query, { after: earlier })).devices.nodes).toHaveLength(2);
  });
});

it('SQL in a made-up cursor is text like any other', async () => {
  const query = 'query ($after: String) { groups(after: $after, first: 1) { nodes { name } pageInfo { endCursor } } }';
  type Answer = { groups: { nodes: unknown; pageInfo: { endCursor: string } } };
  const { groups } = await project.ask<Answer>(query);
  const parts = JSON.parse(Buffer.from(groups.pageInfo.endCursor, 'base64url').toString()) as unknown[];
  const forged = Buffer.from(JSON.stringify([...parts.slice(0, -1), "z' or true --"])).toString('base64url');
  expect((await project.ask<Answer>(query, { after: forged })).groups.nodes).toEqual([]);
});

describe('the order of devices', () => {
  it.each<[string, unknown, string]>([
    ['a key that names nothing', [{ direction: 'ASC' }], 'orderBy[0]'],
    ['a key that names two things', [{ field: 'ID', attribute: { name: 'a' } }], 'orderBy[0]'],
    ['the same field twice', [{ field: 'ID' }, { field: 'ID', direction: 'ASC' }], 'orderBy[1]'],
    ['the same attribute twice', [{ attribute: { name: 'a' } }, { attribute: { name: 'a' } }], 'orderBy[1]'],
    ['an attribute without a name', [{ attribute: { name: '' } }], 'orderBy[0].attribute.name'],
  ])('refuses %s', async (_what, orderBy, field) => {
    const query = 'query ($orderBy: [DeviceOrder!]) { devices(orderBy: $orderBy) { totalCount } }';
    expect(await project.refusal(query, { orderBy })).toMatchObject({ code: 'BAD_USER_INPUT', field });
  });

  it('refuses more than five keys', async () => {
    const orderBy = ['STATE', 'OWNER_REF', 'DEVICE_CODE', 'MANUFACTURER', 'HARDWARE_VERSION', 'ID'].map((field) => ({
      field,
    }));
    const query = 'query ($orderBy: [DeviceOrder!]) { devices(orderBy: $orderBy) { totalCount } }';
    expect(await project.refusal(query, { orderBy })).toMatchObject({ code: 'LIMIT_EXCEEDED', field: 'orderBy' });
    expect(await project.ask(query, { orderBy: orderBy.slice(1) })).toEqual({ devices: { totalCount: COUNT } });
  });
});

describe('the first devices of a list', () => {
  const EVERYTHING = `id uuid deviceSerial ownerRef hardwareVersion manufacturer deviceCode productName testMode state lastSeen registeredBy
    createdAt updatedAt attributesUpdatedAt cohort { slug } group { name } lastSeenRelease { version } attributes { name value }`;

  /** Cursors of two operations differ by the instants that they began at. */
  const withoutInstants = (answer: unknown): unknown =>
    JSON.parse(JSON.stringify(answer), (key, value: unknown) => {
      if (!/cursor$/i.test(key) || typeof value !== 'string') return value;
      const [version, digest, , ...values] = JSON.parse(Buffer.from(value, 'base64url').toString()) as unknown[];
      return [version, digest, ...values];
    });

  // A page by number is searched for by itself.
  it.each([
    ['few fields', 'deviceCount devices(first: 5 OFFSET) { nodes { deviceSerial state } }'],
    ['all fields', `devices(first: 2 OFFSET) { nodes { ${EVERYTHING} } totalCount }`],
    ['cursors', 'devices(first: 3 OFFSET) { edges { cursor node { __typename id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }'],
    ['none', 'devices(first: 0 OFFSET) { nodes { id } pageInfo { hasNextPage startCursor } }'],
    ['aliases', 'a: devices(first: 2 OFFSET) { nodes { deviceSerial } } b: devices(first: 2 OFFSET) { nodes { createdAt } } n: deviceCount'],
    ['several sizes', 'a: devices(first: 2 OFFSET) { nodes { deviceSerial } } b: devices(first: 3 OFFSET) { nodes { deviceSerial } }'],
  ])('are those of a search: %s', async (_what, use) => {
    for (const list of ['cohorts', 'groups']) {
      const around = (offset: string) => {
        const inner = use.replaceAll('OFFSET', offset);
        return `{ ${list}(first: 30) { nodes { id ${inner} } } page: ${list}(last: 7) { edges { node { ...f } } nodes { x: createdAt } } }
          fragment f on ${list === 'cohorts' ? 'Cohort' : 'Group'} { ${inner} }`;
      };
      const searched = await project.ask(around('offset: 0'));
      expect(withoutInstants(await project.ask(around('')))).toEqual(withoutInstants(searched));
    }
  }); // prettier-ignore

  it('go on by their cursors', async () => {
    const page = async (after: string) => {
      const { cohorts } = await project.ask<{
        cohorts: { nodes: { devices: { nodes: { deviceSerial: string }[]; pageInfo: { endCursor: string } } }[] };
      }>(
        `{ cohorts(slug: {eq: "default"}) { nodes { devices(first: 5${after}) { nodes { deviceSerial } pageInfo { endCursor } } } } }`,
      );
      return cohorts.nodes[0]!.devices;
    };
    const first = await page('');
    const second = await page(`, after: "${first.pageInfo.endCursor}"`);
    const serials = [...first.nodes, ...second.nodes].map(({ deviceSerial }) => deviceSerial);
    expect(serials).toEqual(Array.from({ length: 10 }, (_, index) => serial(index)));
  });

  it.each([
    ['devices(first: 501) { nodes { id } }', 'BAD_USER_INPUT', 'first'],
    ['devices(first: 2, last: 2) { nodes { id } }', 'BAD_USER_INPUT', 'last'],
    ['devices(first: 2, filter: {}) { nodes { id } }', 'BAD_USER_INPUT', 'filter'],
  ])('are refused as anywhere: %s', async (use, code, field) => {
    expect(await project.refusal(`{ cohorts(first: 1) { nodes { ${use} } } }`)).toMatchObject({ code, field });
  });
});
