import { isReadWithList } from '../../../src/search/first-devices.js';
import { COHORT_LIST, GROUP_LIST, pageOfList } from '../../../src/search/lists.js';
import { parseOrder } from '../../../src/search/order.js';
import { parsePage } from '../../../src/search/page.js';
import { parseFilter } from '../../../src/search/parse-filter.js';
import { type DeviceRow, searchDevicesWithin } from '../../../src/search/search.js';
import { sql } from '../../../src/database/sql.js';
import { FIXTURE_INSTANT, insertFixtures, sampleFixtures } from '../../support/fixtures.js';
import { createFleet, createProject, type Fleet } from '../../support/fleet.js';
import { SEED } from '../../support/property.js';

let fleet: Fleet;

beforeAll(async () => {
  fleet = await createFleet();
  await insertFixtures(fleet.database, fleet.projectId, sampleFixtures(60, SEED));
  // Of the same parents' ids as nobody in this project has.
  await insertFixtures(fleet.database, await createProject(fleet.database, 'other'), sampleFixtures(20, SEED));
  await fleet.rows(sql`insert into cohort (project_id, name, slug, is_default, created_at, updated_at)
                       values (${fleet.projectId}, 'Without', 'without', false, now(), now())`);
});
afterAll(() => fleet.stop());

const context = () => fleet.context(FIXTURE_INSTANT);

async function read(within: 'cohort' | 'group', size: number, fields: readonly string[]) {
  const kind = within === 'cohort' ? COHORT_LIST : GROUP_LIST;
  return pageOfList<{ id: string; slug?: string }>(context(), kind, {}, parsePage({ first: 20 }), {
    deviceCount: true,
    devices: { size, fields: new Set(fields), instant: FIXTURE_INSTANT },
  });
}

function searched(within: 'cohort' | 'group', parentIds: readonly string[], size: number) {
  const search = { within, filter: parseFilter(undefined), order: parseOrder([]) };
  return searchDevicesWithin(context(), search, parentIds, parsePage({ first: size }));
}

describe.each(['cohort', 'group'] as const)('the first devices of each %s', (within) => {
  test.each([0, 1, 2, 5, 7, 20])('are the page of %d that a search finds, with its cursors', async (size) => {
    const list = await read(within, size, ['lastSeen']);
    const pages = await searched(within, list.rows.map(({ id }) => id), size); // prettier-ignore
    expect(list.rows.length).toBeGreaterThan(1);
    for (const { id, firstDevices } of list.rows) {
      const { rows, cursorOf, ...flags } = firstDevices!;
      const expected = pages.get(id);
      if (expected === undefined || expected instanceof Error) throw new Error('not found');
      const { rows: expectedRows, cursorOf: expectedCursorOf, ...expectedFlags } = expected;
      const bare = expectedRows.map((row) => ({ ...row, sort0: undefined, parentId: undefined, position: undefined }));
      expect(rows).toEqual(bare);
      expect(rows.map(cursorOf)).toEqual(expectedRows.map(expectedCursorOf));
      expect(flags).toEqual({ ...expectedFlags, size });
    }
  });

  test('have few columns where few are asked for', async () => {
    const list = await read(within, 5, ['__typename', 'deviceSerial', 'id']);
    const devices = list.rows.flatMap(({ firstDevices }) => firstDevices!.rows);
    expect(devices.length).toBeGreaterThan(5);
    for (const device of devices) expect(Object.keys(device)).toEqual(['id', 'deviceSerial', 'state']);
  });

  test('come with the list and the numbers of devices in one statement', async () => {
    fleet.statements.length = 0;
    const list = await read(within, 20, ['deviceSerial']);
    expect(fleet.statements.map(({ name }) => name)).toEqual(['search.list']);
    const column = within === 'cohort' ? sql`cohort_id` : sql`group_id`;
    const counted = await fleet.rows<{ id: string; count: number }>(
      sql`select ${column} as id, count(*)::integer as count from device
          where project_id = ${fleet.projectId} and ${column} is not null group by 1`,
    );
    const counts = new Map(counted.map(({ id, count }) => [id, count]));
    for (const { id, deviceCount } of list.rows) expect([id, deviceCount]).toEqual([id, counts.get(id) ?? 0]);
  });
});

test('only some of a short list are read with it', () => {
  expect([0, 1, 20].map((size) => isReadWithList(size, 50))).toEqual([true, true, true]);
  expect([isReadWithList(21, 1), isReadWithList(20, 500), isReadWithList(5, 500)]).toEqual([false, false, false]);
});

test('a device without times has none', async () => {
  const [device] = await fleet.rows<DeviceRow>(sql`update device set last_seen = null, attributes_updated_at = null
    where project_id = ${fleet.projectId} and id = (select min(id) from device where project_id = ${fleet.projectId})
    returning id, cohort_id as "cohortId"`);
  const list = await read('cohort', 1, ['lastSeen']);
  const first = list.rows.find(({ id }) => id === device!.cohortId)!.firstDevices!.rows[0];
  expect(first).toMatchObject({ id: device!.id, lastSeen: null, attributesUpdatedAt: null });
  expect(first!.createdAt).toBeInstanceOf(Date);
});
