/** The queries: what is drawn for a request, how each contender is asked, and what its answer says in one common form. */
import { CONTENDERS, type Contender } from './contenders.js';
import { pick, pickSome } from './random.js';

export type QueryId = 'Q1' | 'Q2' | 'Q2n' | 'Q3' | 'Q4' | 'Q5' | 'Q6';

/** What requests are drawn from. */
export interface Sample {
  readonly serials: readonly string[];
  readonly slugs: readonly string[];
  /** Values that some device has: each search finds something. */
  readonly searches: readonly { readonly kind: string; readonly region: string; readonly warmerThan: number }[];
  /** Places in the order of ids, as each contender is told of them. */
  readonly places: readonly Readonly<Partial<Record<Contender, string>>>[];
}

export interface WantedAttribute {
  readonly scope: string;
  readonly name: string;
  readonly value: string | number;
}

/** What one request is about, whomever it goes to. */
export interface Draw {
  readonly serial: string;
  readonly place: Sample['places'][number];
  readonly search: Sample['searches'][number];
  readonly slug: string;
  readonly serials: readonly string[];
  readonly wanted: readonly WantedAttribute[];
}

interface Ask {
  readonly document?: string;
  /** Instead of a document: a path of the floor; absent: the id of the query. */
  readonly path?: string;
  readonly variables: (draw: Draw) => object;
  /** The member `data` of an answer in the form that all have in common. */
  readonly plain: (data: never) => unknown;
}

export interface Query {
  readonly id: QueryId;
  readonly title: string;
  /** The draw has what the query needs of it. */
  readonly draw: (random: () => number, sample: Sample) => Partial<Draw>;
  readonly asks: Readonly<Partial<Record<Contender, Ask>>>;
  readonly writes?: true;
  readonly oneAtATime?: true;
  /** Least requests of A per second as a share of the other's. */
  readonly goals: Readonly<Partial<Record<Contender, number>>>;
}

/** All data of the benchmark are in this project. */
export const PROJECT = 1;

export const PAGE_SIZE = 50;
const MOVED_AT_ONCE = 1_000;
const COHORT_DEVICES = 5;
const SHOWN = ['cpu_temperature', 'device_type', 'region'];

const asIs = (data: object) => data;

/** PostGraphile counts a connection: `devices { totalCount }`. */
function withDeviceCounts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withDeviceCounts);
  if (typeof value !== 'object' || value === null) return value;
  const { devices, ...rest } = value as { devices?: { totalCount?: number; nodes?: unknown } };
  const entries = Object.entries(devices?.totalCount === undefined ? value : rest);
  return {
    ...Object.fromEntries(entries.map(([name, one]) => [name, withDeviceCounts(one)])),
    ...(devices?.totalCount !== undefined && {
      deviceCount: devices.totalCount,
      ...(devices.nodes !== undefined && { devices: { nodes: devices.nodes } }),
    }),
  };
}

function pageOf(fields: { readonly cohort: string; readonly attributes: string; readonly group: string }): string {
  const { cohort, attributes, group } = fields;
  return `{ nodes { deviceSerial state ${cohort} ${group} { name } ${attributes} } pageInfo { hasNextPage } }`;
}

