import * as fc from 'fast-check';
import { parseFilter } from '../../../src/search/parse-filter.js';
import { parseOrder } from '../../../src/search/order.js';
import { parsePage } from '../../../src/search/page.js';
import { countDevices, countDevicesWithin } from '../../../src/search/count.js';
import {
  type DeviceSearch,
  type SearchContext,
  searchDevices,
  searchDevicesWithin,
} from '../../../src/search/search.js';
import {
  arbitraryFilter,
  arbitraryOrder,
  attributeFilter,
  ATTRIBUTE_OPERANDS,
  textOperands,
} from '../../support/arbitrary-search.js';
import { sql } from '../../../src/database/sql.js';
import { FIXTURE_INSTANT, insertFixtures, sampleFixtures, type StoredFixture } from '../../support/fixtures.js';
import { createFleet, createProject, type Fleet } from '../../support/fleet.js';
import { PROPERTY_TIMEOUT_MS, runs, SEED } from '../../support/property.js';
import { WrongFrequencies } from '../../support/wrong-frequencies.js';
import { compareDevices, type FilterInput, matches, type OrderInput } from '../../support/matches.js';

let fleet: Fleet;
let devices: StoredFixture[];

beforeAll(async () => {
  fleet = await createFleet();
  // The same serials, names and values in another project, where nothing may be found.
  const other = await createProject(fleet.database, 'other');
  await insertFixtures(fleet.database, other, sampleFixtures(60, SEED + 1));
  devices = await insertFixtures(fleet.database, fleet.projectId, sampleFixtures(300, SEED));
});

afterAll(() => fleet.stop());

async function search(filter: FilterInput | undefined, order?: OrderInput[]): Promise<string[]> {
  const found = await searchDevices(
    fleet.context(FIXTURE_INSTANT),
    { filter: parseFilter(filter), order: parseOrder(order) },
    parsePage({ first: 500 }),
  );
  return found.rows.map(({ deviceSerial }) => deviceSerial);
}

function expected(filter: FilterInput, order: OrderInput[] = []): string[] {
  return devices
    .filter((device) => matches(filter, device, FIXTURE_INSTANT))
    .toSorted((a, b) => compareDevices(a, b, order))
    .map(({ deviceSerial }) => deviceSerial);
}

test(
  'a random filter finds exactly the devices for which it holds, in order of their ids, and counts them',
  async () => {
    let tried = 0;
    let telling = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryFilter(devices), async (filter) => {
        const wanted = expected(filter);
        tried += 1;
        if (wanted.length > 0 && wanted.length < devices.length) telling += 1;
        expect(await search(filter)).toEqual(wanted);
        expect(await countDevices(fleet.context(FIXTURE_INSTANT), parseFilter(filter))).toBe(wanted.length);
      }),
      runs(200),
    );
    // Else the filters would say little.
    expect(telling / tried).toBeGreaterThan(0.4);
  },
  PROPERTY_TIMEOUT_MS,
);

test(
  'a random order sorts exactly as the values compare, missing ones where asked, ids last',
  async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryOrder, async (order) => {
        const wanted = expected(
          {},
          order.map((key) => ({ direction: 'DESC' as const, nulls: 'LAST' as const, ...key })),
        );
        expect(await search(undefined, order)).toEqual(wanted);
      }),
      runs(60),
    );
  },
  PROPERTY_TIMEOUT_MS,
);

/** All devices of a search, in a handful of pages. */
async function walk(context: SearchContext, search: DeviceSearch, count: number): Promise<string[]> {
  const serials: string[] = [];
  let after: string | undefined;
  for (;;) {
    const size = { first: Math.max(3, Math.ceil(count / 5)) };
    const page = await searchDevices(context, search, parsePage(after === undefined ? size : { ...size, after }));
    serials.push(...page.rows.map(({ deviceSerial }) => deviceSerial));
    if (!page.hasNextPage) return serials;
    after = page.cursorOf(page.rows.at(-1)!);
  }
}

test(
  'a wrong frequency, or too few looks, change how a search is done, never what it finds',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryFilter(devices),
        fc.oneof(fc.constant([]), arbitraryOrder),
        fc.nat(),
        async (filter, keys, seed) => {
          const order = keys.map((key) => ({ direction: 'DESC' as const, nulls: 'LAST' as const, ...key }));
          const frequencies = new WrongFrequencies(seed);
          const context = { ...fleet.context(FIXTURE_INSTANT), frequencies, looks: seed % 8 };
          const parsed = { filter: parseFilter(filter), order: parseOrder(order) };
          const wanted = expected(filter, order);
          const serialsOf = async (page: Parameters<typeof parsePage>[0]) =>
            (await searchDevices(context, parsed, parsePage(page))).rows.map(({ deviceSerial }) => deviceSerial);
          expect(await serialsOf({ first: 20, offset: 5 })).toEqual(wanted.slice(5, 25));
          expect(await serialsOf({ last: 20 })).toEqual(wanted.slice(-20));
          expect(await walk(context, parsed, wanted.length)).toEqual(wanted);
          expect(await countDevices(context, parsed.filter)).toBe(wanted.length);
        },
      ),
      runs(150),
    );
  },
  PROPERTY_TIMEOUT_MS,
);

