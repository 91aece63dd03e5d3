/** Counts by value beside a page: facet. */
import { startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;

beforeAll(async () => {
  server = await startServer();
  project = await server.createProject();
  const reports = Array.from({ length: 12 }, (_, index) => ({
    deviceSerial: `s${index}`,
    ...(index % 4 !== 0 && { group: index % 2 === 0 ? 'lab' : 'field' }),
    ...(index % 3 !== 0 && { lastSeenRelease: { version: `1.${index % 2}`, revision: `r${index % 4}` } }),
    lastSeen: new Date(Date.now() - index * 3_600_000).toISOString(),
    attributes: [
      { name: 'floor', value: index % 5 },
      ...(index > 8 ? [] : [{ name: 'ports', value: index % 2 === 0 ? ['80', '443'] : ['80'] }]),
    ],
  }));
  await project.ask(
    'mutation ($reports: [AttributeReport!]!) { reportAttributes(input: {reports: $reports, createMissing: true}) { createdCount } }',
    { reports },
  );
  await project.ask(`mutation {
    createCohort(input: {name: "beta"}) { created }
    moveDevicesToCohort(input: {devices: {deviceSerials: ["s0", "s1", "s2"]}, cohort: "beta"}) { changedCount }
    updateDevice(input: {deviceSerial: "s5", testMode: true, state: DISABLED}) { device { id } }
    setDeviceAttributes(input: {deviceSerial: "s0", scope: TAGS, attributes: [{name: "floor", value: "ground", scope: TAGS}]}) { device { id } }
  }`);
});
afterAll(() => server?.stop());

const FACET = 'buckets { value deviceCount } otherCount missingCount';
interface Answer {
  readonly devices: { readonly facet: { buckets: unknown[]; otherCount: number; missingCount: number } };
}

async function facet(by: unknown, args: Record<string, unknown> = {}) {
  const query = `query ($by: FacetKey!, $first: Int! = 10, $filter: DeviceFilter = {and: []}) {
    devices(first: 0, filter: $filter) { facet(by: $by, first: $first) { ${FACET} } } }`;
  return (await project.ask<Answer>(query, { by, ...args })).devices.facet;
}

describe('a facet', () => {
  it('counts all devices found by field, whatever the page', async () => {
    expect(await facet({ field: 'COHORT' })).toEqual({
      buckets: [
        { value: 'default', deviceCount: 9 },
        { value: 'beta', deviceCount: 3 },
      ],
      otherCount: 0,
      missingCount: 0,
    });
    expect(await facet({ field: 'GROUP' }, { first: 1 })).toEqual({
      buckets: [{ value: 'field', deviceCount: 6 }],
      otherCount: 3,
      missingCount: 3,
    });
    expect(await facet({ field: 'RELEASE' })).toEqual({
      buckets: [
        { value: '1.0', deviceCount: 4 },
        { value: '1.1', deviceCount: 4 },
      ],
      otherCount: 0,
      missingCount: 4,
    });
    expect((await facet({ field: 'STATE' })).buckets).toEqual([
      { value: 'ACTIVE', deviceCount: 11 },
      { value: 'DISABLED', deviceCount: 1 },
    ]);
    expect((await facet({ field: 'TEST_MODE' })).buckets).toEqual([
      { value: false, deviceCount: 11 },
      { value: true, deviceCount: 1 },
    ]);
  });

  it('counts by the value of an attribute that counts', async () => {
    expect(await facet({ attribute: { name: 'floor' } }, { first: 2 })).toEqual({
      buckets: [
        { value: 1, deviceCount: 3 },
        { value: 0, deviceCount: 2 },
      ],
      otherCount: 7,
      missingCount: 0,
    });
    expect(await facet({ attribute: { name: 'floor', scope: 'TAGS' } })).toEqual({
      buckets: [{ value: 'ground', deviceCount: 1 }],
      otherCount: 0,
      missingCount: 11,
    });
    expect(await facet({ attribute: { name: 'ports', scope: null } })).toEqual({
      buckets: [
        { value: '80', deviceCount: 9 },
        { value: '443', deviceCount: 5 },
      ],
      otherCount: 0,
      missingCount: 3,
    });
    expect(await facet({ attribute: { name: 'never reported' } })).toEqual({
      buckets: [],
      otherCount: 0,
      missingCount: 12,
    });
  });

  it('counts what the filter of its page finds, in one operation with it', async () => {
    const { devices } = await project.ask(
      `{ devices(first: 1, filter: {lastSeen: {withinLast: "PT150M"}}) {
           nodes { deviceSerial } totalCount
           byFloor: facet(by: {attribute: {name: "floor"}}) { ${FACET} } byCohort: facet(by: {field: COHORT}) { ${FACET} } } }`,
    );
    expect(devices).toEqual({
      nodes: [{ deviceSerial: 's0' }],
      totalCount: 3,
      byFloor: {
        buckets: [
          { value: 1, deviceCount: 1 },
          { value: 2, deviceCount: 1 },
          { value: 'ground', deviceCount: 1 },
        ],
        otherCount: 0,
        missingCount: 0,
      },
      byCohort: { buckets: [{ value: 'beta', deviceCount: 3 }], otherCount: 0, missingCount: 0 },
    });
  });

  it('counts the devices of each cohort and group', async () => {
    const { cohorts, groups } = await project.ask(
      `{ cohorts { nodes { slug devices(first: 0) { facet(by: {field: GROUP}) { ${FACET} } } } }
         groups { nodes { name devices(first: 0, filter: {testMode: false}) { facet(by: {attribute: {name: "ports"}}, first: 1) { ${FACET} } } } } }`,
    );
    expect(cohorts).toEqual({
      nodes: [
        {
          slug: 'beta',
          devices: {
            facet: {
              buckets: [
                { value: 'field', deviceCount: 1 },
                { value: 'lab', deviceCount: 1 },
              ],
              otherCount: 0,
              missingCount: 1,
            },
          },
        },
        {
          slug: 'default',
          devices: {
            facet: {
              buckets: [
                { value: 'field', deviceCount: 5 },
                { value: 'lab', deviceCount: 2 },
              ],
              otherCount: 0,
              missingCount: 2,
            },
          },
        },
      ],
    });
    expect(groups).toEqual({
      nodes: [
        {
          name: 'field',
          devices: { facet: { buckets: [{ value: '80', deviceCount: 3 }], otherCount: 0, missingCount: 2 } },
        },
        {
          name: 'lab',
          // Of equal counts the first value.
          devices: { facet: { buckets: [{ value: '443', deviceCount: 2 }], otherCount: 2, missingCount: 1 } },
        },
      ],
    });
  });

  it('takes as many statements for one cohort as for many, and none if it is not asked for', async () => {
    const own = await server.createProject();
    const query = `{ cohorts(first: 50) { nodes { devices(first: 2, filter: {testMode: false}) {
      facet(by: {attribute: {name: "floor"}}) { ${FACET} } statistics(attribute: {name: "floor"}) { mean } } } } }`;
    const statementsOf = async (text: string) => {
      server.statements.length = 0;
      await own.ask(text);
      return server.statements.length;
    };
    await own.ask('mutation { createDevice(input: {attributes: [{name: "floor", value: 1}]}) { created } }');
    const one = await statementsOf(query);
    for (let index = 0; index < 12; index += 1) {
      await own.ask(`mutation { createCohort(input: {name: "c${index}"}) { created }
        createDevice(input: {cohort: "c${index}", attributes: [{name: "floor", value: ${index}}]}) { created } }`);
    }
    expect(await statementsOf(query)).toBe(one);
    server.statements.length = 0;
    await own.ask('{ devices { nodes { id } } }');
    expect(server.statements).not.toContain('search.facet');
    expect(server.statements).not.toContain('search.statistics');
  });

  it.each<[string, unknown, number | undefined, string, string]>([
    ['that counts by nothing', {}, undefined, 'BAD_USER_INPUT', 'by'],
    ['that counts by null', { field: null, attribute: null }, undefined, 'BAD_USER_INPUT', 'by'],
    ['that counts by two things', { field: 'COHORT', attribute: { name: 'a' } }, undefined, 'BAD_USER_INPUT', 'by'],
    ['of an attribute without a name', { attribute: { name: '' } }, undefined, 'BAD_USER_INPUT', 'by.attribute.name'],
    ['of a name with NUL', { attribute: { name: 'a\0' } }, undefined, 'BAD_USER_INPUT', 'by.attribute.name'],
    [
      'of too long a name',
      { attribute: { name: 'a'.repeat(1_025) } },
      undefined,
      'LIMIT_EXCEEDED',
      'by.attribute.name',
    ],
    [
      'of an empty source',
      { attribute: { name: 'a', source: '' } },
      undefined,
      'BAD_USER_INPUT',
      'by.attribute.source',
    ],
    ['of no buckets', { field: 'COHORT' }, 0, 'BAD_USER_INPUT', 'first'],
    ['of fewer than none', { field: 'COHORT' }, -1, 'BAD_USER_INPUT', 'first'],
    ['of too many', { field: 'COHORT' }, 501, 'BAD_USER_INPUT', 'first'],
  ])('is refused: one %s', async (_what, by, first, code, field) => {
    const query =
      'query ($by: FacetKey!, $first: Int! = 10) { devices { facet(by: $by, first: $first) { otherCount } } }';
    expect(await project.refusal(query, { by, first })).toMatchObject({ status: 200, code, field });
    const nested =
      'query ($by: FacetKey!, $first: Int! = 10) { cohort(slug: "beta") { devices { facet(by: $by, first: $first) { otherCount } } } }';
    expect(await project.refusal(nested, { by, first })).toMatchObject({ status: 200, code, field });
  });

  it('takes SQL in a name, a scope of text and wildcards for what they are', async () => {
    for (const name of ["'; drop table device; --", '%', '_', '\\', 'constructor', '__proto__', '{"a"}']) {
      expect(await facet({ attribute: { name } })).toEqual({ buckets: [], otherCount: 0, missingCount: 12 });
    }
  });

  it('of another project counts nothing of this one', async () => {
    const other = await server.createProject();
    const { devices } = await other.ask<Answer>(`{ devices { facet(by: {attribute: {name: "floor"}}) { ${FACET} } } }`);
    expect(devices.facet).toEqual({ buckets: [], otherCount: 0, missingCount: 0 });
  });
});
