import * as fc from 'fast-check';
import { createDevice } from '../../../src/changes/device.js';
import { reportAttributes } from '../../../src/changes/report.js';
import { sql } from '../../../src/database/sql.js';
import { EMPTY_FACET, type Facet, facetsOfDevices, parseFacet } from '../../../src/search/facets.js';
import { WHOLE_PROJECT } from '../../../src/search/found-devices.js';
import { parseFilter } from '../../../src/search/parse-filter.js';
import type { SearchContext } from '../../../src/search/search.js';
import { arbitraryFilter } from '../../support/arbitrary-search.js';
import { type AttributeInput, facetOf, type FieldInput } from '../../support/counted.js';
import {
  ATTRIBUTE_NAMES,
  FIXTURE_INSTANT,
  insertFixtures,
  sampleFixtures,
  SCOPES,
  SOURCES,
  type StoredFixture,
} from '../../support/fixtures.js';
import { createFleet, createProject, type Fleet } from '../../support/fleet.js';
import { type FilterInput, matches } from '../../support/matches.js';
import { PROPERTY_TIMEOUT_MS, runs, SEED } from '../../support/property.js';
import { ALL_MANY, listFilters } from '../../support/wrong-frequencies.js';

let fleet: Fleet;
let devices: StoredFixture[];

beforeAll(async () => {
  fleet = await createFleet();
  // The same names and values in another project, which must not be counted.
  const other = await createProject(fleet.database, 'other');
  await insertFixtures(fleet.database, other, sampleFixtures(60, SEED + 1));
  devices = await insertFixtures(fleet.database, fleet.projectId, sampleFixtures(300, SEED));
});

afterAll(() => fleet.stop());

type Key = { attribute: AttributeInput } | { field: FieldInput };

async function facet(
  filter: FilterInput | undefined,
  by: Key,
  first: number,
  context: SearchContext = fleet.context(FIXTURE_INSTANT),
): Promise<Facet> {
  const request = parseFacet(by, first);
  const facets = await facetsOfDevices(context, { filter: parseFilter(filter) }, request);
  return facets.get(WHOLE_PROJECT) ?? EMPTY_FACET;
}

const found = (filter: FilterInput) => devices.filter((device) => matches(filter, device, FIXTURE_INSTANT));

const FIELDS: FieldInput[] = [
  'COHORT', 'GROUP', 'HARDWARE_VERSION', 'MANUFACTURER', 'DEVICE_CODE', 'OWNER_REF', 'RELEASE', 'STATE', 'TEST_MODE',
]; // prettier-ignore

const attribute: fc.Arbitrary<AttributeInput> = fc
  .record({
    name: fc.constantFrom(...ATTRIBUTE_NAMES, 'nobody reports it'),
    scope: fc.option(fc.constantFrom(...SCOPES), { freq: 3, nil: undefined }),
    source: fc.option(fc.constantFrom(...SOURCES, 'no such source'), { freq: 3, nil: undefined }),
  })
  .map((one) => JSON.parse(JSON.stringify(one)) as AttributeInput);
const size = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constantFrom(100, 500));

test.each(FIELDS)('the facet of all devices by %s is what counting says', async (field) => {
  for (const first of [1, 2, 500])
    expect(await facet(undefined, { field }, first)).toEqual(facetOf(devices, { field }, first));
});

test(
  'the facet of all devices by an attribute is what counting the values that count says',
  async () => {
    await fc.assert(
      fc.asyncProperty(attribute, size, async (one, first) => {
        expect(await facet(undefined, { attribute: one }, first)).toEqual(facetOf(devices, { attribute: one }, first));
      }),
      runs(60),
    );
  },
  PROPERTY_TIMEOUT_MS,
);

test(
  'the facet of what a random filter finds is what counting those devices says',
  async () => {
    const by = fc.oneof(
      { weight: 2, arbitrary: attribute.map((one): Key => ({ attribute: one })) },
      { weight: 1, arbitrary: fc.constantFrom(...FIELDS).map((field): Key => ({ field })) },
    );
    await fc.assert(
      fc.asyncProperty(arbitraryFilter(devices), by, size, async (filter, key, first) => {
        expect(await facet(filter, key, first)).toEqual(facetOf(found(filter), key, first));
      }),
      runs(120),
    );
  },
  PROPERTY_TIMEOUT_MS,
);

