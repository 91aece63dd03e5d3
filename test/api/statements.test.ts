/**
 * How many SQL statements an operation makes depends on its shape, never on the number of rows. The fields are taken
 * from the schema, so that a new one without a case fails.
 */
import {
  getNamedType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { buildFleetSchema } from '../../src/graphql/schema.js';
import { toGlobalId } from '../../src/model/global-id.js';
import { startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let schema: GraphQLSchema;
/** The same fleet with 5 and with 500 of everything. */
let small: Fleet;
let large: Fleet;

interface Fleet {
  readonly project: TestProject;
  readonly size: number;
  /** Ids of all nodes by type. */
  readonly ids: Readonly<Record<string, readonly string[]>>;
}

beforeAll(async () => {
  schema = await buildFleetSchema();
  server = await startServer({ FLEETGRAPH_RATE_POINTS_PER_SECOND: '0' });
  small = await createFleet(5);
  large = await createFleet(500);
  // Names of attributes are read once for a process, and counted at most once a minute.
  for (const { project } of [small, large]) {
    await project.ask(
      `{ devices(first: 500) { nodes { attributes { name } } } attributeKeys { nodes { deviceCount } }
         found: devices(filter: {attributes: [{name: "os", exists: true}]}) { nodes { id } } }`,
    );
  }
}, 60_000);
afterAll(() => server?.stop());

const serial = (index: number) => `d${index}`;

async function createDevices(project: TestProject, size: number): Promise<void> {
  const reports = Array.from({ length: size }, (_, index) => ({
    deviceSerial: serial(index),
    group: `g${index}`,
    lastSeenRelease: { version: `v${index}` },
    attributes: [
      { name: 'os', value: 'linux' },
      { name: 'rank', value: index },
      { name: 'tags', value: ['a', 'b'], scope: 'TAGS' },
    ],
  }));
  await project.ask(
    'mutation ($reports: [AttributeReport!]!) { reportAttributes(input: {reports: $reports, createMissing: true}) { createdCount } }',
    { reports },
  );
}

/** Each device in a cohort and a group of its own, with a release and events of its own. */
async function createFleet(size: number): Promise<Fleet> {
  const project = await server.createProject();
  await createDevices(project, size);
  const run = (text: string) => server.sql(text, [project.id]);
  await run(`insert into cohort (project_id, name, slug, is_default, created_at, updated_at)
    select project_id, 'c' || id, 'c' || id, false, now(), now() from device where project_id = $1 order by id offset 1`);
  await run(
    `update device d set cohort_id = c.id from cohort c where c.project_id = $1 and d.project_id = $1 and c.slug = 'c' || d.id`,
  );
  await run(`insert into deployment (project_id, cohort_id, release_id, deployed_at)
    select c.project_id, c.id, r.id, now()
    from (select *, row_number() over (order by id) as n from cohort where project_id = $1) c
    join (select *, row_number() over (order by id) as n from release where project_id = $1) r on r.n = c.n`);
  await run(`insert into device_event (project_id, device_id, kind, at, release_id)
    select d.project_id, d.id, kind, now(), d.last_seen_release_id from device d, unnest(array['INSTALL', 'TRACE']) as kind where d.project_id = $1`);
  await run(`insert into api_key (project_id, name, role, secret_hash, created_at)
    select d.project_id, 'k', 'READER', decode(md5(d.project_id || '/' || d.id), 'hex'), now() from device d where d.project_id = $1 order by id offset 1`);
  await run(`insert into audit_log (project_id, at, principal, role, operation, kind, request_id)
    select project_id, now(), 'ci', 'WRITER', 'createDevice', 'Device', 'r' from device where project_id = $1`);
  const ids: Record<string, readonly string[]> = { Project: [toGlobalId('Project', project.id)] };
  for (const [type, table] of [
    ['Device', 'device'],
    ['Cohort', 'cohort'],
    ['Group', 'device_group'],
    ['Release', 'release'],
    ['Deployment', 'deployment'],
    ['ApiKey', 'api_key'],
  ] as const) {
    const rows = await server.sql<{ id: string }>(`select id from ${table} where project_id = $1 order by id`, [
      project.id,
    ]);
    expect([table, rows.length]).toEqual([table, size]);
    ids[type] = rows.map(({ id }) => toGlobalId(type, id));
  }
  return { project, size, ids };
}

/** Names of the statements of one operation, without those that check the key and those of the background. */
/** Frequencies are remembered for a while; counts are folded and old entries deleted in the background. */
const NOW_AND_THEN = new Set([
  'search.frequencies',
  'changes.foldCounts',
  'changes.pruneProjects',
  'changes.pruneAuditLog',
]);

async function statementsOf(
  project: TestProject,
  query: string,
  variables?: Record<string, unknown>,
): Promise<readonly string[]> {
  server.statements.length = 0;
  await project.ask(query, variables);
  return server.statements.filter((name) => !name.startsWith('auth.') && !NOW_AND_THEN.has(name)).toSorted();
}

/** Expects the same statements for 5 rows and for 500, and answers them. */
async function sameStatements(
  query: string,
  variables: (fleet: Fleet) => Record<string, unknown> = () => ({}),
): Promise<readonly string[]> {
  const ofFew = await statementsOf(small.project, query, variables(small));
  const ofMany = await statementsOf(large.project, query, variables(large));
  expect([query, ofMany]).toEqual([query, ofFew]);
  return ofMany;
}

// ---------------------------------------------------------------- fields

/**
 * Where many objects of a type come from: queries around a selection of its fields. Each comes by one way alone: loads
 * that come by two ways are one statement or two, as the answers of the database arrive.
 */
const PARENTS: Readonly<Record<string, readonly ((selection: string) => string)[]>> = {
  Device: [(inner) => `{ devices(first: 500) { nodes { ${inner} } } }`],
  Cohort: [(inner) => `{ cohorts(first: 500) { nodes { ${inner} } } }`],
  Group: [(inner) => `{ groups(first: 500) { nodes { ${inner} } } }`],
  Release: [(inner) => `{ releases(first: 500) { nodes { ${inner} } } }`],
  Deployment: [(inner) => `{ cohorts(first: 500) { nodes { lastDeployment { ${inner} } } } }`],
  DeviceEvent: [
    (inner) => `{ devices(first: 500) { nodes { latestInstall { ${inner} } } } }`,
    (inner) => `{ devices(first: 500) { nodes { events { ${inner} } } } }`,
  ],
  Attribute: [
    (inner) => `{ devices(first: 500) { nodes { attributes { ${inner} } } } }`,
    (inner) => `{ devices(first: 500) { nodes { attribute(name: "os") { ${inner} } } } }`,
  ],
  ApiKey: [(inner) => `{ apiKeys { ${inner} } }`],
  Viewer: [(inner) => `{ viewer { ${inner} } }`],
  Project: [(inner) => `{ viewer { project { ${inner} } } }`],
  DeviceConnection: [
    (inner) => `{ cohorts(first: 500) { nodes { devices(first: 2) { ${inner} } } } }`,
    (inner) => `{ groups(first: 500) { nodes { devices(first: 2) { ${inner} } } } }`,
  ],
  DeviceEdge: [
    (inner) => `{ devices(first: 500) { edges { ${inner} } } }`,
    (inner) => `{ cohorts(first: 500) { nodes { devices(first: 2) { edges { ${inner} } } } } }`,
  ],
  CohortConnection: [(inner) => `{ cohorts(first: 500) { ${inner} } }`],
  CohortEdge: [(inner) => `{ cohorts(first: 500) { edges { ${inner} } } }`],
  GroupConnection: [(inner) => `{ groups(first: 500) { ${inner} } }`],
  GroupEdge: [(inner) => `{ groups(first: 500) { edges { ${inner} } } }`],
  ReleaseConnection: [(inner) => `{ releases(first: 500) { ${inner} } }`],
  ReleaseEdge: [(inner) => `{ releases(first: 500) { edges { ${inner} } } }`],
  Facet: [
    (inner) =>
      `{ cohorts(first: 500) { nodes { devices(first: 0) { facet(by: {attribute: {name: "os"}}) { ${inner} } } } } }`,
  ],
  FacetBucket: [
    (inner) =>
      `{ cohorts(first: 500) { nodes { devices(first: 0) { facet(by: {field: RELEASE}) { buckets { ${inner} } } } } } }`,
  ],
  NumberStatistics: [
    (inner) =>
      `{ groups(first: 500) { nodes { devices(first: 0) { statistics(attribute: {name: "rank"}) { ${inner} } } } } }`,
  ],
  Percentile: [
    (inner) =>
      `{ groups(first: 500) { nodes { devices(first: 0) { statistics(attribute: {name: "rank"}) { percentiles { ${inner} } } } } } }`,
  ],
  HistogramBucket: [
    (inner) =>
      `{ groups(first: 500) { nodes { devices(first: 0) { statistics(attribute: {name: "rank"}) { histogram { ${inner} } } } } } }`,
  ],
  AuditEntry: [(inner) => `{ auditLog(first: 500) { nodes { ${inner} } } }`],
  AuditLogConnection: [(inner) => `{ auditLog(first: 500) { ${inner} } }`],
  AuditEntryEdge: [(inner) => `{ auditLog(first: 500) { edges { ${inner} } } }`],
  AttributeKey: [(inner) => `{ attributeKeys(first: 500) { nodes { ${inner} } } }`],
  AttributeKeyConnection: [(inner) => `{ attributeKeys(first: 500) { ${inner} } }`],
  AttributeKeyEdge: [(inner) => `{ attributeKeys(first: 500) { edges { ${inner} } } }`],
  PageInfo: [(inner) => `{ cohorts(first: 500) { nodes { devices(first: 2) { pageInfo { ${inner} } } } } }`],
};

const DEVICE_PAGES = [
  'devices(first: 2) { nodes { deviceSerial } }',
  'devices(first: 2) { totalCount }',
  'devices(first: 2, filter: {attributes: [{name: "rank", gt: 2}]}) { totalCount nodes { deviceSerial } edges { cursor } pageInfo { endCursor } }',
  'devices(last: 2, orderBy: [{attribute: {name: "rank"}}, {field: DEVICE_SERIAL}]) { nodes { deviceSerial cohort { slug } } }',
  'devices(filter: {deviceSerial: {matches: "^d"}}) { totalCount nodes { id } }',
];

/** Uses of the fields that have a selection of their own or need an argument. Leaves need none. */
const USES: Readonly<Record<string, readonly string[]>> = {
  'Device.cohort': ['cohort { slug }', 'cohort { deviceCount lastDeployment { release { version } } }'],
  'Device.group': [
    'group { name }',
    'group { name deviceCount devices(first: 1) { nodes { deviceSerial } totalCount } }',
  ],
  'Device.lastSeenRelease': ['lastSeenRelease { version }', 'lastSeenRelease { deviceCount }'],
  'Device.latestInstall': ['latestInstall { at }', 'latestInstall { release { version deviceCount } }'],
  'Device.latestTrace': ['latestTrace { at }', 'latestTrace { release { version } }'],
  'Device.events': ['events { at }', 'events(kind: TRACE, first: 3) { at release { version } }'],
  'Device.attributes': ['attributes { name value }', 'attributes(names: ["os"], scope: INVENTORY) { value }'],
  'Device.attribute': ['attribute(name: "os") { value }'],
  'Cohort.devices': DEVICE_PAGES,
  'Group.devices': DEVICE_PAGES,
  'Cohort.lastDeployment': [
    'lastDeployment { deployedAt }',
    'lastDeployment { cohort { slug } release { version deviceCount } }',
  ],
  'Deployment.cohort': ['cohort { slug deviceCount }'],
  'Deployment.release': ['release { version deviceCount }'],
  'DeviceEvent.release': ['release { version deviceCount }'],
  'Viewer.project': ['project { slug }'],
  'DeviceConnection.nodes': ['nodes { deviceSerial cohort { slug } }'],
  'DeviceConnection.edges': ['edges { cursor node { group { name } } }'],
  'DeviceConnection.pageInfo': ['pageInfo { hasNextPage endCursor }'],
  'DeviceConnection.facet': [
    'facet(by: {attribute: {name: "os"}}) { buckets { value deviceCount } otherCount missingCount }',
    'facet(by: {field: COHORT}) { buckets { value } }',
  ],
  'DeviceConnection.statistics': [
    'statistics(attribute: {name: "rank"}) { mean percentiles { value } histogram { count } }',
  ],
  'Facet.buckets': ['buckets { value deviceCount }'],
  'NumberStatistics.percentiles': ['percentiles { percent value }'],
  'NumberStatistics.histogram': ['histogram { from to count }'],
  'AttributeKeyConnection.nodes': ['nodes { deviceCount }'],
  'AttributeKeyConnection.edges': ['edges { cursor node { deviceCount } }'],
  'AttributeKeyConnection.pageInfo': ['pageInfo { hasNextPage endCursor }'],
  'AuditLogConnection.nodes': ['nodes { operation }'],
  'AuditLogConnection.edges': ['edges { cursor node { at } }'],
  'AuditLogConnection.pageInfo': ['pageInfo { hasNextPage endCursor }'],
  'AuditEntryEdge.node': ['node { before after }'],
  'AttributeKeyEdge.node': ['node { name types deviceCount }'],
  'DeviceEdge.node': ['node { attributes { name } }'],
  'CohortConnection.nodes': ['nodes { deviceCount }'],
  'CohortConnection.edges': ['edges { cursor node { deviceCount } }'],
  'CohortConnection.pageInfo': ['pageInfo { hasNextPage endCursor }'],
  'CohortEdge.node': ['node { lastDeployment { id } }'],
  'GroupConnection.nodes': ['nodes { deviceCount }'],
  'GroupConnection.edges': ['edges { cursor node { deviceCount } }'],
  'GroupConnection.pageInfo': ['pageInfo { hasNextPage endCursor }'],
  'GroupEdge.node': ['node { deviceCount }'],
  'ReleaseConnection.nodes': ['nodes { deviceCount }'],
  'ReleaseConnection.edges': ['edges { cursor node { deviceCount } }'],
  'ReleaseConnection.pageInfo': ['pageInfo { hasNextPage endCursor }'],
  'ReleaseEdge.node': ['node { deviceCount }'],
};

/** Object types that a query can reach. */
function reachableTypes(): GraphQLObjectType[] {
  const found = new Set<GraphQLObjectType>();
  const visit = (field: GraphQLField<unknown, unknown>): void => {
    const type = getNamedType(field.type);
    const objects = isObjectType(type) ? [type] : isInterfaceType(type) ? schema.getPossibleTypes(type) : [];
    for (const object of objects) {
      if (found.has(object)) continue;
      found.add(object);
      Object.values(object.getFields()).forEach(visit);
    }
  };
  Object.values(schema.getQueryType()!.getFields()).forEach(visit);
  return [...found];
}

const isPlainLeaf = (field: GraphQLField<unknown, unknown>) =>
  isLeafType(getNamedType(field.type)) && !field.args.some(isRequiredArgument);

/** Selections that together use every field of a type; its leaves are one of them. */
function usesOf(typeName: string): readonly string[] {
  const fields = Object.values((schema.getType(typeName) as GraphQLObjectType).getFields());
  const leaves = fields.filter(isPlainLeaf).map(({ name }) => name);
  return [
    ...(leaves.length > 0 ? [leaves.join(' ')] : []),
    ...fields.flatMap(({ name }) => USES[`${typeName}.${name}`] ?? []),
  ];
}

/** The same selection under three other names; leaves keep theirs in the first of them. */
const underAliases = (use: string) =>
  use.includes('{')
    ? `a: ${use} b: ${use} c: ${use}`
    : use
        .split(' ')
        .map((leaf) => `${leaf} a${leaf}: ${leaf} b${leaf}: ${leaf}`)
        .join(' ');

describe('a field of each type', () => {
  it('has a case', () => {
    const types = reachableTypes();
    expect(types.map(({ name }) => name).toSorted()).toEqual(Object.keys(PARENTS).toSorted());
    const fields = types.flatMap((type) =>
      Object.values(type.getFields()).map((field) => ({ name: `${type.name}.${field.name}`, field })),
    );
    const needCase = fields.filter(({ field }) => !isPlainLeaf(field)).map(({ name }) => name);
    expect(Object.keys(USES).toSorted()).toEqual(needCase.toSorted());
  });

  it.each(Object.keys(PARENTS))(
    '%s makes the same statements for 5 parents and for 500, and under several aliases',
    async (typeName) => {
      for (const around of PARENTS[typeName]!) {
        for (const use of usesOf(typeName)) {
          const once = await sameStatements(around(use));
          // Leaves are many, and documents may have 50 aliases.
          const aliased = use.includes('{') ? use : use.split(' ').slice(0, 20).join(' ');
          const thrice = await statementsOf(small.project, around(underAliases(aliased)));
          expect([use, thrice]).toEqual([use, once]);
        }
      }
    },
  );

  it.each(['Device', 'Cohort', 'Group', 'Release', 'Deployment', 'ApiKey'])(
    '%s makes the same statements for 5 nodes and for 500',
    async (typeName) => {
      for (const use of usesOf(typeName)) {
        await sameStatements(
          `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on ${typeName} { ${use} } } }`,
          ({ ids }) => ({
            ids: ids[typeName],
          }),
        );
      }
    },
  );
});

describe('an operation', () => {
  it('with all fields of a device takes few statements, however many devices there are', async () => {
    const statements = await statementsOf(
      large.project,
      PARENTS[
        'Device'
      ]![0]!(`deviceSerial productName cohort { slug deviceCount lastDeployment { release { version } } }
        group { name deviceCount } lastSeenRelease { version deviceCount } latestInstall { at release { version } } latestTrace { at }
        events { at } attributes { name value } attribute(name: "os") { value }`),
    );
    // Releases and counts are loaded by several ways, whose loads meet in one statement or not.
    expect(statements.length).toBeLessThanOrEqual(15);
    expect(new Set(statements)).toEqual(
      new Set([
        'loaders.deviceCounts',
        'loaders.events',
        'loaders.lastDeployments',
        'loaders.rowsById',
        'search.devices',
      ]),
    );
  });

  it.each([
    ['of its own', 'id ownerRef'],
    ['and its cohort, group and attributes', 'cohort { name } group { name } attributes { name value } attribute(name: "os") { value }'],
    ['and what fragments ask of it', '...f ... on Device { group { name } } } } fragment f on Device { cohort { name } ...g } fragment g on Device { x: attributes { name'],
  ])('with the fields of one device %s takes one statement', async (_what, use) => {
    expect(await statementsOf(small.project, `{ device(deviceSerial: "${serial(1)}") { ${use} } }`)).toEqual(['loaders.devices']);
  }); // prettier-ignore

  const PAGE = 'cohort { name slug } group { name } attributes { name value } attribute(name: "os") { value }';

  it.each([
    ['its cohorts, groups and attributes', `nodes { deviceSerial ${PAGE} }`],
    ['the numbers of devices in them', 'nodes { cohort { deviceCount } group { name deviceCount } attributes { name } }'],
    ['what fragments ask of it', 'edges { cursor node { ...f ... on Device { group { name } } } }'],
  ])('with a page of devices and %s takes one statement', async (_what, use) => {
    const fragments = use.includes('...f') ? 'fragment f on Device { cohort { id deviceCount } attributes { name } }' : '';
    const filters = ['', ', filter: {testMode: false}', ', filter: {attributes: [{name: "os", eq: "linux"}]}'];
    for (const filter of filters) {
      expect(await sameStatements(`{ devices(first: 500${filter}) { ${use} } } ${fragments}`)).toEqual(['search.devices']);
    }
  }); // prettier-ignore

  it('with the same list under aliases of different arguments takes one search for each', async () => {
    const once = await sameStatements(
      PARENTS['Cohort']![0]!('devices(first: 1) { nodes { deviceSerial group { name } } }'),
    );
    const thrice = await sameStatements(
      PARENTS[
        'Cohort'
      ]![0]!(`a: devices(first: 1) { nodes { deviceSerial group { name } } } b: devices(first: 2) { nodes { group { name } } }
        c: devices(filter: {testMode: true}) { nodes { group { name } } }`),
    );
    expect(thrice.filter((name) => name === 'search.devicesWithin')).toHaveLength(3);
    expect(new Set(thrice)).toEqual(new Set([...once, 'search.devicesWithin']));
  });

  it.each(['cohorts', 'groups'])('with %s, their numbers of devices and their first devices takes one statement', async (list) => {
    const nodes = 'nodes { deviceCount devices(first: 5) { nodes { deviceSerial lastSeen } } }';
    const fragment = '... on Query { x: list(first: 20) { edges { node { y: deviceCount z: devices(first: $size) { edges { cursor } } } } } }';
    expect(await statementsOf(large.project, `{ ${list} { ${nodes} } }`)).toEqual(['search.list']);
    expect(await statementsOf(large.project, `query ($size: Int = 5) { ${fragment.replace('list', list)} }`)).toEqual(['search.list']);
  }); // prettier-ignore

  it('that goes there and back again makes the same statements for 5 and for 500', async () => {
    const statements =
      await sameStatements(`{ cohorts(first: 500) { nodes { devices(first: 1) { nodes { group { devices(first: 1) {
      nodes { cohort { lastDeployment { release { deviceCount } cohort { slug } } } } } } } } } } }`);
    expect(statements.length).toBeLessThan(10);
  });

  it('with many single devices by serial, id and uuid takes one statement for each kind of key', async () => {
    const selections = async ({ project, ids }: Fleet, count: number) => {
      const { devices } = await project.ask<{ devices: { nodes: { uuid: string }[] } }>(
        '{ devices(first: 10) { nodes { uuid } } }',
      );
      return Array.from(
        { length: count },
        (_, index) => `s${index}: device(deviceSerial: "${serial(index)}") { cohort { slug } }
        i${index}: device(id: "${ids['Device']![index]}") { cohort { slug } } u${index}: device(uuid: "${devices.nodes[index]!.uuid}") { cohort { slug } }`,
      ).join(' ');
    };
    const many = await statementsOf(large.project, `{ ${await selections(large, 10)} }`);
    // One for each kind of key, and at most one for the cohorts of each.
    expect(many.length).toBeLessThanOrEqual(6);
  });

  it.each([
    ['totalCount', 'search.count'],
    ['facet(by: {field: RELEASE}) { missingCount }', 'search.facet'],
    ['statistics(attribute: {name: "rank"}) { mean }', 'search.statistics'],
  ])('with %s of one page under several aliases counts once', async (use, statement) => {
    const filters = ['{testMode: false}', '{attributes: [{name: "rank", lt: 3}]}'];
    const around = filters.map((filter, index) => `p${index}: devices(filter: ${filter}) { ${underAliases(use)} }`);
    const statements = await statementsOf(small.project, `{ ${around.join(' ')} }`);
    expect(statements.filter((name) => name === statement)).toHaveLength(filters.length);
  });

  it('with the number of all devices under several aliases reads it once', async () => {
    const statements = await statementsOf(small.project, '{ devices(first: 1) { a: totalCount b: totalCount } }');
    expect(statements).toEqual(['loaders.allDevices', 'search.devices']);
  });

  it('that names an unknown attribute reads the known names once, and one without fault does not', async () => {
    const page = (name: string) =>
      `devices(filter: {attributes: [{name: "${name}", exists: true}]}) { totalCount facet(by: {attribute: {name: "${name}"}}) { missingCount } }`;
    const faulty = await statementsOf(small.project, `{ a: ${page('ranc')} b: ${page('oss')} }`);
    expect(faulty.filter((name) => name === 'search.knownNames')).toHaveLength(1);
    const sound = await statementsOf(small.project, `{ a: ${page('rank')} b: ${page('os')} }`);
    expect(sound).not.toContain('search.knownNames');
  });

  it('with cohorts and groups by name takes one statement for each kind', async () => {
    const statements = await sameStatements(
      '{ a: cohort(slug: "default") { name } b: cohort(slug: "c") { name } c: group(name: "g1") { name } d: group(name: "g2") { name } }',
    );
    expect(statements).toEqual(['loaders.cohortsBySlug', 'loaders.groupsByName']);
  });
});

// ---------------------------------------------------------------- changes

const PAYLOAD = '{ matchedCount changedCount }';

type Operation = readonly [query: string, variables?: Record<string, unknown>];

/** Bulk changes by every kind of selector, and as a dry run; `rest` changes something each time. */
function bulk(name: string, type: string, rest: (turn: number) => object) {
  return (size: number, ids: readonly string[]): Operation[] => {
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) ${PAYLOAD} }`;
    const serials = Array.from({ length: size }, (_, index) => serial(index));
    const selectors = [
      { ids },
      { filter: { attributes: [{ name: 'rank', lt: size }] } },
      { all: true },
      { deviceSerials: serials },
    ];
    return selectors.flatMap((devices, turn) =>
      [{ dryRun: true }, { maxAffected: size }].map((options): Operation => [
        query,
        { input: { devices, ...rest(turn), ...options } },
      ]),
    );
  };
}

const attributes = (size: number, value: unknown) =>
  Array.from({ length: size }, (_, index) => ({ name: `n${index}`, value }));

/** What each mutation that touches many rows is asked for, with few and with many; the devices are there. */
const MANY: Readonly<Record<string, (size: number, ids: readonly string[]) => readonly Operation[]>> = {
  moveDevicesToCohort: bulk('moveDevicesToCohort', 'MoveDevicesToCohortInput', (turn) => ({
    cohort: turn % 2 === 0 ? 'beta' : 'default',
  })),
  moveDevicesToGroup: bulk('moveDevicesToGroup', 'MoveDevicesToGroupInput', (turn) => ({
    group: [null, 'lab', 'office', 'new'][turn],
  })),
  setAttributesOfDevices: bulk('setAttributesOfDevices', 'SetAttributesOfDevicesInput', (turn) => ({
    attributes: [
      { name: 'os', value: ['bsd', 7, true, ['x']][turn] },
      { name: 'rank', value: 1 },
      { name: `new${turn}`, value: 1 },
    ],
  })),
  deleteDevices: (size, ids) => bulk('deleteDevices', 'DeleteDevicesInput', () => ({}))(size, ids),
  reportAttributes: (size) => {
    const query =
      'mutation ($reports: [AttributeReport!]!) { reportAttributes(input: {reports: $reports, createMissing: true}) { createdCount updatedCount unchangedCount } }';
    const reports = (prefix: string, value: unknown, version: string) =>
      Array.from({ length: size }, (_, index) => ({
        deviceSerial: `${prefix}${index}`,
        attributes: [
          { name: 'os', value },
          { name: `own${index}`, value },
        ],
        group: `${prefix}${index}`,
        lastSeenRelease: { version: `${version}${index}` },
        lastSeen: '2026-01-01T00:00:00Z',
      }));
    const made = reports('n', 'linux', 'w');
    return [
      [query, { reports: made }],
      [query, { reports: made }],
      [query, { reports: reports('n', ['a', 'b'], 'w') }],
      [query, { reports: reports('d', 7, 'x') }],
    ];
  },
  deleteCohort: () => [
    ['mutation { moveDevicesToCohort(input: {devices: {all: true}, cohort: "beta"}) { changedCount } }'],
    ['mutation { deleteCohort(input: {slug: "beta"}) { deleted movedDeviceCount } }'],
  ],
  deleteGroup: () => [
    ['mutation { moveDevicesToGroup(input: {devices: {all: true}, group: "lab"}) { changedCount } }'],
    ['mutation { deleteGroup(input: {name: "lab"}) { deleted releasedDeviceCount } }'],
  ],
  createDevice: (size) => [
    [
      'mutation ($attributes: [AttributeInput!]) { createDevice(input: {deviceSerial: "new", attributes: $attributes}) { device { attributes { name } } } }',
      { attributes: attributes(size, 1) },
    ],
    [
      'mutation ($attributes: [AttributeInput!]) { createDevice(input: {deviceSerial: "new", attributes: $attributes, ifExists: UPDATE}) { device { attributes { name } } } }',
      { attributes: attributes(size, 'x') },
    ],
    ['mutation { deleteDevice(input: {deviceSerial: "new"}) { deleted } }'],
  ],
  setDeviceAttributes: (size) =>
    [1, 2, 'x', ['a', 'b'], ['a']].map((value): Operation => [
      'mutation ($attributes: [AttributeInput!]!) { setDeviceAttributes(input: {deviceSerial: "d0", attributes: $attributes}) { device { attributes { name } } } }',
      { attributes: attributes(size, value) },
    ]),
  removeDeviceAttributes: (size) => [
    [
      'mutation ($attributes: [AttributeInput!]!) { setDeviceAttributes(input: {deviceSerial: "d0", attributes: $attributes}) { device { id } } }',
      { attributes: attributes(size, 1) },
    ],
    [
      'mutation ($names: [String!]!) { removeDeviceAttributes(input: {deviceSerial: "d0", names: $names}) { device { attributes { name } } } }',
      { names: attributes(size, 1).map(({ name }) => name) },
    ],
  ],
};

/** Mutations of one row each, which have nothing to grow with; deleteDevice is above. */
const SINGLE = [
  'createApiKey',
  'createCohort',
  'createGroup',
  'deleteDevice',
  'deployRelease',
  'issueDeviceCredentials',
  'recordDeviceEvent',
  'removeDeviceFromGroup',
  'renameGroup',
  'revokeApiKey',
  'setDeviceGroup',
  'updateCohort',
  'updateDevice',
];

describe('a mutation', () => {
  it('is known to be of one row or has a case', () => {
    const names = Object.keys(schema.getMutationType()!.getFields());
    expect(names.toSorted()).toEqual([...Object.keys(MANY), ...SINGLE].toSorted());
  });

  it.each(Object.keys(MANY))('%s makes the same statements for 5 and for 500', async (name) => {
    const runs: (readonly string[])[][] = [];
    for (const size of [5, 500]) {
      const project = await server.createProject();
      await createDevices(project, size);
      await project.ask('mutation { createCohort(input: {name: "Beta"}) { created } }');
      const rows = await server.sql<{ id: string }>('select id from device where project_id = $1', [project.id]);
      const statements: (readonly string[])[] = [];
      for (const [query, variables] of MANY[name]!(
        size,
        rows.map(({ id }) => toGlobalId('Device', id)),
      )) {
        statements.push(await statementsOf(project, query, variables));
      }
      runs.push(statements);
    }
    expect(runs[1]).toEqual(runs[0]);
  });
});
