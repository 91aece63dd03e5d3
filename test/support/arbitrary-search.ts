import * as fc from 'fast-check';
import { toGlobalId } from '../../src/model/global-id.js';
import {
  ARRAYS,
  ATTRIBUTE_NAMES,
  COHORTS,
  FIXTURE_INSTANT,
  fixtureValue,
  GROUPS,
  NUMBERS,
  RELEASES,
  SCOPES,
  SOURCES,
  type StoredFixture,
  TEXTS,
  TIMES,
} from './fixtures.js';
import type { AttributeFilterInput, FilterInput, OrderInput, TextFilterInput, TimeFilterInput } from './matches.js';

/** How JavaScript with the flags s and u and Postgres read these expressions is the same. */
const PATTERNS = [
  'a', '^a', 'b$', '^$', 'a.b', '.', '[0-9]+', '(a|b)x?b', 'x{3}', '\\.', '%', '\\\\', 'x{50}a', '^[xX]+$', 'ä|Ä',
  '[^a]', '^[a-z]+$', 'a(?=b)', 'z$',
] as const; // prettier-ignore

const text = fc.constantFrom(...TEXTS);
const comparable = fc.oneof(text, fc.constantFrom(...NUMBERS));
const fragment = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('', 'a', 'A', 'x', 'Ä', 'ß', 'ΣΊ', '%', '_', '\\', "'", '8', '😀', 'x'.repeat(601)) },
  { weight: 1, arbitrary: text },
); // prettier-ignore
const pattern = fc.constantFrom(...PATTERNS);

/** A record of 1 to 3 of the keys, so that tests meet in one object but seldom contradict each other. */
function some<T extends object>(record: { [K in keyof T]-?: fc.Arbitrary<NonNullable<T[K]>> }): fc.Arbitrary<T> {
  const keys = Object.keys(record) as (keyof T & string)[];
  return fc
    .oneof(
      { weight: 12, arbitrary: fc.subarray(keys, { minLength: 1, maxLength: 1 }) },
      { weight: 4, arbitrary: fc.subarray(keys, { minLength: 2, maxLength: 2 }) },
      { weight: 1, arbitrary: fc.subarray(keys, { minLength: 3, maxLength: 3 }) },
    )
    .chain((chosen) => fc.record(Object.fromEntries(chosen.map((key) => [key, record[key]])))) as fc.Arbitrary<T>;
}

const wantedValue = fixtureValue;

/** Every operator of an attribute; the operator table's test compares the names. */
export const ATTRIBUTE_OPERANDS = {
  eq: wantedValue,
  ne: wantedValue,
  in: fc.array(wantedValue, { maxLength: 4 }),
  notIn: fc.array(wantedValue, { maxLength: 4 }),
  gt: comparable,
  gte: comparable,
  lt: comparable,
  lte: comparable,
  contains: fragment,
  startsWith: fragment,
  endsWith: fragment,
  matches: pattern,
  hasAll: fc.oneof(
    fc.constantFrom(...ARRAYS).map((elements) => [...elements]),
    fc.array(fc.constantFrom('a', 'b', 'A', 'B', '8080', 8080, 9100, 1, true, 'ä', `${'x'.repeat(600)}b`), {
      maxLength: 3,
    }),
  ),
  exists: fc.boolean(),
};

/** Mostly any scope and source: fewer devices have a value of just one. */
function absent<Value>(values: readonly Value[]): fc.Arbitrary<Value | undefined> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(...values) },
  );
}

export const attributeFilter: fc.Arbitrary<AttributeFilterInput> = fc
  .tuple(
    fc.record({
      name: fc.oneof(
        { weight: 29, arbitrary: fc.constantFrom(...ATTRIBUTE_NAMES) },
        { weight: 1, arbitrary: fc.constant('nobody reports it') },
      ),
      scope: absent(SCOPES),
      source: absent([...SOURCES, 'no such source']),
      ignoreCase: absent([true, false]),
    }),
    some<Omit<AttributeFilterInput, 'name' | 'scope' | 'source' | 'ignoreCase'>>(ATTRIBUTE_OPERANDS),
  )
  // An absent key is not the same as one that is undefined.
  .map(([key, operators]) => ({ ...(JSON.parse(JSON.stringify(key)) as AttributeFilterInput), ...operators }));

export function textOperands(texts: readonly string[]) {
  const own = fc.oneof(fc.constantFrom(...texts), fc.constantFrom('', 'a', '%'));
  return {
    eq: own,
    ne: own,
    in: fc.array(own, { maxLength: 3 }),
    notIn: fc.array(own, { maxLength: 3 }),
    contains: fc.oneof(fragment, own),
    startsWith: fc.oneof(fragment, own),
    endsWith: fc.oneof(fragment, own),
    matches: pattern,
    exists: fc.boolean(),
  };
}