function pageQuery(id: 'Q2' | 'Q2n', title: string, goals: Query['goals']): Query {
  const counted = id === 'Q2';
  const ofPostgraphile = (count: string, attributes: string): Ask => ({
    document: `query ($project: Int!, $after: Cursor) {
      devices: allDevices(condition: { projectId: $project }, orderBy: [ROW_ID_ASC], first: ${PAGE_SIZE}, after: $after) ${pageOf(
        {
          cohort: `cohort: cohortByProjectIdAndCohortId { name slug ${counted ? count : ''} }`,
          group: 'group: deviceGroupByProjectIdAndGroupId',
          attributes,
        },
      )} }`,
    variables: ({ place }) => ({ project: PROJECT, after: place.B }),
    plain: withDeviceCounts,
  });
  return {
    id,
    title,
    draw: (random, { places }) => ({ place: pick(random, places) }),
    asks: {
      A: {
        document: `query ($after: String) { devices(first: ${PAGE_SIZE}, after: $after) ${pageOf({
          cohort: `cohort { name slug ${counted ? 'deviceCount' : ''} }`,
          group: 'group',
          attributes: 'attributes { name value }',
        })} }`,
        variables: ({ place }) => ({ after: place.A }),
        plain: asIs,
      },
      B: ofPostgraphile(
        'devices: devicesByProjectIdAndCohortId { totalCount }',
        'attributes: attributesList { name value }',
      ),
      B2: ofPostgraphile('deviceCount', 'attributes: attributesJson'),
      C: { variables: ({ place }) => ({ after: place.C }), plain: asIs },
    },
    goals,
  };
}

const DEVICE_OF_POSTGRAPHILE: Ask = {
  document: `query ($project: Int!, $serial: String!) {
    device: deviceByProjectIdAndDeviceSerial(projectId: $project, deviceSerial: $serial) {
      deviceSerial hardwareVersion state lastSeen
      cohort: cohortByProjectIdAndCohortId { name slug }
      group: deviceGroupByProjectIdAndGroupId { name }
    } }`,
  variables: ({ serial }) => ({ project: PROJECT, serial }),
  plain: ({ device }: { device: { lastSeen: string | null } }) => ({
    // Of microseconds.
    device: { ...device, lastSeen: device.lastSeen && new Date(device.lastSeen).toISOString() },
  }),
};

const COHORTS_OF_POSTGRAPHILE = (count: string): string =>
  `query ($project: Int!) {
    cohorts: allCohorts(condition: { projectId: $project }, orderBy: [SLUG_ASC]) { nodes { name slug ${
      count === 'totalCount' ? '' : count
    }
      devices: devicesByProjectIdAndCohortId(first: ${COHORT_DEVICES}, orderBy: [ROW_ID_ASC]) {
        ${count === 'totalCount' ? count : ''} nodes { deviceSerial state } } } } }`;

