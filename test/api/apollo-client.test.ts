/** An application's developer, who uses Apollo Client as its documents say: pages, the cache, and errors by code. */
import {
  ApolloClient,
  CombinedGraphQLErrors,
  gql,
  HttpLink,
  InMemoryCache,
  type ObservableQuery,
} from '@apollo/client/core';
import { relayStylePagination } from '@apollo/client/utilities';
import { startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;
let client: ApolloClient;
let requests: number;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

beforeEach(async () => {
  project = await server.createProject();
  requests = 0;
  client = createClient(project.key);
});
afterEach(() => client.stop());

function createClient(key: string): ApolloClient {
  return new ApolloClient({
    link: new HttpLink({
      uri: server.endpoint,
      headers: { authorization: `Bearer ${key}` },
      fetch: (...args) => {
        requests += 1;
        return fetch(...args);
      },
    }),
    cache: new InMemoryCache({
      possibleTypes: { Node: ['Device', 'Cohort', 'Group', 'Release', 'Deployment', 'ApiKey', 'Project'] },
      typePolicies: { Query: { fields: { devices: relayStylePagination(['filter', 'orderBy']) } } },
    }),
  });
}

const serial = (index: number) => `s${String(index).padStart(3, '0')}`;

async function createDevices(serials: readonly string[]): Promise<void> {
  await project.ask(
    'mutation ($reports: [AttributeReport!]!) { reportAttributes(input: {reports: $reports, createMissing: true}) { createdCount } }',
    { reports: serials.map((deviceSerial) => ({ deviceSerial, attributes: [{ name: 'os', value: 'linux' }] })) },
  );
}

interface Page {
  readonly devices: {
    readonly edges: readonly {
      readonly cursor: string;
      readonly node: { readonly id: string; readonly deviceSerial: string };
    }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    readonly totalCount: number;
  };
}

/** A filter may be left out only if the document says what then holds. */
const DEVICES = gql`
  query Devices($first: Int, $after: String, $filter: DeviceFilter = { and: [] }, $orderBy: [DeviceOrder!]) {
    devices(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      edges {
        cursor
        node {
          id
          deviceSerial
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
      totalCount
    }
  }
`;

/** Subscribes to the query, as a component on the screen would, and answers its first data. */
function watch(query: ObservableQuery<Page>): Promise<Page> {
  return new Promise((resolve, reject) => {
    query.subscribe(({ loading, error }) => {
      if (error !== undefined) reject(error);
      if (!loading) resolve(resultOf(query));
    });
  });
}

/** All pages read so far, as the cache has them. */
function resultOf(query: ObservableQuery<Page>): Page {
  return client.cache.readQuery<Page>({ query: DEVICES, variables: query.variables })!;
}

/** What Apollo Client makes of a failure: the list of errors that the server sent. */
async function codesOf(work: Promise<unknown>): Promise<readonly unknown[]> {
  const fault: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!CombinedGraphQLErrors.is(fault)) throw new Error(`not the errors of an answer: ${String(fault)}`);
  return fault.errors.map(({ extensions }) => extensions?.['code']);
}

