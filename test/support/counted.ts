/**
 * The oracle of facets, statistics and the catalogue: what they say of plain devices, in plain loops, written from the
 * descriptions of the API.
 */
import type { FixtureAttribute, FixtureScope, FixtureValue, StoredFixture } from './fixtures.js';
import { byCodePoint } from './matches.js';

export interface AttributeInput {
  readonly name: string;
  readonly scope?: FixtureScope;
  readonly source?: string;
}

export type FieldInput =
  | 'COHORT'
  | 'GROUP'
  | 'HARDWARE_VERSION'
  | 'MANUFACTURER'
  | 'DEVICE_CODE'
  | 'OWNER_REF'
  | 'RELEASE'
  | 'STATE'
  | 'TEST_MODE';

type Scalar = string | number | boolean;

export interface CountedFacet {
  readonly buckets: readonly { readonly value: Scalar; readonly deviceCount: number }[];
  readonly otherCount: number;
  readonly missingCount: number;
}

export function facetOf(
  devices: readonly StoredFixture[],
  by: { attribute: AttributeInput } | { field: FieldInput },
  first: number,
): CountedFacet {
  const valuesOf = devices.map((device) =>
    'field' in by ? fieldOf(device, by.field) : valueThatCounts(device.attributes, by.attribute),
  );
  const elementsOf = valuesOf.map((value) => (value === null ? [] : [...new Set([value].flat() as Scalar[])]));
  // A Map tells 1 from "1".
  const counts = new Map<Scalar, number>();
  for (const elements of elementsOf) {
    for (const element of elements) counts.set(element, (counts.get(element) ?? 0) + 1);
  }
  const buckets = [...counts]
    .map(([value, deviceCount]) => ({ value, deviceCount }))
    .toSorted((a, b) => b.deviceCount - a.deviceCount || compareScalars(a.value, b.value))
    .slice(0, first);
  const shown = new Set(buckets.map(({ value }) => value));
  return {
    buckets,
    otherCount: valuesOf.filter(
      (value, index) =>
        value !== null && (elementsOf[index]!.length === 0 || elementsOf[index]!.some((one) => !shown.has(one))),
    ).length,
    missingCount: valuesOf.filter((value) => value === null).length,
  };
}

const TYPES = ['number', 'string', 'boolean'];

function compareScalars(a: Scalar, b: Scalar): number {
  if (typeof a !== typeof b) return TYPES.indexOf(typeof a) - TYPES.indexOf(typeof b);
  return typeof a === 'string' ? byCodePoint(a, b as string) : Math.sign(Number(a) - Number(b));
}

function fieldOf(device: StoredFixture, field: FieldInput): Scalar | null {
  switch (field) {
    case 'COHORT':
      return device.cohort;
    case 'GROUP':
      return device.group;
    case 'HARDWARE_VERSION':
      return device.hardwareVersion;
    case 'MANUFACTURER':
      return device.manufacturer;
    case 'DEVICE_CODE':
      return device.deviceCode;
    case 'OWNER_REF':
      return device.ownerRef;
    case 'RELEASE':
      return device.release?.version ?? null;
    case 'STATE':
      return device.state;
    case 'TEST_MODE':
      return device.testMode;
  }
}

const SCOPES: readonly FixtureScope[] = ['TAGS', 'INVENTORY', 'MONITOR', 'IDENTITY', 'SYSTEM'];

function valueThatCounts(attributes: readonly FixtureAttribute[], wanted: AttributeInput): FixtureValue | null {
  const place = ({ source, scope }: FixtureAttribute) =>
    [source === 'api' ? '' : source, SCOPES.indexOf(scope)] as const;
  const [best] = attributes
    .filter(
      (one) =>
        one.name === wanted.name &&
        one.scope === (wanted.scope ?? one.scope) &&
        one.source === (wanted.source ?? one.source),
    )
    .toSorted((a, b) => byCodePoint(place(a)[0], place(b)[0]) || place(a)[1] - place(b)[1]);
  return best?.value ?? null;
}

/** Every number of the values that count, ascending. */
export function numbersOf(devices: readonly StoredFixture[], attribute: AttributeInput): number[] {
  return devices
    .flatMap((device) => [valueThatCounts(device.attributes, attribute)].flat() as (Scalar | null)[])
    .filter((value) => typeof value === 'number')
    .toSorted((a, b) => a - b);
}

/** Between the two numbers nearest to the place that a percent of all has. */
export function percentileOf(numbers: readonly number[], percent: number): number {
  const place = (percent / 100) * (numbers.length - 1);
  const [low, high] = [numbers[Math.floor(place)]!, numbers[Math.ceil(place)]!];
  // Half of each, because the difference of the largest and the least double is none.
  return low === high ? low : 2 * (low / 2 + (high / 2 - low / 2) * (place - Math.floor(place)));
}
