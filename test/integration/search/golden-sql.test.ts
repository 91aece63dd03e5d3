import { createCohort } from '../../../src/changes/cohort.js';
import { createDevice, type CreateDevice } from '../../../src/changes/device.js';
import { compileFilter } from '../../../src/search/compile-filter.js';
import { parseOrder } from '../../../src/search/order.js';
import { parsePage } from '../../../src/search/page.js';
import { parseFilter } from '../../../src/search/parse-filter.js';
import { type DevicePage, searchDevices, searchDevicesWithin } from '../../../src/search/search.js';
import { sql } from '../../../src/database/sql.js';
import { createFleet, type Fleet } from '../../support/fleet.js';
import type { FilterInput, OrderInput } from '../../support/matches.js';

/*
 * A search as it reaches the database, beside what it finds: a change of the compiler shows here as a change of SQL.
 * `npx jest golden-sql -u` writes the texts anew; read the difference before it is committed.
 */

const INSTANT = new Date('2026-03-01T12:00:00.000Z');
const LONG = 'x'.repeat(700);

let fleet: Fleet;
beforeAll(async () => {
  fleet = await createFleet();
  await createCohort(fleet.context(), { name: 'beta', ifExists: 'ERROR' });
  const create = (deviceSerial: string, input: Partial<CreateDevice>) =>
    createDevice(fleet.context(), { deviceSerial, ifExists: 'ERROR', ...input });
  const attribute = (name: string, value: unknown) => ({ name, value, scope: 'INVENTORY' as const });
  await create('one', {
    attributes: [attribute('temp', 20), attribute('ports', ['8080', '9100']), attribute('os', 'Linux')],
    ownerRef: 'Ann',
    lastSeen: new Date('2026-03-01T11:00:00.000Z'),
  });
  await create('two', {
    attributes: [attribute('temp', 30), attribute('ports', ['9100', '8080']), attribute('os', LONG)],
    cohort: 'beta',
    lastSeen: new Date('2026-01-01T00:00:00.000Z'),
  });
  await create('three', {
    attributes: [attribute('temp', '20'), attribute('ports', [])],
    group: 'lab',
    cohort: 'beta',
  });
  await create('four', { ownerRef: '100%' });
});
afterAll(() => fleet.stop());

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

/** The condition that a filter becomes, its values, and the serials of the devices found. */
async function golden(input: FilterInput) {
  const filter = parseFilter(input);
  const names = ['temp', 'ports', 'os', 'none'];
  const keys = await fleet.context().attributeKeys.byNames(fleet.database, fleet.projectId, names);
  const { text, values } = compileFilter(filter, { projectId: fleet.projectId, keys, instant: INSTANT }).compile();
  const found = await searchDevices(fleet.context(INSTANT), { filter, order: parseOrder([]) }, parsePage({}));
  return { text: oneLine(text), values, rows: found.rows.map(({ deviceSerial }) => deviceSerial) };
}

/** The whole statement that ran last. */
function statement(name: string): string {
  return oneLine(fleet.statements.findLast((one) => one.name === name)!.text);
}

test('an equality and a range of one number', async () => {
  const { text, values, rows } = await golden({ attributes: [{ name: 'temp', gte: 20, lt: 30 }] });
  expect(text).toMatchInlineSnapshot(
    `"exists (select from device_document o where o.project_id = $1 and o.device_id = d.id and (((o.attributes -> $2::text ->> 0)::double precision >= $3::double precision and (o.attributes -> $4::text ->> 0)::double precision < $5::double precision)) is true offset 0)"`,
  );
  expect(values).toEqual(['1', expect.any(String), 20, expect.any(String), 30]);
  expect(rows).toEqual(['one']);
});

test('a whole array, in its order', async () => {
  const { text, values, rows } = await golden({ attributes: [{ name: 'ports', eq: ['8080', '9100'] }] });
  expect(text).toMatchInlineSnapshot(
    `"exists (select from device_document o where o.project_id = $1 and o.device_id = d.id and (o.attributes -> $2::text -> 0 = $3::jsonb) is true offset 0)"`,
  );
  expect(values.slice(-1)).toEqual(['["8080","9100"]']);
  expect(rows).toEqual(['one']);
});

