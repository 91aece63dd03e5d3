import * as fc from 'fast-check';
import { deleteDevices } from '../../../src/changes/bulk.js';
import { createDevice } from '../../../src/changes/device.js';
import type { AppError } from '../../../src/errors.js';
import { parseFilter } from '../../../src/search/parse-filter.js';
import { type Page, parsePage } from '../../../src/search/page.js';
import { parseOrder } from '../../../src/search/order.js';
import { countDevices } from '../../../src/search/count.js';
import { type DeviceRow, type DeviceSearch, searchDevices, searchDevicesWithin } from '../../../src/search/search.js';
import { sql } from '../../../src/database/sql.js';
import { arbitraryOrder } from '../../support/arbitrary-search.js';
import { FIXTURE_INSTANT, insertFixtures, sampleFixtures } from '../../support/fixtures.js';
import { createFleet, createProject, type Fleet } from '../../support/fleet.js';
import type { FilterInput, OrderInput } from '../../support/matches.js';
import { PROPERTY_TIMEOUT_MS, runs, SEED } from '../../support/property.js';

let fleet: Fleet;

beforeAll(async () => {
  fleet = await createFleet();
  await insertFixtures(fleet.database, fleet.projectId, sampleFixtures(200, SEED));
});

afterAll(() => fleet.stop());

function toSearch(filter: FilterInput | undefined, order?: OrderInput[]): DeviceSearch {
  return { filter: parseFilter(filter), order: parseOrder(order) };
}

function page(search: DeviceSearch, input: Parameters<typeof parsePage>[0]): Promise<Page<DeviceRow>> {
  return searchDevices(fleet.context(FIXTURE_INSTANT), search, parsePage(input));
}

const serialsOf = (rows: readonly DeviceRow[]) => rows.map(({ deviceSerial }) => deviceSerial);
const startOf = ({ rows, cursorOf }: Page<DeviceRow>) => cursorOf(rows[0]!);
const endOf = ({ rows, cursorOf }: Page<DeviceRow>) => cursorOf(rows.at(-1)!);

/** Large results in random orders: most pages have some neighbours with equal and with missing values. */
const search = fc
  .tuple(
    fc.oneof(
      { weight: 2, arbitrary: fc.constant<FilterInput | undefined>(undefined) },
      { weight: 1, arbitrary: fc.constant({ testMode: true }) },
      { weight: 1, arbitrary: fc.constant({ not: { ownerRef: { eq: 'a' } } }) },
    ),
    arbitraryOrder,
  )
  .map(([filter, order]) => toSearch(filter, order));

