import * as fc from 'fast-check';
import { createDevice } from '../../../src/changes/device.js';
import { sql } from '../../../src/database/sql.js';
import { WHOLE_PROJECT } from '../../../src/search/found-devices.js';
import { parseFilter } from '../../../src/search/parse-filter.js';
import {
  emptyStatistics,
  type NumberStatistics,
  parseStatistics,
  statisticsOfDevices,
} from '../../../src/search/statistics.js';
import { arbitraryFilter } from '../../support/arbitrary-search.js';
import { type AttributeInput, numbersOf, percentileOf } from '../../support/counted.js';
import {
  ATTRIBUTE_NAMES,
  FIXTURE_INSTANT,
  type FixtureValue,
  insertFixtures,
  sampleFixtures,
  SCOPES,
  SOURCES,
  type StoredFixture,
} from '../../support/fixtures.js';
import { createFleet, createProject, type Fleet } from '../../support/fleet.js';
import { matches } from '../../support/matches.js';
import { PROPERTY_TIMEOUT_MS, runs, SEED } from '../../support/property.js';
import { ALL_MANY, listFilters } from '../../support/wrong-frequencies.js';

let fleet: Fleet;
let devices: StoredFixture[];

beforeAll(async () => {
  fleet = await createFleet();
  const other = await createProject(fleet.database, 'other');
  await insertFixtures(fleet.database, other, sampleFixtures(60, SEED + 1));
  devices = await insertFixtures(fleet.database, fleet.projectId, sampleFixtures(300, SEED));
});

afterAll(() => fleet.stop());

const PERCENTS = [50, 0, 100, 12.5, 99];

/** Whether statistics are those of the numbers; equal up to rounding, in proportion to the largest of them. */
function expectToDescribe(found: NumberStatistics, numbers: readonly number[], buckets: number): void {
  if (numbers.length === 0) {
    expect(found).toEqual(emptyStatistics(parseStatistics({ name: 'any' }, PERCENTS, buckets)));
    return;
  }
  const [min, max] = [numbers[0]!, numbers.at(-1)!];
  const largest = Math.max(Math.abs(min), Math.abs(max));
  // In units of the largest: sums and squares of doubles overflow.
  const units = numbers.map((value) => (largest === 0 ? 0 : value / largest));
  const mean = units.reduce((sum, value) => sum + value, 0) / units.length;
  const deviation = Math.sqrt(units.reduce((sum, value) => sum + (value - mean) ** 2, 0) / units.length);
  const inUnits = (value: number | null) => (largest === 0 ? value : value! / largest);
  expect([found.count, found.min, found.max]).toEqual([numbers.length, min, max]);
  expect(inUnits(found.mean)).toBeCloseTo(mean, 9);
  expect(inUnits(found.standardDeviation)).toBeCloseTo(deviation, 9);
  expect(found.percentiles.map(({ percent }) => percent)).toEqual(PERCENTS);
  for (const { percent, value } of found.percentiles) {
    expect(inUnits(value)).toBeCloseTo(inUnits(percentileOf(numbers, percent))!, 12);
  }
  if (min === max) {
    expect(found.histogram).toEqual([{ from: min, to: max, count: numbers.length }]);
    return;
  }
  expect(found.histogram).toHaveLength(buckets);
  expect([found.histogram[0]!.from, found.histogram.at(-1)!.to]).toEqual([min, max]);
  found.histogram.forEach(({ from, to, count }, index) => {
    const isLast = index === buckets - 1;
    expect(from).toBe(index === 0 ? min : found.histogram[index - 1]!.to);
    expect(inUnits(to)! - inUnits(from)!).toBeCloseTo((inUnits(max)! - inUnits(min)!) / buckets, 9);
    const inside = numbers.filter((value) => value >= from && (isLast ? value <= to : value < to));
    expect([from, to, count]).toEqual([from, to, inside.length]);
  });
}

const attribute: fc.Arbitrary<AttributeInput> = fc
  .record({
    name: fc.constantFrom(...ATTRIBUTE_NAMES, 'nobody reports it'),
    scope: fc.option(fc.constantFrom(...SCOPES), { freq: 3, nil: undefined }),
    source: fc.option(fc.constantFrom(...SOURCES), { freq: 3, nil: undefined }),
  })
  .map((one) => JSON.parse(JSON.stringify(one)) as AttributeInput);

test(
  'statistics of what a random filter finds are those of the numbers that count',
  async () => {
    const buckets = fc.constantFrom(1, 2, 7, 20, 200);
    await fc.assert(
      fc.asyncProperty(arbitraryFilter(devices), fc.boolean(), attribute, buckets, async (filter, isAll, one, size) => {
        const wanted = isAll ? undefined : filter;
        const request = parseStatistics(one, PERCENTS, size);
        const context = fleet.context(FIXTURE_INSTANT);
        const statistics = await statisticsOfDevices(context, { filter: parseFilter(wanted) }, request);
        const found = devices.filter((device) => wanted === undefined || matches(wanted, device, FIXTURE_INSTANT));
        expectToDescribe(statistics.get(WHOLE_PROJECT) ?? emptyStatistics(request), numbersOf(found, one), size);
      }),
      runs(120),
    );
  },
  PROPERTY_TIMEOUT_MS,
);