test('no element of that text, in any letter case, and values that are longer than the index keeps', async () => {
  const { text, values, rows } = await golden({
    attributes: [
      { name: 'ports', ne: '8080', ignoreCase: true },
      { name: 'os', notIn: [LONG, 'Linux'] },
    ],
  });
  expect(text).toMatchInlineSnapshot(
    `"exists (select from device_document o where o.project_id = $1 and o.device_id = d.id and (not (exists (select from jsonb_array_elements_text(o.attributes -> $2::text -> 0) with ordinality as e(one, n) where (translate(lower(e.one collate "C" collate "und-x-icu"), 'ς', 'σ') collate "C") = any(array(select (translate(lower(one collate "und-x-icu"), 'ς', 'σ') collate "C") from unnest($3::text[]) as wanted(one))))) and not (((o.attributes -> $4::text ->> 0) collate "C" = any($5::text[])) is true)) offset 0)"`,
  );
  expect(values).toContainEqual([LONG, 'Linux']);
  expect(rows).toEqual(['three', 'four']);
});

test('an array with all of these elements', async () => {
  const { text, rows } = await golden({ attributes: [{ name: 'ports', hasAll: ['9100', '8080', '9100'] }] });
  expect(text).toMatchInlineSnapshot(
    `"exists (select from device_document o where o.project_id = $1 and o.device_id = d.id and exists (select from jsonb_array_elements_text(o.attributes -> $2::text -> 0) with ordinality as e(one, n) where e.one collate "C" = any(array(select distinct w.one from unnest($3::text[]) as w(one))) having count(distinct e.one collate "C") = cardinality(array(select distinct w.one from unnest($4::text[]) as w(one)))) offset 0)"`,
  );
  expect(rows).toEqual(['one', 'two']);
});

test('an attribute of a name that nobody reports', async () => {
  const { text, values, rows } = await golden({ not: { attributes: [{ name: 'none', exists: true }] } });
  expect(text).toMatchInlineSnapshot(`"not (false)"`);
  expect(values).toEqual([]);
  expect(rows).toEqual(['one', 'two', 'three', 'four']);
});

test('texts of the device, of its cohort and of its group, taken literally', async () => {
  const { text, values, rows } = await golden({
    or: [{ ownerRef: { endsWith: '%' } }, { cohort: { eq: 'beta' }, group: { matches: '^L', ignoreCase: true } }],
  });
  expect(text).toMatchInlineSnapshot(
    `"((d."owner_ref" is not null and right(d."owner_ref", length($1::text)) = $2::text) or ((d."cohort_id" = (select r.id from "cohort" r where r.project_id = $3 and r."slug" = $4::text) and (select r.id from "cohort" r where r.project_id = $5 and r."slug" = $6::text) is not null) and (d."group_id" is not null and d."group_id" in (select r.id from "device_group" r where (r.project_id = $7 and (r."name" collate "und-x-icu") ~* $8::text)))))"`,
  );
  expect(values).toEqual(['%', '%', '1', 'beta', '1', 'beta', '1', '^L']);
  expect(rows).toEqual(['three', 'four']);
});

test('times, counted back from the start of the operation', async () => {
  const { text, values, rows } = await golden({ not: { lastSeen: { withinLast: 86_400_000 } } });
  expect(text).toMatchInlineSnapshot(`"not ((d."last_seen" is not null and d."last_seen" >= $1::timestamptz))"`);
  expect(values).toEqual([new Date(INSTANT.getTime() - 86_400_000)]);
  expect(rows).toEqual(['two', 'three', 'four']);
});

