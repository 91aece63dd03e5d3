import { deleteDevices } from '../../../src/changes/bulk.js';
import { createDevice } from '../../../src/changes/device.js';
import { sql } from '../../../src/database/sql.js';
import {
  type CatalogueEntry,
  type CatalogueSearch,
  countCatalogue,
  pageOfCatalogue,
  parseCatalogueSearch,
} from '../../../src/search/catalogue.js';
import { countDevicesByKey } from '../../../src/search/catalogue-counts.js';
import { parsePage } from '../../../src/search/page.js';
import { type FixtureAttribute, insertFixtures, sampleFixtures, type StoredFixture } from '../../support/fixtures.js';
import { createFleet, createProject, type Fleet } from '../../support/fleet.js';
import { byCodePoint } from '../../support/matches.js';
import { SEED } from '../../support/property.js';

let fleet: Fleet;
let devices: StoredFixture[];

beforeAll(async () => {
  fleet = await createFleet();
  const other = await createProject(fleet.database, 'other');
  await createDevice(
    { ...fleet.context(), projectId: other },
    { deviceSerial: 'x', attributes: [{ name: 'elsewhere', scope: 'TAGS', value: 1 }], ifExists: 'ERROR' },
  );
  devices = await insertFixtures(fleet.database, fleet.projectId, sampleFixtures(200, SEED));
});

afterAll(() => fleet.stop());

const ALL = parsePage({ first: 500 });
const entries = async (search: CatalogueSearch = {}, projectId = fleet.projectId) =>
  (await pageOfCatalogue({ ...fleet.context(), projectId }, search, ALL)).rows;
const place = ({ name, scope, source }: Pick<CatalogueEntry, 'name' | 'scope' | 'source'>) => [name, scope, source];

function typeOf({ value }: FixtureAttribute): string {
  const [first] = [value].flat() as unknown[];
  const type = first === undefined ? 'STRING' : (typeof first).toUpperCase();
  return typeof value === 'object' ? `${type}_ARRAY` : type;
}

/** By name, then scope, then source: what devices have, the types of it, and how many devices. */
function expected(isMeant: (attribute: FixtureAttribute) => boolean = () => true) {
  const found = new Map<string, { place: string[]; types: Set<string>; count: number }>();
  for (const attribute of devices.flatMap((device) => device.attributes).filter(isMeant)) {
    const key = JSON.stringify(place(attribute));
    const entry = found.get(key) ?? { place: place(attribute), types: new Set(), count: 0 };
    entry.types.add(typeOf(attribute));
    entry.count += 1;
    found.set(key, entry);
  }
  return [...found.values()].toSorted(
    (a, b) =>
      byCodePoint(a.place[0]!, b.place[0]!) ||
      byCodePoint(a.place[1]!, b.place[1]!) ||
      byCodePoint(a.place[2]!, b.place[2]!),
  );
}

describe('the catalogue', () => {
  test('has every name, scope and source in use with all of its types, in order', async () => {
    const found = await entries();
    const wanted = expected();
    expect(found.map(place)).toEqual(wanted.map((one) => one.place));
    expect(found.map(({ types }) => types.toSorted())).toEqual(wanted.map(({ types }) => [...types].toSorted()));
    expect(await countCatalogue(fleet.context(), {})).toBe(wanted.length);
    expect(wanted.length).toBeGreaterThan(20);
  });

  test('takes a piece of a name literally, whatever its letter case', async () => {
    for (const [piece, names] of [
      ['POR', ['Ports', 'ports']],
      ['%', ["na'me %_\\"]],
      ['_\\', ["na'me %_\\"]],
      ['_', ['__proto__', "na'me %_\\"]],
      ['GRÖSSE', []],
      ['GRÖ', ['größe']],
      ['nowhere', []],
      ['elsewhere', []],
    ] as const) {
      const search = parseCatalogueSearch(piece, null);
      const found = await entries(search);
      expect([piece, ...new Set(found.map(({ name }) => name))]).toEqual([piece, ...names]);
      expect(await countCatalogue(fleet.context(), search)).toBe(found.length);
    }
    expect(await entries(parseCatalogueSearch('', 'TAGS'))).toEqual(await entries({ scope: 'TAGS' }));
  });

  test('is narrowed to one scope', async () => {
    const found = await entries(parseCatalogueSearch(undefined, 'MONITOR'));
    expect(found.map(place)).toEqual(expected(({ scope }) => scope === 'MONITOR').map((one) => one.place));
    expect(found.length).toBeGreaterThan(0);
  });

  test('is paged in both directions without repeats', async () => {
    const all = (await entries()).map(place);
    for (const backward of [false, true]) {
      const walked: string[][] = [];
      for (let cursor: string | undefined; ;) {
        const page = parsePage(backward ? { last: 7, before: cursor } : { first: 7, after: cursor });
        const { rows, cursorOf, hasNextPage, hasPreviousPage } = await pageOfCatalogue(fleet.context(), {}, page);
        if (backward) walked.unshift(...rows.map(place));
        else walked.push(...rows.map(place));
        if (!(backward ? hasPreviousPage : hasNextPage)) break;
        cursor = cursorOf(backward ? rows[0]! : rows.at(-1)!);
      }
      expect(walked).toEqual(all);
    }
  });

  test('refuses the cursor of another search, and garbage', async () => {
    const { rows, cursorOf } = await pageOfCatalogue(fleet.context(), {}, parsePage({ first: 1 }));
    const after = cursorOf(rows[0]!);
    const refused = (search: CatalogueSearch, cursor: string) =>
      expect(pageOfCatalogue(fleet.context(), search, parsePage({ after: cursor }))).rejects;
    await refused({ scope: 'TAGS' }, after).toMatchObject({ code: 'CURSOR_MISMATCH', field: 'after' });
    await refused({ nameContains: 'a' }, after).toMatchObject({ code: 'CURSOR_MISMATCH', field: 'after' });
    await refused({}, 'garbage').toMatchObject({ code: 'BAD_USER_INPUT', field: 'after' });
  });

  test('shows new names and types at once, and leaves out what no device has any more', async () => {
    const projectId = await createProject(fleet.database, 'changing');
    const context = { ...fleet.context(), projectId };
    const summary = async () => (await entries({}, projectId)).map(({ name, types }) => [name, ...types]);
    const add = (deviceSerial: string, value: string | string[] | number) =>
      createDevice(context, {
        deviceSerial,
        attributes: [{ name: 'rack', scope: 'TAGS', value }],
        ifExists: 'UPDATE',
      });
    await add('a', 'one');
    expect(await summary()).toEqual([['rack', 'STRING']]);
    await add('b', []);
    await add('c', 3);
    expect(await summary()).toEqual([['rack', 'STRING', 'NUMBER', 'STRING_ARRAY']]);
    await add('c', 'three');
    expect(await summary()).toEqual([['rack', 'STRING', 'STRING_ARRAY']]);
    await deleteDevices(context, { devices: { all: true }, dryRun: false });
    expect(await summary()).toEqual([]);
  });
});