test('statistics of many devices are counted otherwise, and are the same', async () => {
  const context = { ...fleet.context(FIXTURE_INSTANT), frequencies: ALL_MANY };
  for (const filter of listFilters(devices)) {
    const found = devices.filter((device) => matches(filter, device, FIXTURE_INSTANT));
    for (const name of ATTRIBUTE_NAMES) {
      const request = parseStatistics({ name }, PERCENTS, 7);
      const statistics = await statisticsOfDevices(context, { filter: parseFilter(filter) }, request);
      expectToDescribe(statistics.get(WHOLE_PROJECT) ?? emptyStatistics(request), numbersOf(found, { name }), 7);
    }
  }
});

test.each(['cohort', 'group'] as const)(
  'the statistics of every %s are those of its devices, in one statement',
  async (within) => {
    const parents = await fleet.rows<{ id: string; name: string }>(
      within === 'cohort'
        ? sql`select id, slug as name from cohort where project_id = ${fleet.projectId}`
        : sql`select id, name from device_group where project_id = ${fleet.projectId}`,
    );
    const counted = {
      filter: parseFilter({ state: ['ACTIVE'] }),
      parents: { within, parentIds: parents.map(({ id }) => id) },
    };
    const request = parseStatistics({ name: 'ports' }, PERCENTS, 5);
    fleet.statements.length = 0;
    const statistics = await statisticsOfDevices(fleet.context(FIXTURE_INSTANT), counted, request);
    expect(fleet.statements.filter(({ name }) => name === 'search.statistics')).toHaveLength(1);
    expect(statistics.size).toBeGreaterThan(1);
    for (const { id, name } of parents) {
      const own = devices.filter((device) => device[within] === name && device.state === 'ACTIVE');
      const found = statistics.get(id) ?? emptyStatistics(request);
      expectToDescribe(found, numbersOf(own, { name: 'ports' }), 5);
    }
  },
  PROPERTY_TIMEOUT_MS,
);

describe('statistics of', () => {
  let projects = 0;
  async function of(values: readonly FixtureValue[], buckets: number): Promise<NumberStatistics> {
    projects += 1;
    const context = { ...fleet.context(), projectId: await createProject(fleet.database, `numbers-${projects}`) };
    for (const [index, value] of values.entries()) {
      const attributes = [{ name: 'load', scope: 'MONITOR' as const, value }];
      await createDevice(context, { deviceSerial: `device-${index}`, attributes, ifExists: 'ERROR' });
    }
    const request = parseStatistics({ name: 'load' }, PERCENTS, buckets);
    const statistics = await statisticsOfDevices(context, { filter: parseFilter(undefined) }, request);
    return statistics.get(WHOLE_PROJECT) ?? emptyStatistics(request);
  }

  test('four numbers are what one computes by hand', async () => {
    expect(await of([1, 2, 3, 10], 3)).toEqual({
      count: 4,
      min: 1,
      max: 10,
      mean: 4,
      standardDeviation: Math.sqrt(12.5),
      percentiles: [
        { percent: 50, value: 2.5 },
        { percent: 0, value: 1 },
        { percent: 100, value: 10 },
        { percent: 12.5, value: 1.375 },
        { percent: 99, value: expect.closeTo(9.79, 9) as number },
      ],
      histogram: [
        { from: 1, to: 4, count: 3 },
        { from: 4, to: 7, count: 0 },
        { from: 7, to: 10, count: 1 },
      ],
    });
  });

  test('arrays count every element, and no text or boolean', async () => {
    expect(await of([[1, 1, 3], 5, '7', ['9'], true, []], 2)).toMatchObject({ count: 4, min: 1, max: 5, mean: 2.5 });
  });

  test('equal numbers have one bucket and no deviation', async () => {
    expect(await of([0.1, 0.1, 0.1], 20)).toMatchObject({
      count: 3,
      mean: 0.1,
      standardDeviation: 0,
      histogram: [{ from: 0.1, to: 0.1, count: 3 }],
    });
  });

  const LARGEST = Number.MAX_VALUE;
  test.each([
    ['the largest and the least double', [-LARGEST, LARGEST, 0, 1]],
    ['large doubles beside the smallest', [LARGEST, LARGEST, LARGEST / 2, Number.MIN_VALUE, -1]],
    ['the smallest doubles', [Number.MIN_VALUE, 0, -Number.MIN_VALUE, 5 * Number.MIN_VALUE]],
    ['neighbouring doubles', [1, 1 + Number.EPSILON, 1 + 2 * Number.EPSILON]],
    ['numbers that a hundredth cannot hold', [0, 1e-7, 0.1, 0.2, 0.30000000000000004]],
  ])('%s come without an overflow', async (_what, values) => {
    const found = await of(values, 4);
    const numbers = values.toSorted((a, b) => a - b);
    expect([found.count, found.min, found.max]).toEqual([numbers.length, numbers[0], numbers.at(-1)]);
    for (const value of [found.mean, found.standardDeviation, ...found.percentiles.map((one) => one.value)]) {
      expect(Number.isFinite(value)).toBe(true);
    }
    expect(found.histogram.reduce((sum, { count }) => sum + count, 0)).toBe(numbers.length);
  });
});
