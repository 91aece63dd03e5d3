/** What a random search must answer, in plain loops over plain devices. */
import type { FleetDevice } from './fleet-device.js';
import { FLEET_INSTANT } from './fleet.js';
import {
  type AttributeTest,
  type RandomFilter,
  type RandomOrder,
  type RandomSearch,
  SORTED_FIELDS,
  type TextTest,
} from './random-search.js';

export interface Expected {
  readonly count: number;
  /** Of the first page. */
  readonly ids: readonly number[];
}

/** `devices` in order of id. */
export function expected({ filter, orderBy }: RandomSearch, devices: readonly FleetDevice[], size: number): Expected {
  const found = devices.filter((device) => holds(filter, device));
  const sorted = orderBy.length === 0 ? found : found.toSorted((a, b) => compare(a, b, orderBy));
  return { count: found.length, ids: sorted.slice(0, size).map(({ id }) => id) };
}

function holds(filter: RandomFilter, device: FleetDevice): boolean {
  if ('and' in filter) return filter.and.every((part) => holds(part, device));
  if ('or' in filter) return filter.or.some((part) => holds(part, device));
  if ('not' in filter) return !holds(filter.not, device);
  if ('attributes' in filter) return attributeHolds(filter.attributes[0], device);
  if ('text' in filter) return textHolds(filter.text[1], device[filter.text[0]]);
  if ('testMode' in filter) return device.testMode === filter.testMode;
  if ('state' in filter) return filter.state.includes(device.state);
  if ('hasGroup' in filter) return (device.group !== null) === filter.hasGroup;
  const { lastSeen } = device;
  return lastSeen !== null && FLEET_INSTANT.getTime() - lastSeen.getTime() <= filter.lastSeen.withinLast;
}

function textHolds({ eq, ne, startsWith, exists }: TextTest, text: string | null): boolean {
  if (exists !== undefined) return (text !== null) === exists;
  if (ne !== undefined) return text !== ne;
  if (eq !== undefined) return text === eq;
  return text !== null && startsWith !== undefined && text.startsWith(startsWith);
}

function attributeHolds(test: AttributeTest, device: FleetDevice): boolean {
  const values = device.attributes.get(test.name) ?? [];
  if (test.exists !== undefined) return values.length > 0 === test.exists;
  const some = (meets: (scalar: unknown) => boolean) =>
    values.some(({ value }) => (typeof value === 'object' ? (value as readonly unknown[]).some(meets) : meets(value)));
  if (test.ne !== undefined) return !some((scalar) => scalar === test.ne);
  if (test.eq !== undefined) return some((scalar) => scalar === test.eq);
  const { in: wanted, notIn, gt, lte, startsWith, contains } = test;
  // The lists hold no arrays.
  const isOneOf = (list: readonly unknown[]) => some((scalar) => list.includes(scalar));
  if (wanted !== undefined) return isOneOf(wanted);
  if (notIn !== undefined) return !isOneOf(notIn);
  if (startsWith !== undefined) return some((scalar) => typeof scalar === 'string' && scalar.startsWith(startsWith));
  if (contains !== undefined) return some((scalar) => typeof scalar === 'string' && scalar.includes(contains));
  return some(
    (scalar) => typeof scalar === 'number' && (gt === undefined || scalar > gt) && (lte === undefined || scalar <= lte),
  );
}

function compare(a: FleetDevice, b: FleetDevice, orderBy: readonly RandomOrder[]): number {
  for (const key of orderBy) {
    const [one, other] = [sortValueOf(a, key), sortValueOf(b, key)];
    if (one === other) continue;
    if (one === null) return 1;
    if (other === null) return -1;
    const difference = typeof one === typeof other ? (one < other ? -1 : 1) : rankOf(one) - rankOf(other);
    return key.direction === 'ASC' ? difference : -difference;
  }
  return a.id - b.id;
}

function rankOf(value: string | number | boolean): number {
  return ['number', 'string', 'boolean'].indexOf(typeof value);
}

/** The fleet's texts are ASCII, so that `<` orders as the database does; the sorted attributes are no arrays. */
function sortValueOf(device: FleetDevice, key: RandomOrder): string | number | boolean | null {
  if ('field' in key) {
    const value = device[SORTED_FIELDS[key.field]];
    return value instanceof Date ? value.getTime() : value;
  }
  return (device.attributes.get(key.attribute.name)?.[0]?.value as string | number | boolean | undefined) ?? null;
}