describe('the laws of filters', () => {
  const complementOf = (found: readonly string[]) => {
    const set = new Set(found);
    return devices.map(({ deviceSerial }) => deviceSerial).filter((serial) => !set.has(serial));
  };

  test(
    'not f is the complement of f',
    async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryFilter(devices), async (filter) => {
          expect(await search({ not: filter })).toEqual(complementOf(await search(filter)));
        }),
        runs(25),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  test(
    'ne is the complement of eq, and notIn of in, with any scope, source and letter case',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          attributeFilter.map(({ name, scope, source, ignoreCase }) =>
            withoutUndefined({ name, scope, source, ignoreCase }),
          ),
          ATTRIBUTE_OPERANDS.eq,
          ATTRIBUTE_OPERANDS.in,
          async (key, value, values) => {
            expect(await search({ attributes: [{ ...key, ne: value }] })).toEqual(
              complementOf(await search({ attributes: [{ ...key, eq: value }] })),
            );
            expect(await search({ attributes: [{ ...key, notIn: values }] })).toEqual(
              complementOf(await search({ attributes: [{ ...key, in: values }] })),
            );
          },
        ),
        runs(20),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  test(
    'ne is the complement of eq, and notIn of in, of each text field, also where it is null',
    async () => {
      const operands = textOperands(['a', 'A', 'Ä', 'default', 'lab', '1.0.0']);
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(
            'deviceSerial',
            'ownerRef',
            'hardwareVersion',
            'manufacturer',
            'deviceCode',
            'release',
            'cohort',
            'group',
          ),
          fc.boolean(),
          operands.eq,
          operands.in,
          async (field, ignoreCase, text, texts) => {
            expect(await search({ [field]: { ne: text, ignoreCase } })).toEqual(
              complementOf(await search({ [field]: { eq: text, ignoreCase } })),
            );
            expect(await search({ [field]: { notIn: texts, ignoreCase } })).toEqual(
              complementOf(await search({ [field]: { in: texts, ignoreCase } })),
            );
          },
        ),
        runs(20),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  test('and of nothing finds all, or of nothing none, and no filter finds all', async () => {
    const all = devices.map(({ deviceSerial }) => deviceSerial);
    expect(await search({ and: [] })).toEqual(all);
    expect(await search({ or: [] })).toEqual([]);
    expect(await search(undefined)).toEqual(all);
    expect(await search({ attributes: [] })).toEqual(all);
    expect(await search({ ids: [] })).toEqual([]);
    expect(await search({ state: [] })).toEqual([]);
  });

  test(
    'and finds what all of its parts find, or what any of them finds',
    async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryFilter(devices), arbitraryFilter(devices), async (one, other) => {
          const [ofOne, ofOther] = [new Set(await search(one)), new Set(await search(other))];
          const serials = devices.map(({ deviceSerial }) => deviceSerial);
          expect(await search({ and: [one, other] })).toEqual(serials.filter((s) => ofOne.has(s) && ofOther.has(s)));
          expect(await search({ or: [one, other] })).toEqual(serials.filter((s) => ofOne.has(s) || ofOther.has(s)));
        }),
        runs(20),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});

describe('a search within parents', () => {
  test.each(['cohort', 'group'] as const)(
    'finds for each %s what a search of it alone finds',
    async (within) => {
      const parents = await fleet.rows<{ id: string; name: string }>(
        within === 'cohort'
          ? sql`select id, slug as name from cohort where project_id = ${fleet.projectId}`
          : sql`select id, name from device_group where project_id = ${fleet.projectId}`,
      );
      await fc.assert(
        fc.asyncProperty(
          arbitraryFilter(devices),
          arbitraryOrder,
          fc.record({ backward: fc.boolean(), size: fc.integer({ min: 0, max: 40 }), offset: fc.constantFrom(0, 3) }),
          async (filter, order, { backward, size, offset }) => {
            const context = fleet.context(FIXTURE_INSTANT);
            const page = parsePage(backward ? { last: size } : { first: size, offset });
            const parsed = { filter: parseFilter(filter), order: parseOrder(order) };
            const pages = await searchDevicesWithin(
              context,
              { ...parsed, within },
              parents.map(({ id }) => id),
              page,
            );
            const counts = await countDevicesWithin(
              context,
              within,
              parsed.filter,
              parents.map(({ id }) => id),
            );
            for (const { id, name } of parents) {
              const alone = { ...parsed, filter: parseFilter({ and: [filter, { [within]: { eq: name } }] }) };
              const wanted = await searchDevices(context, alone, page);
              const found = pages.get(id);
              if (found === undefined || found instanceof Error) throw found ?? new Error('no page');
              expect(found.rows.map((row) => row.deviceSerial)).toEqual(wanted.rows.map((row) => row.deviceSerial));
              expect([found.hasNextPage, found.hasPreviousPage]).toEqual([wanted.hasNextPage, wanted.hasPreviousPage]);
              expect(counts.get(id) ?? 0).toBe(await countDevices(context, alone.filter));
            }
          },
        ),
        runs(8),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});

function withoutUndefined<T extends object>(object: T): T {
  return JSON.parse(JSON.stringify(object)) as T;
}