describe('pages with fetchMore and relayStylePagination', () => {
  const ORDERS = [
    ['the default order', undefined],
    ['the serial', [{ field: 'DEVICE_SERIAL', direction: 'ASC' }]],
    ['an attribute that is the same for all', [{ attribute: { name: 'os' } }]],
  ] as const;

  it.each(ORDERS)('show 120 devices, each once, by %s', async (_name, orderBy) => {
    const serials = Array.from({ length: 120 }, (_, index) => serial(index));
    await createDevices(serials);
    const variables = { first: 25, after: null, filter: { testMode: false }, orderBy };
    const query = client.watchQuery<Page>({ query: DEVICES, variables });
    let data = await watch(query);
    let pages = 1;
    while (data.devices.pageInfo.hasNextPage) {
      await query.fetchMore({ variables: { after: data.devices.pageInfo.endCursor } });
      data = resultOf(query);
      pages += 1;
      expect(pages).toBeLessThanOrEqual(5);
    }
    expect(pages).toBe(5);
    expect(data.devices.edges.map(({ node }) => node.deviceSerial).toSorted()).toEqual(serials);
    expect(data.devices.totalCount).toBe(120);
  });

  it('neither repeat nor lose a device while others are made and deleted between the pages', async () => {
    const even = Array.from({ length: 120 }, (_, index) => serial(index * 2));
    await createDevices(even);
    const variables = { first: 10, after: null, orderBy: [{ field: 'DEVICE_SERIAL', direction: 'ASC' }] };
    const query = client.watchQuery<Page>({ query: DEVICES, variables });
    let data = await watch(query);
    const deletedUnread: string[] = [];
    const madeAhead: string[] = [];
    let fetched = 1;
    while (data.devices.pageInfo.hasNextPage) {
      const last = data.devices.edges.at(-1)!.node.deviceSerial;
      const at = even.indexOf(last);
      const [behind, cursorRow, ahead] = [even[at - 3]!, last, even[at + 4]];
      // One that was read, the one that the cursor stands on, and one that comes later.
      const gone = [behind, cursorRow, ...(ahead === undefined ? [] : [ahead])];
      if (ahead !== undefined) deletedUnread.push(ahead);
      const newBehind = serial(at * 2 - 5);
      const newAhead = serial(at * 2 + 5);
      madeAhead.push(newAhead);
      await project.ask(
        'mutation ($gone: [String!]!) { deleteDevices(input: {devices: {deviceSerials: $gone}}) { changedCount } }',
        { gone },
      );
      await createDevices([newBehind, newAhead]);
      fetched += 1;
      expect(fetched).toBeLessThan(30);
      await query.fetchMore({ variables: { after: data.devices.pageInfo.endCursor } });
      data = resultOf(query);
    }
    const seen = data.devices.edges.map(({ node }) => node.deviceSerial);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(seen.toSorted());
    for (const unread of deletedUnread) expect(seen).not.toContain(unread);
    for (const made of madeAhead) expect(seen).toContain(made);
    const stayed = even.filter((one) => !deletedUnread.includes(one));
    expect(seen).toEqual(expect.arrayContaining(stayed));
  });

  it('are kept apart by filter and order in the cache', async () => {
    await createDevices(['a', 'b', 'c']);
    const serialsOf = async (variables: Record<string, unknown>) => {
      const { data } = await client.query<Page>({ query: DEVICES, variables });
      return data?.devices.edges.map(({ node }) => node.deviceSerial);
    };
    expect(await serialsOf({ filter: { deviceSerial: { ne: 'b' } } })).toEqual(['a', 'c']);
    expect(await serialsOf({ orderBy: [{ field: 'DEVICE_SERIAL', direction: 'DESC' }] })).toEqual(['c', 'b', 'a']);
    expect(await serialsOf({ filter: { deviceSerial: { ne: 'b' } } })).toEqual(['a', 'c']);
    expect(requests).toBe(2);
  });
});

describe('the cache', () => {
  const DEVICE = gql`
    query Device($serial: String!) {
      device(deviceSerial: $serial) {
        id
        deviceSerial
        ownerRef
        cohort {
          id
          slug
          deviceCount
        }
      }
    }
  `;

  it('knows a device by its id wherever it comes from, so that a change shows without another request', async () => {
    await createDevices(['a', 'b']);
    await client.query({ query: DEVICES });
    await client.query({ query: DEVICE, variables: { serial: 'a' } });
    expect(requests).toBe(2);
    const { data } = await client.mutate<{ updateDevice: { device: { id: string } } }>({
      mutation: gql`
        mutation Change($input: UpdateDeviceInput!) {
          updateDevice(input: $input) {
            device {
              id
              ownerRef
            }
          }
        }
      `,
      variables: { input: { deviceSerial: 'a', ownerRef: 'changed' } },
    });
    expect(client.cache.readQuery({ query: DEVICE, variables: { serial: 'a' } })).toMatchObject({
      device: { deviceSerial: 'a', ownerRef: 'changed' },
    });
    const id = client.cache.identify({ __typename: 'Device', id: data!.updateDevice.device.id });
    expect(client.cache.extract()).toHaveProperty([id!, 'ownerRef'], 'changed');
    expect(requests).toBe(3);
  });

  it('shows the cohort of two devices as one thing', async () => {
    await createDevices(['a', 'b']);
    await client.query({ query: DEVICE, variables: { serial: 'a' } });
    await client.query({ query: DEVICE, variables: { serial: 'b' } });
    const cohorts = Object.keys(client.cache.extract() as Record<string, unknown>).filter((key) =>
      key.startsWith('Cohort:'),
    );
    expect(cohorts).toHaveLength(1);
  });

  it('takes a deleted device out by the id that the change answers', async () => {
    await createDevices(['a', 'b']);
    await client.query({ query: DEVICES });
    await client.mutate<{ deleteDevice: { id: string } }>({
      mutation: gql`
        mutation {
          deleteDevice(input: { deviceSerial: "a" }) {
            deleted
            id
          }
        }
      `,
      update(cache, { data }) {
        const id = cache.identify({ __typename: 'Device', id: data!.deleteDevice.id });
        if (id !== undefined) cache.evict({ id });
      },
    });
    const { data } = await client.query<Page>({ query: DEVICES });
    expect(data?.devices.edges.map(({ node }) => node.deviceSerial)).toEqual(['b']);
    expect(requests).toBe(2);
  });
});