test('the facet of many devices is counted otherwise, and is the same', async () => {
  const context = { ...fleet.context(FIXTURE_INSTANT), frequencies: ALL_MANY };
  for (const filter of listFilters(devices)) {
    for (const name of [...ATTRIBUTE_NAMES, 'nobody reports it']) {
      const by: Key = { attribute: { name } };
      expect([filter, name, await facet(filter, by, 3, context)]).toEqual([
        filter,
        name,
        facetOf(found(filter), by, 3),
      ]);
    }
  }
});

test('buckets, other and missing add up to all devices where each has one value at most', async () => {
  for (const field of FIELDS) {
    const { buckets, otherCount, missingCount } = await facet(undefined, { field }, 2);
    const shown = buckets.reduce((sum, { deviceCount }) => sum + deviceCount, 0);
    expect([field, shown + otherCount + missingCount]).toEqual([field, devices.length]);
  }
});

test.each(['cohort', 'group'] as const)(
  'the facets of every %s are those of a search of it alone, in one statement',
  async (within) => {
    const parents = await fleet.rows<{ id: string; name: string }>(
      within === 'cohort'
        ? sql`select id, slug as name from cohort where project_id = ${fleet.projectId}`
        : sql`select id, name from device_group where project_id = ${fleet.projectId}`,
    );
    expect(parents.length).toBeGreaterThan(3);
    const parentIds = parents.map(({ id }) => id);
    const keys: Key[] = [
      { field: 'COHORT' },
      { field: 'GROUP' },
      { field: 'RELEASE' },
      { field: 'TEST_MODE' },
      ...ATTRIBUTE_NAMES.map((name) => ({ attribute: { name } })),
    ];
    for (const filter of [{ and: [] }, { testMode: true }, { attributes: [{ name: 'rack', exists: true }] }]) {
      for (const key of keys) {
        const counted = { filter: parseFilter(filter), parents: { within, parentIds } };
        fleet.statements.length = 0;
        const facets = await facetsOfDevices(fleet.context(FIXTURE_INSTANT), counted, parseFacet(key, 3));
        expect(fleet.statements.filter(({ name }) => name === 'search.facet')).toHaveLength(1);
        for (const { id, name } of parents) {
          const own = found({ and: [filter, { [within]: { eq: name } }] });
          expect([name, key, facets.get(id) ?? EMPTY_FACET]).toEqual([name, key, facetOf(own, key, 3)]);
        }
      }
    }
  },
  PROPERTY_TIMEOUT_MS,
);

describe('a facet of arrays', () => {
  const NAME = 'listening on';
  let projectId: string;
  const countBy = async (first: number) => {
    const facets = await facetsOfDevices(
      { ...fleet.context(), projectId },
      { filter: parseFilter(undefined) },
      parseFacet({ attribute: { name: NAME } }, first),
    );
    return facets.get(WHOLE_PROJECT);
  };

  beforeAll(async () => {
    projectId = await createProject(fleet.database, 'arrays');
    const context = { ...fleet.context(), projectId };
    const values = [['80', '443', '80'], ['80'], '80', [], [80, 443], true, undefined];
    for (const [index, value] of values.entries()) {
      const attributes = value === undefined ? [] : [{ name: NAME, scope: 'INVENTORY' as const, value }];
      await createDevice(context, { deviceSerial: `device-${index}`, attributes, ifExists: 'ERROR' });
    }
  });

  test('counts a device once under each of its different elements, and each type by itself', async () => {
    expect(await countBy(500)).toEqual({
      buckets: [
        { value: '80', deviceCount: 3 },
        { value: 80, deviceCount: 1 },
        { value: 443, deviceCount: 1 },
        { value: '443', deviceCount: 1 },
        { value: true, deviceCount: 1 },
      ],
      // The empty array.
      otherCount: 1,
      missingCount: 1,
    });
  });

  test('counts a device with elements in and beyond the buckets under other, too, and once', async () => {
    expect(await countBy(1)).toMatchObject({ buckets: [{ value: '80' }], otherCount: 4, missingCount: 1 });
    expect(await countBy(2)).toMatchObject({ buckets: [{ value: '80' }, { value: 80 }], otherCount: 4 });
    expect(await countBy(3)).toMatchObject({ otherCount: 3 });
  });
});