describe('pages', () => {
  test(
    'forward, add up to the whole result in its order, without repeats',
    async () => {
      await fc.assert(
        fc.asyncProperty(search, fc.integer({ min: 7, max: 60 }), async (one, size) => {
          const whole = await page(one, { first: 500 });
          const walked: string[] = [];
          for (let after: string | undefined; ;) {
            const next = await page(one, { first: size, after });
            expect(next.hasPreviousPage).toBe(after !== undefined);
            walked.push(...serialsOf(next.rows));
            if (!next.hasNextPage) break;
            expect(next.rows).toHaveLength(size);
            after = endOf(next);
          }
          expect(walked).toEqual(serialsOf(whole.rows));
          expect(await countDevices(fleet.context(FIXTURE_INSTANT), one.filter)).toBe(walked.length);
        }),
        runs(20),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  test(
    'backward, mirror the forward ones',
    async () => {
      await fc.assert(
        fc.asyncProperty(search, fc.integer({ min: 7, max: 60 }), async (one, size) => {
          const whole = await page(one, { first: 500 });
          const walked: string[] = [];
          for (let before: string | undefined; ;) {
            const previous = await page(one, { last: size, before });
            expect(previous.hasNextPage).toBe(before !== undefined);
            walked.unshift(...serialsOf(previous.rows));
            if (!previous.hasPreviousPage) break;
            expect(previous.rows).toHaveLength(size);
            before = startOf(previous);
          }
          expect(walked).toEqual(serialsOf(whole.rows));
        }),
        runs(20),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  test(
    'between two cursors hold what lies between them, counted from either end',
    async () => {
      await fc.assert(
        fc.asyncProperty(search, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 30 }), async (one, from, to, size) => {
          const whole = await page(one, { first: 500 });
          const [low, high] = [from % whole.rows.length, to % whole.rows.length].toSorted((a, b) => a - b);
          const after = whole.cursorOf(whole.rows[low!]!);
          const before = whole.cursorOf(whole.rows[high!]!);
          const between = serialsOf(whole.rows).slice(low! + 1, high);
          expect(serialsOf((await page(one, { first: size, after, before })).rows)).toEqual(between.slice(0, size));
          expect(serialsOf((await page(one, { last: size, after, before })).rows)).toEqual(between.slice(-size));
        }),
        runs(20),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  test(
    'by number are slices of the result, also beyond its end',
    async () => {
      await fc.assert(
        fc.asyncProperty(search, fc.nat({ max: 230 }), fc.integer({ min: 0, max: 50 }), async (one, offset, size) => {
          const whole = serialsOf((await page(one, { first: 500 })).rows);
          const found = await page(one, { first: size, offset });
          expect(serialsOf(found.rows)).toEqual(whole.slice(offset, offset + size));
          expect(found.hasNextPage).toBe(offset + size < whole.length);
          expect(found.hasPreviousPage).toBe(offset > 0);
        }),
        runs(20),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  test('of no size have no rows and tell whether there are some', async () => {
    const found = await page(toSearch(undefined), { first: 0 });
    expect([found.rows.length, found.hasNextPage]).toEqual([0, true]);
    const nothing = await page(toSearch({ or: [] }), { first: 0 });
    expect([nothing.rows.length, nothing.hasNextPage]).toEqual([0, false]);
  });

  test('are of 50 devices if no size is given', async () => {
    expect((await page(toSearch(undefined), {})).rows).toHaveLength(50);
  });

  test('follow the id where no order is given', async () => {
    const ids = (await page(toSearch(undefined), { first: 500 })).rows.map(({ id }) => BigInt(id));
    expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)));
  });
});

describe('while devices come and go', () => {
  test(
    'pages show each device that stays exactly once, in order',
    async () => {
      let projects = 0;
      await fc.assert(
        fc.asyncProperty(
          arbitraryOrder,
          fc.boolean(),
          fc.array(fc.tuple(fc.nat(), fc.boolean()), { minLength: 3, maxLength: 6 }),
          async (order, backward, changes) => {
            projects += 1;
            const projectId = await createProject(fleet.database, `busy-${projects}`);
            const own = await insertFixtures(fleet.database, projectId, sampleFixtures(120, SEED + projects));
            const context = { ...fleet.context(FIXTURE_INSTANT), projectId };
            let left = own.map((device) => device.deviceSerial);
            let made = 0;
            const one = toSearch(undefined, order);
            const before = new Set(left);
            const walked: string[] = [];
            let cursor: string | undefined;
            for (let step = 0; ; step += 1) {
              const next = await searchDevices(
                context,
                one,
                parsePage(backward ? { last: 17, before: cursor } : { first: 17, after: cursor }),
              );
              walked.push(...(backward ? serialsOf(next.rows).toReversed() : serialsOf(next.rows)));
              if (!(backward ? next.hasPreviousPage : next.hasNextPage)) break;
              cursor = backward ? startOf(next) : endOf(next);
              const [which, alsoCursor] = changes[step % changes.length]!;
              // The device that the cursor was made of goes, too.
              const gone = [
                left[which % left.length]!,
                ...(alsoCursor ? [backward ? next.rows[0]! : next.rows.at(-1)!].map((row) => row.deviceSerial) : []),
              ];
              await deleteDevices(context, { devices: { deviceSerials: gone }, dryRun: false });
              left = left.filter((serial) => !gone.includes(serial));
              for (const value of ['new', made, true]) {
                made += 1;
                const deviceSerial = `new-${made}`;
                await createDevice(context, {
                  deviceSerial,
                  ownerRef: 'a',
                  lastSeen: FIXTURE_INSTANT,
                  attributes: [{ name: 'ports', scope: 'TAGS', value }],
                  ifExists: 'ERROR',
                });
                left.push(deviceSerial);
              }
            }
            expect(new Set(walked).size).toBe(walked.length);
            const stayed = left.filter((serial) => before.has(serial));
            const now = serialsOf((await searchDevices(context, one, parsePage({ first: 500 }))).rows);
            const inOrder = (backward ? now.toReversed() : now).filter((serial) => stayed.includes(serial));
            expect(walked.filter((serial) => stayed.includes(serial))).toEqual(inOrder);
          },
        ),
        runs(6),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});

describe('a cursor', () => {
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => 'no error',
      (error: AppError) => `${error.code} ${error.field}`,
    );

  test('is refused by a search with another filter, order, direction or project', async () => {
    const order: OrderInput[] = [{ field: 'DEVICE_SERIAL', direction: 'ASC' }];
    const made = await page(toSearch({ testMode: true }, order), { first: 1 });
    const after = endOf(made);
    const others: [DeviceSearch, string][] = [
      [toSearch({ testMode: false }, order), 'after'],
      [toSearch(undefined, order), 'after'],
      [toSearch({ testMode: true }, [{ field: 'DEVICE_SERIAL', direction: 'DESC' }]), 'after'],
      [toSearch({ testMode: true }, [{ field: 'DEVICE_SERIAL', direction: 'ASC', nulls: 'FIRST' }]), 'after'],
      [toSearch({ testMode: true }, [{ field: 'MANUFACTURER', direction: 'ASC' }]), 'after'],
      [toSearch({ testMode: true }), 'after'],
    ];
    for (const [other, field] of others) {
      expect(await failure(page(other, { first: 1, after }))).toBe(`CURSOR_MISMATCH ${field}`);
      expect(await failure(page(other, { last: 1, before: after }))).toBe('CURSOR_MISMATCH before');
    }
    const elsewhere = {
      ...fleet.context(FIXTURE_INSTANT),
      projectId: await createProject(fleet.database, 'elsewhere'),
    };
    const same = toSearch({ testMode: true }, order);
    expect(await failure(searchDevices(elsewhere, same, parsePage({ after })))).toBe('CURSOR_MISMATCH after');
    expect(await failure(page(same, { first: 1, after }))).toBe('no error');
  });

  test('of one parent is refused by the others, which alone get the error', async () => {
    const cohorts = await fleet.rows<{ id: string }>(
      sql`select cohort_id as id from device where project_id = ${fleet.projectId} group by 1 order by count(*) desc`,
    );
    const [one, other] = cohorts.map(({ id }) => id) as [string, string];
    const within = { ...toSearch(undefined), within: 'cohort' as const };
    const ids = (found: Page<DeviceRow> | Error | undefined) =>
      found === undefined || found instanceof Error ? (found as AppError).code : found.rows.map(({ id }) => id);
    const context = fleet.context(FIXTURE_INSTANT);
    const first = (await searchDevicesWithin(context, within, [one], parsePage({ first: 2 }))).get(
      one,
    ) as Page<DeviceRow>;
    const next = await searchDevicesWithin(context, within, [one, other], parsePage({ first: 2, after: endOf(first) }));
    const whole = await searchDevicesWithin(context, within, [one], parsePage({ first: 4 }));
    expect(ids(next.get(one))).toEqual((ids(whole.get(one)) as string[]).slice(2));
    expect(ids(next.get(other))).toBe('CURSOR_MISMATCH');
    // Nor does it fit the search of all devices.
    expect(await failure(page(toSearch(undefined), { after: endOf(first) }))).toBe('CURSOR_MISMATCH after');
  });

  test('goes on where the parts of the same filter come in another order', async () => {
    const one = toSearch({
      testMode: true,
      ownerRef: { ne: 'a', exists: true },
      attributes: [{ name: 'rack', gt: 1, lt: 5 }],
    });
    const same = toSearch({
      attributes: [{ name: 'rack', lt: 5, gt: 1 }],
      ownerRef: { exists: true, ne: 'a' },
      testMode: true,
    });
    const whole = await page(one, { first: 500 });
    const after = whole.rows.length === 0 ? undefined : startOf(whole);
    expect(serialsOf((await page(same, { first: 500, after })).rows)).toEqual(serialsOf(whole.rows).slice(1));
    expect(whole.rows.length).toBeGreaterThan(0);
  });

  test('keeps the instant from which relative times count, however late the next page is', async () => {
    const seen = toSearch({ lastSeen: { withinLast: 3_600_000 } });
    const first = await page(seen, { first: 1 });
    const whole = await page(seen, { first: 500 });
    const muchLater = fleet.context(new Date(FIXTURE_INSTANT.getTime() + 30 * 86_400_000));
    const next = await searchDevices(muchLater, seen, parsePage({ first: 500, after: endOf(first) }));
    expect(serialsOf(next.rows)).toEqual(serialsOf(whole.rows).slice(1));
    expect(next.rows.length).toBeGreaterThan(0);
    // A new walk counts from its own beginning.
    expect((await searchDevices(muchLater, seen, parsePage({ first: 500 }))).rows.length).toBeLessThan(
      whole.rows.length,
    );
  });

  test('that is none is BAD_USER_INPUT', async () => {
    const one = toSearch(undefined, [{ field: 'LAST_SEEN' }, { attribute: { name: 'ports' } }, { field: 'OWNER_REF' }]);
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const good = JSON.parse(Buffer.from(endOf(await page(one, { first: 1 })), 'base64url').toString()) as unknown[];
    const [version, digest, instant, seen, port, owner, id] = good;
    const bad: unknown[] = [
      null, 1, 'x', {}, [], [version], [version, digest], [2, digest, instant, seen, port, owner, id],
      [version, digest, instant, seen, port, owner], [...good, 1], [version, digest, 1e300, seen, port, owner, id],
      [version, digest, 'now', seen, port, owner, id], [version, digest, null, seen, port, owner, id],
      [version, digest, instant, 'yesterday', port, owner, id], [version, digest, instant, 1e300, port, owner, id],
      [version, digest, instant, true, port, owner, id], [version, digest, instant, seen, { a: 1 }, owner, id],
      [version, digest, instant, seen, [1, 'a'], owner, id], [version, digest, instant, seen, 'a\0', owner, id],
      [version, digest, instant, seen, port, 7, id], [version, digest, instant, seen, port, 'a\ud800', id],
      [version, digest, instant, seen, port, owner, null], [version, digest, instant, seen, port, owner, '1; drop table device'],
      [version, digest, instant, seen, port, owner, '-1'], [version, digest, instant, seen, port, owner, 1],
      [version, digest, instant, seen, port, owner, '9'.repeat(19)],
    ]; // prettier-ignore
    const texts = ['', ' ', '%', 'not base64!', 'abc', '\0', '\ud800', 'a'.repeat(10_000_000), encode('[1').slice(1)];
    for (const cursor of [...texts, ...bad.map(encode)]) {
      expect([cursor.slice(0, 99), await failure(page(one, { after: cursor }))]).toEqual([
        cursor.slice(0, 99),
        'BAD_USER_INPUT after',
      ]);
    }
    expect(await failure(page(one, { after: encode(good) }))).toBe('no error');
  });

  test('of a row with the largest values is accepted', async () => {
    const projectId = await createProject(fleet.database, 'large');
    const context = { ...fleet.context(FIXTURE_INSTANT), projectId };
    const values: (string | string[])[] = [
      '\u0001'.repeat(16_384), '"'.repeat(16_384), ['a'], Array.from({ length: 1_000 }, () => 'y'.repeat(1_000)), '',
    ]; // prettier-ignore
    for (const [index, value] of values.entries()) {
      const attributes = ['a', 'b', 'c', 'd'].map((name) => ({ name, scope: 'TAGS' as const, value }));
      await createDevice(context, { deviceSerial: `large-${index}`, attributes, ifExists: 'ERROR' });
    }
    const one = toSearch(
      undefined,
      ['a', 'b', 'c', 'd'].map((name) => ({ attribute: { name }, direction: 'ASC' })),
    );
    const walked: string[] = [];
    for (let after: string | undefined; ;) {
      const next = await searchDevices(context, one, parsePage({ first: 1, after }));
      walked.push(...serialsOf(next.rows));
      if (!next.hasNextPage) break;
      after = endOf(next);
    }
    expect(walked).toEqual(['large-4', 'large-0', 'large-1', 'large-2', 'large-3']);
  });
});
