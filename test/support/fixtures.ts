import * as fc from 'fast-check';
import { AttributeKeys, storedTypeOf } from '../../src/attributes/keys.js';
import { writePostings } from '../../src/attributes/write-postings.js';
import type { Database } from '../../src/database/query.js';
import { commaSeparated, sql } from '../../src/database/sql.js';

export type FixtureValue = string | number | boolean | readonly string[] | readonly number[];
export type FixtureScope = 'IDENTITY' | 'INVENTORY' | 'MONITOR' | 'SYSTEM' | 'TAGS';

export interface FixtureAttribute {
  readonly name: string;
  readonly scope: FixtureScope;
  readonly source: string;
  readonly value: FixtureValue;
}

/** A device as plain data, which the oracle looks at and `insertFixtures` stores. */
export interface FixtureDevice {
  readonly deviceSerial: string;
  readonly ownerRef: string | null;
  readonly hardwareVersion: string | null;
  readonly manufacturer: string | null;
  readonly deviceCode: string | null;
  readonly testMode: boolean;
  readonly state: 'ACTIVE' | 'DISABLED';
  readonly lastSeen: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly attributesUpdatedAt: Date | null;
  readonly release: { readonly version: string; readonly revision: string | null } | null;
  readonly cohort: string;
  readonly group: string | null;
  readonly attributes: readonly FixtureAttribute[];
}

/** A fixture once it is stored: ids ascend in the order of the fixtures. */
export interface StoredFixture extends FixtureDevice {
  readonly id: string;
}

/** From which the fixtures' relative times count. */
export const FIXTURE_INSTANT = new Date('2026-03-01T12:00:00.000Z');

const X600 = 'x'.repeat(600);
const X2000 = 'x'.repeat(2_000);
const SMILES = '😀'.repeat(600);

/** Letter case is tried with letters for which JavaScript and ICU agree; U+FFFD and U+1F600 differ in UTF-16 order. */
const SHORT_TEXTS = [
  '', ' ', 'a', 'A', 'b', 'ab', 'aB', 'a.b', 'axb', 'Zoë', 'zoë', 'ZOË', 'Ä', 'ä', 'straße', 'STRAßE', 'STRASSE', 'Σίσυφος',
  'ΣΊΣΥΦΟΣ', '%', '_', 'a%b', 'a_b', 'a\\b', '\\', "O'Brien", "'; drop table device; --", '"', '$1', '{a,b}', '{"a"}',
  '8080', '1', '1.5', 'true', 'null', 'NULL', 'constructor', '\uFFFD', '😀', 'e\u0301', 'é', 'line\nbreak', 'tab\t',
] as const; // prettier-ignore

const LONG_TEXTS = [
  'x'.repeat(599), X600, `${X600}a`, `${X600}A`, `${X600}b`, `${X600}\uFFFD`, `${X600}😀`, 'X'.repeat(700), X2000,
  `${X2000}%`, `${X2000}z`, `${X2000}Z`, SMILES, `${SMILES}a`, `${SMILES}b`, `${'y'.repeat(16_383)}!`,
] as const; // prettier-ignore

export const TEXTS = [...SHORT_TEXTS, ...LONG_TEXTS] as const;

export const NUMBERS = [
  -(2 ** 53), -8080, -1.5, -1, 0, 5e-324, 1e-7, 0.1, 0.30000000000000004, 1, 1.5, 2, 3, 8080, 9100, 2 ** 53, 1e21,
  1.7976931348623157e308,
] as const; // prettier-ignore

export const ARRAYS: readonly (readonly string[] | readonly number[])[] = [
  [],
  ['a'],
  ['A'],
  ['a', 'b'],
  ['b', 'a'],
  ['a', 'B'],
  ['a', 'b', 'a'],
  ['8080', '9100'],
  ['a,b'],
  ['{a', 'b}'],
  ['', 'null'],
  ['Ä', 'straße'],
  [`${X600}a`, `${X600}b`],
  [`${X600}A`, `${X600}b`],
  [`${X600}b`],
  [8080],
  [8080, 9100],
  [9100, 8080],
  [1, 2, 3],
  [1, 2],
  [0.1, 1e21],
];

