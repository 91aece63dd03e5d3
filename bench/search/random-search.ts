/** Random searches as a caller writes them, of values that occur. */
import type { FleetDevice } from './fleet-device.js';
import type { RandomSource } from './random-source.js';

export interface AttributeTest {
  readonly name: string;
  readonly eq?: unknown;
  readonly ne?: unknown;
  readonly in?: readonly unknown[];
  readonly notIn?: readonly unknown[];
  readonly gt?: number;
  readonly lte?: number;
  readonly startsWith?: string;
  readonly contains?: string;
  readonly exists?: boolean;
}

export interface TextTest {
  readonly eq?: string;
  readonly ne?: string;
  readonly startsWith?: string;
  readonly exists?: boolean;
}

const TEXT_FIELDS = [
  'deviceSerial',
  'ownerRef',
  'hardwareVersion',
  'manufacturer',
  'deviceCode',
  'cohort',
  'group',
  'release',
] as const;

export type RandomFilter =
  | { readonly and: readonly RandomFilter[] }
  | { readonly or: readonly RandomFilter[] }
  | { readonly not: RandomFilter }
  | { readonly attributes: readonly [AttributeTest] }
  | { readonly text: readonly [(typeof TEXT_FIELDS)[number], TextTest] }
  | { readonly lastSeen: { readonly withinLast: number } }
  | { readonly testMode: boolean }
  | { readonly state: readonly string[] }
  | { readonly hasGroup: boolean };

export const SORTED_FIELDS = { LAST_SEEN: 'lastSeen', UPDATED_AT: 'updatedAt', OWNER_REF: 'ownerRef' } as const;

export type RandomOrder = (
  { readonly field: keyof typeof SORTED_FIELDS } | { readonly attribute: { readonly name: string } }
) & { readonly direction: 'ASC' | 'DESC' };

export interface RandomSearch {
  readonly filter: RandomFilter;
  readonly orderBy: readonly RandomOrder[];
}

const MAX_TERMS = 6;
/** The others come in order of id. */
const SORTED_SHARE = 0.25;
const HOUR_MS = 3_600_000;

export function randomSearch(random: RandomSource, devices: readonly FleetDevice[]): RandomSearch {
  const filter = randomFilter(random, devices, 1 + random.below(MAX_TERMS));
  return { filter, orderBy: random.chance(SORTED_SHARE) ? randomOrder(random) : [] };
}

function randomFilter(random: RandomSource, devices: readonly FleetDevice[], terms: number): RandomFilter {
  if (random.chance(0.1)) return { not: randomFilter(random, devices, terms) };
  if (terms === 1) return randomTerm(random, random.pick(devices), devices);
  const first = 1 + random.below(terms - 1);
  const parts = [randomFilter(random, devices, first), randomFilter(random, devices, terms - first)];
  return random.chance(0.65) ? { and: parts } : { or: parts };
}

function randomTerm(random: RandomSource, device: FleetDevice, devices: readonly FleetDevice[]): RandomFilter {
  if (random.chance(0.75)) return { attributes: [randomAttributeTest(random, device, devices)] };
  switch (random.below(6)) {
    case 0:
      return { hasGroup: random.chance(0.5) };
    case 1:
      return { state: [device.state] };
    case 2:
      return { testMode: device.testMode };
    case 3:
      return { lastSeen: { withinLast: HOUR_MS * 10 ** random.below(4) } };
    default: {
      const field = random.pick(TEXT_FIELDS);
      return { text: [field, randomTextTest(random, device[field])] };
    }
  }
}

function randomTextTest(random: RandomSource, text: string | null): TextTest {
  if (text === null) return { exists: random.chance(0.5) };
  if (random.chance(0.6)) return { eq: text };
  return random.chance(0.5) ? { ne: text } : { startsWith: text.slice(0, 3 + random.below(6)) };
}

function randomAttributeTest(
  random: RandomSource,
  device: FleetDevice,
  devices: readonly FleetDevice[],
): AttributeTest {
  const name = random.pick([...device.attributes.keys()]);
  const { value } = random.pick(device.attributes.get(name) ?? []);
  const scalar = Array.isArray(value) ? random.pick(value as readonly unknown[]) : value;
  if (random.chance(0.08)) return { name, exists: random.chance(0.5) };
  if (typeof scalar === 'number' && name !== 'ports' && random.chance(0.7)) {
    if (random.chance(0.3)) return { name, gt: scalar * 0.9, lte: scalar * 1.05 };
    return random.chance(0.5) ? { name, gt: scalar } : { name, lte: scalar };
  }
  if (typeof scalar === 'string' && random.chance(0.2)) {
    return random.chance(0.5)
      ? { name, startsWith: scalar.slice(0, 3 + random.below(8)) }
      : { name, contains: scalar.slice(random.below(3), 3 + random.below(8)) };
  }
  if (random.chance(0.2)) {
    const others = [0, 1, 2].flatMap(() => random.pick(devices).attributes.get(name)?.[0]?.value ?? []);
    return random.chance(0.7) ? { name, in: [scalar, ...others] } : { name, notIn: [scalar, ...others] };
  }
  return random.chance(0.15) ? { name, ne: scalar } : { name, eq: scalar };
}

function randomOrder(random: RandomSource): RandomOrder[] {
  const keys = ['cpu_temperature', 'uptime_s', 'hostname', 'region', 'site', 'battery', 'encrypted'].map((name) => ({
    attribute: { name },
  }));
  const fields = (Object.keys(SORTED_FIELDS) as (keyof typeof SORTED_FIELDS)[]).map((field) => ({ field }));
  const direction = () => (random.chance(0.5) ? 'ASC' : 'DESC');
  const first = random.pick([...keys, ...fields]);
  const second = random.pick([...keys, ...fields]);
  return random.chance(0.5) || first === second
    ? [{ ...first, direction: direction() }]
    : [
        { ...first, direction: direction() },
        { ...second, direction: direction() },
      ];
}

/** The filter as the search takes it: texts stand under their field. */
export function toInput(filter: RandomFilter): object {
  if ('text' in filter) return { [filter.text[0]]: filter.text[1] };
  if ('and' in filter) return { and: filter.and.map(toInput) };
  if ('or' in filter) return { or: filter.or.map(toInput) };
  if ('not' in filter) return { not: toInput(filter.not) };
  return filter;
}