describe('errors', () => {
  it('of an operation come as CombinedGraphQLErrors with their codes, ids and paths', async () => {
    const fault: unknown = await client
      .query({ query: DEVICES, variables: { first: 501 } })
      .catch((error: unknown) => error);
    if (!CombinedGraphQLErrors.is(fault)) throw new Error('not the errors of an answer');
    expect(fault.errors).toMatchObject([
      {
        path: ['devices'],
        extensions: { code: 'BAD_USER_INPUT', field: 'first', requestId: expect.any(String) as string },
      },
    ]);
    expect(fault.message).toContain('first');
  });

  it.each<[string, string, Record<string, unknown> | undefined]>([
    [
      'BAD_USER_INPUT',
      'query ($filter: DeviceFilter) { devices(filter: $filter) { totalCount } }',
      { filter: { colour: 'red' } },
    ],
    ['BAD_USER_INPUT', 'query ($filter: DeviceFilter) { devices(filter: $filter) { totalCount } }', { filter: null }],
    ['BAD_USER_INPUT', 'query ($filter: DeviceFilter) { devices(filter: $filter) { totalCount } }', undefined],
    [
      'LIMIT_EXCEEDED',
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
      { ids: Array.from({ length: 501 }, () => 'RGV2aWNlOjE') },
    ],
    ['NOT_FOUND', 'mutation { updateDevice(input: {deviceSerial: "no"}) { device { id } } }', undefined],
    ['CONFLICT', 'mutation { deleteCohort(input: {slug: "default"}) { deleted } }', undefined],
    [
      'TOO_MANY_AFFECTED',
      'mutation { deleteDevices(input: {devices: {all: true}, maxAffected: 0}) { matchedCount } }',
      undefined,
    ],
    ['GRAPHQL_VALIDATION_FAILED', '{ fleet { id } }', undefined],
  ])('with code %s are read from whatever status', async (code, text, variables) => {
    await createDevices(['a']);
    const document = gql(text);
    const work = text.startsWith('mutation')
      ? client.mutate({ mutation: document, variables: variables ?? {} })
      : client.query({ query: document, variables: variables ?? {} });
    expect(await codesOf(work)).toEqual([code]);
  });

  it('of a stranger, of a key that may not, and of a cursor of another search, are told apart', async () => {
    await createDevices(['a', 'b']);
    const stranger = createClient('fg_wrong');
    expect(await codesOf(stranger.query({ query: DEVICES }))).toEqual(['UNAUTHENTICATED']);
    stranger.stop();

    const reader = createClient((await project.client('READER')).key);
    const mutation = gql('mutation { createGroup(input: {name: "x"}) { created } }');
    expect(await codesOf(reader.mutate({ mutation }))).toEqual(['FORBIDDEN']);
    reader.stop();

    const { data } = await client.query<Page>({ query: DEVICES, variables: { first: 1 } });
    const variables = { after: data?.devices.pageInfo.endCursor, filter: { testMode: false } };
    expect(await codesOf(client.query({ query: DEVICES, variables }))).toEqual(['CURSOR_MISMATCH']);
  });

  it('of a part leave the other parts with errorPolicy: all', async () => {
    await createDevices(['a']);
    const query = gql('{ device(deviceSerial: "a") { id } none: device(deviceSerial: "") { id } }');
    const { data, error } = await client.query({ query, errorPolicy: 'all' });
    expect(data).toMatchObject({ device: { id: expect.any(String) as string }, none: null });
    if (!CombinedGraphQLErrors.is(error)) throw new Error('not the errors of an answer');
    expect(error.errors).toMatchObject([{ path: ['none'], extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});

it('null stands for what is absent in paging arguments', async () => {
  await createDevices(['a', 'b']);
  const { data } = await client.query<Page>({ query: DEVICES, variables: { first: null, after: null, orderBy: null } });
  expect(data?.devices.edges.map(({ node }) => node.deviceSerial)).toEqual(['a', 'b']);
});