export const ATTRIBUTE_NAMES = ['ports', 'Ports', 'rack', "na'me %_\\", 'größe', 'constructor', '__proto__'] as const;
export const SCOPES = ['IDENTITY', 'INVENTORY', 'MONITOR', 'SYSTEM', 'TAGS'] as const;
/** One of them sorts before `api`, which must count before it all the same. */
export const SOURCES = ['api', 'a-source', 'memfault', 'Zürich'] as const;
export const COHORTS = ['default', 'beta', 'beta-2', 'a_b', 'empty'] as const;
export const GROUPS = ['lab', 'Lab', 'lab_2', 'a-b', 'nobody'] as const;
export const RELEASES = [
  { version: '1.0.0', revision: null },
  { version: '1.0.0', revision: 'r1' },
  { version: '1.0.0-Beta', revision: null },
  { version: '2%', revision: 'r1' },
] as const;
/** Many are equal or a millisecond apart, around what the filters say. */
export const TIMES = [0, 1, -1, -1_000, -3_600_000, -86_400_000, -86_400_001, -7 * 86_400_000, 3_600_000].map(
  (offset) => new Date(FIXTURE_INSTANT.getTime() + offset),
);

const SCALARS = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...SHORT_TEXTS) },
  { weight: 2, arbitrary: fc.constantFrom(...LONG_TEXTS) },
  { weight: 3, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 1, arbitrary: fc.boolean() },
);

export const fixtureValue: fc.Arbitrary<FixtureValue> = fc.oneof(
  { weight: 5, arbitrary: SCALARS },
  { weight: 3, arbitrary: fc.constantFrom(...ARRAYS) },
);

const fixtureAttribute: fc.Arbitrary<FixtureAttribute> = fc.record({
  name: fc.constantFrom(...ATTRIBUTE_NAMES),
  scope: fc.constantFrom(...SCOPES),
  source: fc.oneof({ weight: 2, arbitrary: fc.constant('api') }, { weight: 3, arbitrary: fc.constantFrom(...SOURCES) }),
  value: fixtureValue,
});

const ownText = fc.option(fc.constantFrom('a', 'A', 'Acme', 'ACME', 'acme%', 'Ä', 'ä', '\uFFFD', '😀', '_', '1.0'));

const fixtureDevice: fc.Arbitrary<Omit<FixtureDevice, 'deviceSerial'>> = fc.record({
  ownerRef: ownText,
  hardwareVersion: ownText,
  manufacturer: ownText,
  deviceCode: ownText,
  testMode: fc.boolean(),
  state: fc.constantFrom('ACTIVE', 'DISABLED'),
  lastSeen: fc.option(fc.constantFrom(...TIMES)),
  createdAt: fc.constantFrom(...TIMES),
  updatedAt: fc.constantFrom(...TIMES),
  attributesUpdatedAt: fc.option(fc.constantFrom(...TIMES)),
  release: fc.option(fc.constantFrom(...RELEASES)),
  cohort: fc.constantFrom(...COHORTS.slice(0, -1)),
  group: fc.option(fc.constantFrom(...GROUPS.slice(0, -1))),
  attributes: fc.uniqueArray(fixtureAttribute, {
    maxLength: 9,
    selector: ({ name, scope, source }) => JSON.stringify([name, scope, source]),
  }),
});

/** The same fixtures for the same seed. Serials are of every shape, and unlike each other. */
export function sampleFixtures(count: number, seed: number): FixtureDevice[] {
  return fc.sample(fixtureDevice, { numRuns: count, seed }).map((device, index) => {
    const shape = SHORT_TEXTS[index % SHORT_TEXTS.length]!;
    return { ...device, deviceSerial: index < SHORT_TEXTS.length && shape !== '' ? shape : `${shape}-${index}` };
  });
}

/**
 * Stores fixtures with whatever times, scopes and sources they have, which the changes of the API would not let
 * through, but by the same storage functions. Cohorts, groups and releases are made, also those without devices.
 */