function textFilter(texts: readonly string[]): fc.Arbitrary<TextFilterInput> {
  return fc
    .tuple(
      some<Omit<TextFilterInput, 'ignoreCase'>>(textOperands(texts)),
      fc.record({ ignoreCase: fc.boolean() }, { requiredKeys: [] }),
    )
    .map(([operators, folding]) => ({ ...operators, ...folding }));
}

const ages = [...new Set(TIMES.map((time) => FIXTURE_INSTANT.getTime() - time.getTime()))].filter((age) => age > 0);
const TIME_OPERANDS = {
  since: fc.constantFrom(...TIMES),
  until: fc.constantFrom(...TIMES),
  withinLast: fc.constantFrom(...ages),
  olderThan: fc.constantFrom(...ages),
  exists: fc.boolean(),
};
const timeFilter = some<TimeFilterInput>(TIME_OPERANDS);

/** Any filter over these devices, nested at most three deep. */
export function arbitraryFilter(devices: readonly StoredFixture[]): fc.Arbitrary<FilterInput> {
  const ownText = textFilter(['a', 'A', 'Acme', 'ACME', 'acme%', 'Ä', '\uFFFD', '😀', '1.0']);
  const ids = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...devices.map(({ id }) => toGlobalId('Device', id))) },
    { weight: 1, arbitrary: fc.constantFrom(toGlobalId('Cohort', '1'), toGlobalId('Device', '999999999')) },
  );
  const leaf: { [K in Exclude<keyof FilterInput, 'and' | 'or' | 'not'>]-?: fc.Arbitrary<NonNullable<FilterInput[K]>> } =
    {
      deviceSerial: textFilter(devices.slice(0, 50).map((one) => one.deviceSerial)),
      ownerRef: ownText,
      hardwareVersion: ownText,
      manufacturer: ownText,
      deviceCode: ownText,
      testMode: fc.boolean(),
      state: fc.array(fc.constantFrom('ACTIVE', 'DISABLED'), { maxLength: 3 }),
      lastSeen: timeFilter,
      createdAt: timeFilter,
      updatedAt: timeFilter,
      attributesUpdatedAt: timeFilter,
      ids: fc.array(ids, { maxLength: 20 }),
      release: textFilter(RELEASES.map(({ version }) => version)),
      cohort: textFilter([...COHORTS, 'unknown']),
      group: textFilter([...GROUPS, 'unknown']),
      hasGroup: fc.boolean(),
      attributes: fc.array(attributeFilter, { maxLength: 3 }),
    };
  const attributes = fc
    .array(attributeFilter, { minLength: 1, maxLength: 2 })
    .map((filters) => ({ attributes: filters }));
  return fc.letrec<{ filter: FilterInput }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 3, arbitrary: attributes },
      {
        weight: 3,
        arbitrary: some<FilterInput>({ ...leaf } as Required<typeof leaf> & Record<'and' | 'or' | 'not', never>),
      },
      { weight: 1, arbitrary: fc.record({ and: fc.array(tie('filter'), { maxLength: 3 }) }) },
      { weight: 2, arbitrary: fc.record({ or: fc.array(tie('filter'), { maxLength: 4 }) }) },
      { weight: 2, arbitrary: fc.record({ not: tie('filter') }) },
    ),
  })).filter;
}

const orderField: fc.Arbitrary<OrderInput> = fc.record({
  field: fc.constantFrom<NonNullable<OrderInput['field']>>(
    'ID', 'DEVICE_SERIAL', 'LAST_SEEN', 'CREATED_AT', 'UPDATED_AT', 'ATTRIBUTES_UPDATED_AT', 'HARDWARE_VERSION',
    'MANUFACTURER', 'DEVICE_CODE', 'OWNER_REF', 'STATE',
  ), // prettier-ignore
});
const orderAttribute: fc.Arbitrary<OrderInput> = fc.record({
  attribute: fc.record(
    {
      name: fc.constantFrom(...ATTRIBUTE_NAMES, 'nobody reports it'),
      scope: fc.constantFrom(...SCOPES),
      source: fc.constantFrom(...SOURCES),
    },
    { requiredKeys: ['name'] },
  ),
});

/** 1 to 5 different keys, each in any direction and with missing values at either end. */
export const arbitraryOrder: fc.Arbitrary<OrderInput[]> = fc.uniqueArray(
  fc
    .tuple(
      fc.oneof({ weight: 1, arbitrary: orderField }, { weight: 2, arbitrary: orderAttribute }),
      fc.record(
        { direction: fc.constantFrom('ASC', 'DESC'), nulls: fc.constantFrom('FIRST', 'LAST') },
        { requiredKeys: [] },
      ),
    )
    .map(([key, sense]): OrderInput => ({ ...key, ...sense })),
  { minLength: 1, maxLength: 5, selector: ({ field, attribute }) => JSON.stringify(field ?? attribute) },
);