export const QUERIES: readonly Query[] = [
  {
    id: 'Q1',
    title: 'one device by serial, cohort and group',
    draw: (random, { serials }) => ({ serial: pick(random, serials) }),
    asks: {
      A: {
        document: `query ($serial: String!) {
          device(deviceSerial: $serial) { deviceSerial hardwareVersion state lastSeen cohort { name slug } group { name } } }`,
        variables: ({ serial }) => ({ serial }),
        plain: asIs,
      },
      B: DEVICE_OF_POSTGRAPHILE,
      C: { variables: ({ serial }) => ({ serial }), plain: asIs },
      C1: { path: 'Q1/one', variables: ({ serial }) => ({ serial }), plain: asIs },
    },
    goals: { B: 2, C: 0.65 },
  },
  pageQuery('Q2', `page of ${PAGE_SIZE}, cohort with deviceCount, group, all attributes`, { B: 25, C: 0.55 }),
  pageQuery('Q2n', 'the same without deviceCount', { B: 5, C: 0.6 }),
  {
    id: 'Q3',
    title: `search (two equalities, a range), page of ${PAGE_SIZE}, 3 named attributes`,
    draw: (random, { searches }) => ({ search: pick(random, searches) }),
    asks: {
      A: {
        document: `query ($filter: DeviceFilter!, $names: [String!]) { devices(filter: $filter, first: ${PAGE_SIZE}) {
          nodes { deviceSerial attributes(names: $names) { name value } } pageInfo { hasNextPage } } }`,
        variables: ({ search: { kind, region, warmerThan } }) => ({
          filter: {
            attributes: [
              { name: 'device_type', eq: kind },
              { name: 'region', eq: region },
              { name: 'cpu_temperature', gt: warmerThan },
            ],
          },
          names: SHOWN,
        }),
        plain: asIs,
      },
      B: {
        // With the ids of the attributes' names, which spares it three more relations.
        document: `query ($project: Int!, $kind: String!, $region: String!, $warmerThan: Float!, $names: [String]) {
          devices: allDevices(condition: { projectId: $project }, orderBy: [ROW_ID_ASC], first: ${PAGE_SIZE}, filter: { and: [
            { postingTextsByProjectIdAndDeviceId: { some: { keyId: { equalTo: 1 }, value: { equalTo: $kind } } } }
            { postingTextsByProjectIdAndDeviceId: { some: { keyId: { equalTo: 14 }, value: { equalTo: $region } } } }
            { postingNumbersByProjectIdAndDeviceId: { some: { keyId: { equalTo: 9 }, value: { greaterThan: $warmerThan } } } }
          ] }) { nodes { deviceSerial attributes: attributesList(names: $names) { name value } } pageInfo { hasNextPage } } }`,
        variables: ({ search }) => ({ project: PROJECT, ...search, names: SHOWN }),
        plain: asIs,
      },
      B2: {
        document: `query ($project: Int!, $kind: String!, $region: String!, $warmerThan: Float!, $most: Int!, $names: [String]) {
          devices: benchHttpSearchDevicesList(
            project: $project, kind: $kind, region: $region, warmerThan: $warmerThan, most: $most
          ) { deviceSerial attributes: attributesJson(names: $names) } }`,
        variables: ({ search }) => ({ project: PROJECT, ...search, most: PAGE_SIZE + 1, names: SHOWN }),
        plain: ({ devices }: { devices: unknown[] }) => ({
          devices: { nodes: devices.slice(0, PAGE_SIZE), pageInfo: { hasNextPage: devices.length > PAGE_SIZE } },
        }),
      },
      C: { variables: ({ search }) => ({ ...search, names: SHOWN }), plain: asIs },
    },
    goals: { B: 4, C: 0.7 },
  },
  {
    id: 'Q4',
    title: `all cohorts with deviceCount and their first ${COHORT_DEVICES} devices`,
    draw: () => ({}),
    asks: {
      A: {
        document: `{ cohorts { nodes { name slug deviceCount devices(first: ${COHORT_DEVICES}) { nodes { deviceSerial state } } } } }`,
        variables: () => ({}),
        plain: asIs,
      },
      B: {
        document: COHORTS_OF_POSTGRAPHILE('totalCount'),
        variables: () => ({ project: PROJECT }),
        plain: withDeviceCounts,
      },
      B2: {
        document: COHORTS_OF_POSTGRAPHILE('deviceCount'),
        variables: () => ({ project: PROJECT }),
        plain: asIs,
      },
      C: { variables: () => ({}), plain: asIs },
    },
    goals: { B: 20, C: 0.7 },
  },
  {
    id: 'Q5',
    title: 'set 3 attributes of one device',
    writes: true,
    draw: (random, { serials }) => ({
      serial: pick(random, serials),
      wanted: [
        { scope: 'MONITOR', name: 'cpu_temperature', value: Math.round(random() * 8_000) / 100 },
        { scope: 'MONITOR', name: 'disk_free_mb', value: Math.floor(random() * 1e6) },
        {
          scope: 'INVENTORY',
          name: 'os_version',
          value: `5.${Math.floor(random() * 1e4)}.${Math.floor(random() * 1e4)}`,
        },
      ],
    }),
    asks: {
      A: {
        document: `mutation ($serial: String!, $wanted: [AttributeInput!]!) {
          setDeviceAttributes(input: { deviceSerial: $serial, attributes: $wanted }) { device { deviceSerial } } }`,
        variables: ({ serial, wanted }) => ({ serial, wanted }),
        plain: ({ setDeviceAttributes: { device } }: { setDeviceAttributes: { device: object } }) => ({ device }),
      },
      B: {
        document: `mutation ($project: Int!, $serial: String!, ${[0, 1, 2]
          .map((n) => `$scope${n}: String!, $name${n}: String!, $value${n}: JSON!`)
          .join(', ')}) { ${[0, 1, 2]
          .map(
            (n) => `set${n}: updateBenchHttpDeviceAttributeByProjectIdAndDeviceSerialAndScopeAndName(input: {
              projectId: $project, deviceSerial: $serial, scope: $scope${n}, name: $name${n},
              benchHttpDeviceAttributePatch: { value: $value${n} }
            }) { device: benchHttpDeviceAttribute { deviceSerial } }`,
          )
          .join(' ')} }`,
        variables: ({ serial, wanted }) => ({
          project: PROJECT,
          serial,
          ...Object.fromEntries(
            wanted.flatMap((one, n) => Object.entries(one).map(([name, value]) => [`${name}${n}`, value])),
          ),
        }),
        plain: ({ set2: { device } }: { set2: { device: object } }) => ({ device }),
      },
      B2: {
        document: `mutation ($project: Int!, $serial: String!, $wanted: JSON!) {
          set: benchHttpSetDeviceAttributes(input: { project: $project, serial: $serial, wanted: $wanted }) {
            device: result { deviceSerial } } }`,
        variables: ({ serial, wanted }) => ({ project: PROJECT, serial, wanted }),
        plain: ({ set: { device } }: { set: { device: object } }) => ({ device }),
      },
      C: { variables: ({ serial, wanted }) => ({ serial, wanted }), plain: asIs },
    },
    goals: { B: 5, B2: 2.5, C: 0.85 },
  },
  {
    id: 'Q6',
    title: `move ${MOVED_AT_ONCE} devices to a cohort by serial`,
    writes: true,
    oneAtATime: true,
    draw: (random, { serials, slugs }) => ({
      slug: pick(random, slugs),
      serials: pickSome(random, serials, MOVED_AT_ONCE),
    }),
    asks: {
      A: {
        document: `mutation ($slug: String!, $serials: [String!]!) {
          moved: moveDevicesToCohort(input: { cohort: $slug, devices: { deviceSerials: $serials } }) { matchedCount changedCount } }`,
        variables: ({ slug, serials }) => ({ slug, serials }),
        plain: asIs,
      },
      B2: {
        document: `mutation ($project: Int!, $slug: String!, $serials: [String]!) {
          move: benchHttpMoveDevicesToCohort(input: { project: $project, slug: $slug, serials: $serials }) {
            moved: result { matchedCount changedCount } } }`,
        variables: ({ slug, serials }) => ({ project: PROJECT, slug, serials }),
        plain: ({ move: { moved } }: { move: { moved: object } }) => ({ moved }),
      },
      C: { variables: ({ slug, serials }) => ({ slug, serials }), plain: asIs },
    },
    goals: { B2: 1.1, C: 0.9 },
  },
];

export function queryOf(id: string): Query {
  const query = QUERIES.find((one) => one.id === id);
  if (query === undefined) throw new Error(`there is no query ${id}`);
  return query;
}

/** Those of the contenders that have this query. */
export function contendersOf({ asks }: Query, among: readonly Contender[] = CONTENDERS): Contender[] {
  return among.filter((contender) => asks[contender] !== undefined);
}

export function askOf({ id, asks }: Query, contender: Contender): Ask {
  const ask = asks[contender];
  if (ask === undefined) throw new Error(`${contender} has no ${id}`);
  return ask;
}

/** Path and body of a request. */
export function requestMaker(
  query: Query,
  contender: Contender,
): { path: string; bodyOf: (draw: Partial<Draw>) => string } {
  const { document, path = query.id, variables } = askOf(query, contender);
  if (document === undefined) {
    return { path: `/${path}`, bodyOf: (draw) => JSON.stringify(variables(draw as Draw)) };
  }
  const start = `{"query":${JSON.stringify(document.replaceAll(/\s+/g, ' '))},"variables":`;
  return { path: '/graphql', bodyOf: (draw) => `${start}${JSON.stringify(variables(draw as Draw))}}` };
}
