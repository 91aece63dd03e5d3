/** Statistics of a numeric attribute beside a page. */
import { startServer, type TestProject, type TestServer } from '../support/server.js';

let server: TestServer;
let project: TestProject;

beforeAll(async () => {
  server = await startServer();
  project = await server.createProject();
  const reports = [1, 2, 3, 10, 'n/a', [4, 4]].map((value, index) => ({
    deviceSerial: `s${index}`,
    attributes: [{ name: 'load', value }],
    group: index < 2 ? 'lab' : 'field',
  }));
  await project.ask(
    'mutation ($reports: [AttributeReport!]!) { reportAttributes(input: {reports: $reports, createMissing: true}) { createdCount } }',
    { reports },
  );
});
afterAll(() => server?.stop());

const ALL = 'count min max mean standardDeviation percentiles { percent value } histogram { from to count }';

describe('statistics', () => {
  it('are of the numbers of all devices found, whatever the page', async () => {
    const { devices } = await project.ask(
      `{ devices(first: 1, filter: {deviceSerial: {notIn: ["s5"]}}) {
           totalCount statistics(attribute: {name: "load"}, buckets: 3, percentiles: [0, 50]) { ${ALL} } } }`,
    );
    expect(devices).toEqual({
      totalCount: 5,
      statistics: {
        count: 4,
        min: 1,
        max: 10,
        mean: 4,
        standardDeviation: Math.sqrt(12.5),
        percentiles: [
          { percent: 0, value: 1 },
          { percent: 50, value: 2.5 },
        ],
        histogram: [
          { from: 1, to: 4, count: 3 },
          { from: 4, to: 7, count: 0 },
          { from: 7, to: 10, count: 1 },
        ],
      },
    });
  });

  it('count every element of an array, and default to 20 buckets and three percentiles', async () => {
    type Answer = { devices: { statistics: { count: number; percentiles: unknown[]; histogram: unknown[] } } };
    const { devices } = await project.ask<Answer>(`{ devices { statistics(attribute: {name: "load"}) { ${ALL} } } }`);
    expect(devices.statistics).toMatchObject({ count: 6, mean: 4 });
    expect(devices.statistics.percentiles).toMatchObject([
      { percent: 50, value: 3.5 },
      { percent: 95 },
      { percent: 99 },
    ]);
    expect(devices.statistics.histogram).toHaveLength(20);
  });

  it('of no numbers are null and empty', async () => {
    const none = {
      count: 0,
      min: null,
      max: null,
      mean: null,
      standardDeviation: null,
      percentiles: [{ percent: 50, value: null }],
      histogram: [],
    };
    const { devices, texts } = await project.ask(
      `{ devices { statistics(attribute: {name: "never reported"}, percentiles: [50]) { ${ALL} } }
         texts: devices(filter: {deviceSerial: {eq: "s4"}}) { statistics(attribute: {name: "load"}, percentiles: [50]) { ${ALL} } } }`,
    );
    expect([devices, texts]).toEqual([{ statistics: none }, { statistics: none }]);
  });

  it('of equal numbers have one bucket', async () => {
    const { devices } = await project.ask(
      '{ devices(filter: {deviceSerial: {eq: "s5"}}) { statistics(attribute: {name: "load"}, percentiles: []) { mean percentiles { percent } histogram { from to count } } } }',
    );
    expect(devices).toEqual({
      statistics: { mean: 4, percentiles: [], histogram: [{ from: 4, to: 4, count: 2 }] },
    });
  });

  it('are of the devices of each group', async () => {
    const { groups } = await project.ask(
      '{ groups { nodes { name devices(first: 0) { statistics(attribute: {name: "load"}) { count mean } } } } }',
    );
    expect(groups).toEqual({
      nodes: [
        { name: 'field', devices: { statistics: { count: 4, mean: 5.25 } } },
        { name: 'lab', devices: { statistics: { count: 2, mean: 1.5 } } },
      ],
    });
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ['percentiles of null', { percentiles: null }, 'BAD_USER_INPUT', 'percentiles'],
    ['a percentile below 0', { percentiles: [50, -0.1] }, 'BAD_USER_INPUT', 'percentiles[1]'],
    ['a percentile above 100', { percentiles: [100.1] }, 'BAD_USER_INPUT', 'percentiles[0]'],
    ['more than 100 percentiles', { percentiles: Array(101).fill(1) }, 'LIMIT_EXCEEDED', 'percentiles'],
    ['no buckets', { buckets: 0 }, 'BAD_USER_INPUT', 'buckets'],
    ['more than 200 buckets', { buckets: 201 }, 'BAD_USER_INPUT', 'buckets'],
    ['an attribute without a name', { attribute: { name: '' } }, 'BAD_USER_INPUT', 'attribute.name'],
  ])('are refused with %s', async (_what, args, code, field) => {
    const query = `query ($attribute: AttributeKeyInput!, $percentiles: [Float!] = [50], $buckets: Int! = 20) {
      devices { statistics(attribute: $attribute, percentiles: $percentiles, buckets: $buckets) { count } } }`;
    const variables = { attribute: { name: 'load' }, ...args };
    expect(await project.refusal(query, variables)).toMatchObject({ code, field });
  });

  it('accept the largest arguments', async () => {
    const percentiles = Array.from({ length: 100 }, (_, index) => index + 1);
    type Answer = { devices: { statistics: { percentiles: unknown[]; histogram: unknown[] } } };
    const { devices } = await project.ask<Answer>(
      `query ($percentiles: [Float!]!) { devices { statistics(attribute: {name: "load"}, percentiles: $percentiles, buckets: 200) { ${ALL} } } }`,
      { percentiles },
    );
    expect(devices.statistics.percentiles.at(-1)).toEqual({ percent: 100, value: 10 });
    expect(devices.statistics.histogram).toHaveLength(200);
  });
});