describe('counts of the catalogue', () => {
  const MINUTE = 60_000;
  const countsAt = async (projectId: string, now: Date) => {
    const found = await entries({}, projectId);
    const keys = found.flatMap((entry) => entry.keys);
    const counts = await countDevicesByKey({ ...fleet.context(), projectId }, keys, now);
    return found.map((entry) => entry.keys.reduce((sum, { id }) => sum + counts.get(id)!, 0));
  };

  test('are the numbers of devices that have the attribute, arrays and several types too', async () => {
    expect(await countsAt(fleet.projectId, new Date())).toEqual(expected().map(({ count }) => count));
  });

  test('are kept for a minute, and counted again after it', async () => {
    const projectId = await createProject(fleet.database, 'kept');
    const context = { ...fleet.context(), projectId };
    const add = (deviceSerial: string) =>
      createDevice(context, {
        deviceSerial,
        attributes: [{ name: 'ports', scope: 'TAGS', value: [1, 2, 1] }],
        ifExists: 'ERROR',
      });
    const start = new Date();
    const after = (ms: number) => new Date(start.getTime() + ms);
    await add('a');
    expect(await countsAt(projectId, start)).toEqual([1]);
    await add('b');
    fleet.statements.length = 0;
    expect(await countsAt(projectId, after(MINUTE / 2))).toEqual([1]);
    expect(fleet.statements.map(({ name }) => name)).not.toContain('search.countKeys');
    expect(await countsAt(projectId, after(MINUTE + 1))).toEqual([2]);
    await add('c');
    expect(await countsAt(projectId, after(2 * MINUTE + 2))).toEqual([3]);
  });

  test('that age are renewed behind the answer', async () => {
    const projectId = await createProject(fleet.database, 'ageing');
    const context = { ...fleet.context(), projectId };
    const attributes = [{ name: 'rack', scope: 'TAGS' as const, value: true }];
    const start = new Date();
    const later = new Date(start.getTime() + MINUTE - 1);
    await createDevice(context, { deviceSerial: 'a', attributes, ifExists: 'ERROR' });
    await countsAt(projectId, start);
    await createDevice(context, { deviceSerial: 'b', attributes, ifExists: 'ERROR' });
    expect(await countsAt(projectId, later)).toEqual([1]);
    const kept = async () =>
      (
        await fleet.rows<{ n: string }>(
          sql`select device_count as n from attribute_key_count where project_id = ${projectId}`,
        )
      ).map(({ n }) => Number(n));
    while ((await kept())[0] !== 2) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await countsAt(projectId, later)).toEqual([2]);
  });

  test('are made once for all who ask at the same time', async () => {
    const projectId = await createProject(fleet.database, 'together');
    const attributes = [{ name: 'rack', scope: 'TAGS' as const, value: 'r1' }];
    await createDevice({ ...fleet.context(), projectId }, { deviceSerial: 'a', attributes, ifExists: 'ERROR' });
    const [entry] = await entries({}, projectId);
    fleet.statements.length = 0;
    const context = { ...fleet.context(), projectId };
    let asked: Promise<unknown> = Promise.resolve();
    await fleet.database.transaction('test.holdUp', async (transaction) => {
      await transaction.rows('test.holdUp', sql`lock table attribute_key_count in share mode`);
      asked = Promise.all([1, 2, 3].map(() => countDevicesByKey(context, entry!.keys)));
      // Nothing can be kept yet, so that all of them find nothing kept and want it counted.
      const isBusy = async () =>
        (
          await fleet.rows(sql`select 1 from pg_stat_activity
                               where query like '%search.keptKeyCounts%' and state = 'active' and pid <> pg_backend_pid()`)
        ).length > 0;
      while (fleet.statements.filter(({ name }) => name === 'search.keptKeyCounts').length < 3 || (await isBusy())) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      // What they found has come back before this does.
      await isBusy();
    });
    await asked;
    expect(fleet.statements.filter(({ name }) => name === 'search.countKeys')).toHaveLength(1);
  });
});