test('texts that begin alike and are longer than the index keeps are different buckets', async () => {
  const projectId = await createProject(fleet.database, 'long texts');
  const context = { ...fleet.context(), projectId };
  const start = 'ä'.repeat(600);
  for (const [index, text] of [`${start}b`, start, `${start}a`, `${start}b`, 'ä'.repeat(300), 'short'].entries()) {
    const attributes = [{ name: 'note', scope: 'TAGS' as const, value: text }];
    await createDevice(context, { deviceSerial: `device-${index}`, attributes, ifExists: 'ERROR' });
  }
  const facets = await facetsOfDevices(
    context,
    { filter: parseFilter(undefined) },
    parseFacet({ attribute: { name: 'note' } }, 10),
  );
  expect(facets.get(WHOLE_PROJECT)?.buckets).toEqual([
    { value: `${start}b`, deviceCount: 2 },
    { value: 'short', deviceCount: 1 },
    { value: 'ä'.repeat(300), deviceCount: 1 },
    { value: start, deviceCount: 1 },
    { value: `${start}a`, deviceCount: 1 },
  ]);
});

test('a facet of an empty project is empty', async () => {
  const context = { ...fleet.context(), projectId: await createProject(fleet.database, 'empty') };
  for (const key of [...FIELDS.map((field) => ({ field })), { attribute: { name: 'rack' } }]) {
    const facets = await facetsOfDevices(context, { filter: parseFilter(undefined) }, parseFacet(key, 10));
    expect([key, facets.get(WHOLE_PROJECT) ?? EMPTY_FACET]).toEqual([key, EMPTY_FACET]);
  }
});

describe('the statement of a facet of all devices', () => {
  test('reads no device where the kept counts or the postings tell all', async () => {
    const statement = async (key: Key) => {
      fleet.statements.length = 0;
      await facet(undefined, key, 10);
      return fleet.statements.find(({ name }) => name === 'search.facet')!.text;
    };
    for (const field of ['COHORT', 'GROUP', 'RELEASE'] as const)
      expect(await statement({ field })).not.toMatch(/\bdevice d\b/);
    expect(await statement({ attribute: { name: 'rack', scope: 'TAGS', source: 'api' } })).not.toMatch(/\bdevice d\b/);
  });
});

test('few devices are asked by their documents, many by the postings, and the answer is the same', async () => {
  const projectId = await createProject(fleet.database, 'few and many');
  const context = { ...fleet.context(), projectId };
  const attributes = (n: number) => [
    { name: 'rack', value: `rack-${n % 2}`, scope: 'TAGS' as const },
    { name: 'ports', value: [n % 3, 7, 7], scope: 'TAGS' as const },
  ];
  const reports = Array.from({ length: 300 }, (_, n) => ({
    deviceSerial: `d${n}`,
    attributes: attributes(n),
    group: n < 3 ? 'few' : 'many',
  }));
  await reportAttributes(context, { reports, createMissing: true });
  const counts = async (group: string, name: string) => {
    const request = parseFacet({ attribute: { name } }, 10);
    const facets = await facetsOfDevices(context, { filter: parseFilter({ group: { eq: group } }) }, request);
    return facets.get(WHOLE_PROJECT)!.buckets.map(({ value, deviceCount }) => [value, deviceCount]);
  };
  const all = async () => [
    await counts('few', 'rack'), await counts('few', 'ports'), await counts('many', 'rack'), await counts('many', 'ports'),
  ]; // prettier-ignore
  const ofFew = [[['rack-0', 2], ['rack-1', 1]], [[7, 3], [0, 1], [1, 1], [2, 1]]]; // prettier-ignore
  const ofMany = [[['rack-1', 149], ['rack-0', 148]], [[7, 297], [0, 99], [1, 99], [2, 99]]]; // prettier-ignore
  expect(await all()).toEqual([...ofFew, ...ofMany]);
  // Only those that read them miss postings that are gone.
  await fleet.rows(sql`update posting_text set value = 'gone' where project_id = ${projectId}`);
  await fleet.rows(sql`update posting_number set value = 8 where project_id = ${projectId}`);
  expect(await all()).toEqual([...ofFew, [['gone', 297]], [[8, 594]]]);
});