export async function insertFixtures(
  database: Database,
  projectId: string,
  fixtures: readonly FixtureDevice[],
): Promise<StoredFixture[]> {
  const stored = await database.transaction('test.insertFixtures', async (transaction) => {
    const now = FIXTURE_INSTANT;
    const cohorts = COHORTS.filter((slug) => slug !== 'default');
    await transaction.rows(
      'test.cohorts',
      sql`insert into cohort (project_id, name, slug, is_default, created_at, updated_at)
          select ${projectId}::integer, slug, slug, false, ${now}::timestamptz, ${now}::timestamptz
          from unnest(${cohorts}::text[]) as new(slug) on conflict do nothing`,
    );
    await transaction.rows(
      'test.groups',
      sql`insert into device_group (project_id, name, created_at, updated_at)
          select ${projectId}::integer, name, ${now}::timestamptz, ${now}::timestamptz
          from unnest(${GROUPS}::text[]) as new(name) on conflict do nothing`,
    );
    await transaction.rows(
      'test.releases',
      sql`insert into release (project_id, version, revision, created_at)
          select ${projectId}::integer, version, revision, ${now}::timestamptz
          from unnest(${RELEASES.map((one) => one.version)}::text[], ${RELEASES.map((one) => one.revision)}::text[])
               as new(version, revision) on conflict do nothing`,
    );
    const column = <Value>(read: (device: FixtureDevice) => Value) => fixtures.map(read);
    const inserted = await transaction.rows<{ id: string; deviceSerial: string }>(
      'test.devices',
      sql`insert into device (project_id, uuid, device_serial, owner_ref, hardware_version, manufacturer, device_code,
                              test_mode, state, last_seen, last_seen_release_id, cohort_id, group_id, created_at,
                              updated_at, attributes_updated_at)
          select ${projectId}::integer, gen_random_uuid(), new.serial, new.owner_ref, new.hardware_version,
                 new.manufacturer, new.device_code, new.test_mode, new.state, new.last_seen, r.id, c.id, g.id,
                 new.created_at, new.updated_at, new.attributes_updated_at
          from unnest(
            ${column((one) => one.deviceSerial)}::text[], ${column((one) => one.ownerRef)}::text[],
            ${column((one) => one.hardwareVersion)}::text[], ${column((one) => one.manufacturer)}::text[],
            ${column((one) => one.deviceCode)}::text[], ${column((one) => one.testMode)}::boolean[],
            ${column((one) => one.state)}::text[], ${column((one) => one.lastSeen)}::timestamptz[],
            ${column((one) => one.release?.version ?? null)}::text[],
            ${column((one) => one.release?.revision ?? null)}::text[],
            ${column((one) => one.cohort)}::text[], ${column((one) => one.group)}::text[],
            ${column((one) => one.createdAt)}::timestamptz[], ${column((one) => one.updatedAt)}::timestamptz[],
            ${column((one) => one.attributesUpdatedAt)}::timestamptz[]) with ordinality
            as new(serial, owner_ref, hardware_version, manufacturer, device_code, test_mode, state, last_seen,
                   version, revision, cohort, "group", created_at, updated_at, attributes_updated_at, n)
          join cohort c on c.project_id = ${projectId} and c.slug = new.cohort
          left join device_group g on g.project_id = ${projectId} and g.name = new."group"
          left join release r on r.project_id = ${projectId} and r.version = new.version
                             and r.revision is not distinct from new.revision
          order by new.n
          returning id, device_serial as "deviceSerial"`,
    );
    const idBySerial = new Map(inserted.map((row) => [row.deviceSerial, row.id]));
    const stored = fixtures.map((fixture) => ({ ...fixture, id: idBySerial.get(fixture.deviceSerial)! }));

    const identityOf = ({ scope, source, name, value }: FixtureAttribute) => ({
      scope,
      source,
      name,
      type: storedTypeOf(value),
    });
    const attributes = stored.flatMap((device) => device.attributes);
    const keyIdOf = await new AttributeKeys().ensure(transaction, projectId, attributes.map(identityOf));
    const postings = stored.flatMap(({ id: deviceId, attributes: own }) =>
      own.map((attribute) => {
        const identity = identityOf(attribute);
        return { deviceId, keyId: keyIdOf(identity), type: identity.type, after: attribute.value };
      }),
    );
    const documents = stored.map(({ attributes: own }) =>
      JSON.stringify(
        Object.fromEntries(own.map((one) => [keyIdOf(identityOf(one)), [one.value, FIXTURE_INSTANT.getTime()]])),
      ),
    );
    const writes = writePostings(projectId, postings);
    await transaction.rows(
      'test.attributes',
      sql`${writes.length === 0 ? sql`` : sql`with ${commaSeparated(writes)}`}
          insert into device_document (project_id, device_id, attributes)
          select ${projectId}::integer, device_id, attributes::jsonb
          from unnest(${stored.map(({ id }) => id)}::bigint[], ${documents}::text[]) as new(device_id, attributes)`,
    );
    return stored;
  });
  // As every change of devices keeps them.
  await database.rows(
    'test.keepCounts',
    sql`insert into device_count (project_id, kind, owner_id, delta)
        select d.project_id, k.kind, k.owner_id, count(*) from device d
        cross join lateral (values ('COHORT', d.cohort_id), ('GROUP', d.group_id), ('RELEASE', d.last_seen_release_id))
          as k(kind, owner_id)
        where d.project_id = ${projectId} and k.owner_id is not null group by 1, 2, 3`,
  );
  // Without statistics the planner takes the tables for empty and compares every value with every device.
  await database.rows('test.analyze', sql`analyze`);
  return stored;
}