describe('whole statements', () => {
  const order: OrderInput[] = [
    { attribute: { name: 'temp' }, direction: 'ASC' },
    { field: 'OWNER_REF', nulls: 'FIRST' },
  ];

  test('a page after a cursor, by an attribute and a field', async () => {
    const search = { filter: parseFilter({ testMode: false }), order: parseOrder(order) };
    const first = await searchDevices(fleet.context(INSTANT), search, parsePage({ first: 1 }));
    const after = first.cursorOf(first.rows[0]!);
    const next = await searchDevices(fleet.context(INSTANT), search, parsePage({ first: 2, after }));
    expect(statement('search.devices')).toMatchInlineSnapshot(
      `"select "d"."project_id" as "projectId", "d"."id" as "id", "d"."uuid" as "uuid", "d"."device_serial" as "deviceSerial", "d"."owner_ref" as "ownerRef", "d"."hardware_version" as "hardwareVersion", "d"."manufacturer" as "manufacturer", "d"."device_code" as "deviceCode", "d"."test_mode" as "testMode", "d"."state" as "state", "d"."last_seen" as "lastSeen", "d"."last_seen_release_id" as "lastSeenReleaseId", "d"."cohort_id" as "cohortId", "d"."group_id" as "groupId", "d"."registered_by" as "registeredBy", "d"."created_at" as "createdAt", "d"."updated_at" as "updatedAt", "d"."attributes_updated_at" as "attributesUpdatedAt", found."sort0", found."sort1", found."sort2", (select count(*)::integer from attribute_key k where k.project_id = $1 and k.name = any($2::text[])) as "keyCount" from (select s.*, row_number() over () as position from (select d.id, o0.value as "sort0", d."owner_ref" as "sort1", d."id" as "sort2" from device d join device_document od on od.project_id = $3 and od.device_id = d.id cross join lateral ( select f.value, case jsonb_typeof(f.value) when 'number' then 1 when 'string' then 2 when 'boolean' then 3 when 'array' then case when jsonb_typeof(f.value -> 0) = 'string' then 5 else 4 end end as rank from (select coalesce(od.attributes -> $4::text -> 0, od.attributes -> $5::text -> 0) as value) f) o0 where (d.project_id = $6 and d.test_mode = $7 and (((o0.rank > 1 or o0.rank is null) or (o0.rank = 1 and (case when o0.rank = 1 then (o0.value)::double precision end) > $8::double precision)) or ((o0.rank = 1 and (case when o0.rank = 1 then (o0.value)::double precision end) = $9::double precision) and (d."owner_ref" < $10::text or (d."owner_ref" = $11::text and d."id" > $12::bigint))))) order by o0.rank asc nulls last, (case when o0.rank = 1 then (o0.value)::double precision end) asc, (case when o0.rank = 2 then (o0.value #>> '{}') collate "C" end) asc, (case when o0.rank = 3 then (o0.value)::boolean end) asc, (case when o0.rank = 4 then array(select (e.one #>> '{}')::double precision from jsonb_array_elements(o0.value) with ordinality as e(one, n) order by e.n) end) asc, (case when o0.rank = 5 then array(select (e.one #>> '{}') collate "C" from jsonb_array_elements(o0.value) with ordinality as e(one, n) order by e.n) end) asc, d."owner_ref" desc nulls first, d."id" asc limit 3 offset 0) s) found cross join lateral ( select * from device d where d.project_id = $13 and d.id = found.id offset 0) d order by found.position"`,
    );
    expect([first, next].map(({ rows }) => rows.map(({ deviceSerial }) => deviceSerial))).toEqual([
      ['one'],
      ['two', 'three'],
    ]);
  });

  test('the first devices of several parents', async () => {
    const parents = await fleet.rows<{ id: string }>(
      sql`select id from cohort where project_id = ${fleet.projectId} order by slug`,
    );
    const search = { filter: parseFilter({ testMode: false }), order: parseOrder([]), within: 'cohort' as const };
    const ids = parents.map(({ id }) => id);
    const pages = await searchDevicesWithin(fleet.context(INSTANT), search, ids, parsePage({ first: 1 }));
    expect(statement('search.devicesWithin')).toMatchInlineSnapshot(
      `"select parent.id as "parentId", found.* from unnest($1::bigint[]) with ordinality as parent(id, n) cross join lateral (select "d"."project_id" as "projectId", "d"."id" as "id", "d"."uuid" as "uuid", "d"."device_serial" as "deviceSerial", "d"."owner_ref" as "ownerRef", "d"."hardware_version" as "hardwareVersion", "d"."manufacturer" as "manufacturer", "d"."device_code" as "deviceCode", "d"."test_mode" as "testMode", "d"."state" as "state", "d"."last_seen" as "lastSeen", "d"."last_seen_release_id" as "lastSeenReleaseId", "d"."cohort_id" as "cohortId", "d"."group_id" as "groupId", "d"."registered_by" as "registeredBy", "d"."created_at" as "createdAt", "d"."updated_at" as "updatedAt", "d"."attributes_updated_at" as "attributesUpdatedAt", found."sort0", found.position from (select s.*, row_number() over () as position from (select d.id, d."id" as "sort0" from device d where (d.project_id = $2 and d.cohort_id = parent.id and d.test_mode = $3) order by d."id" asc limit 2 offset 0) s) found cross join lateral ( select * from device d where d.project_id = $4 and d.id = found.id offset 0) d order by found.position) found order by parent.n, found.position"`,
    );
    expect(ids.map((id) => (pages.get(id) as DevicePage).rows[0]!.deviceSerial)).toEqual(['two', 'one']);
  });
});
