/** What random searches must answer, in plain loops over plain columns: nothing of the search itself has a part in it. */
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

type Scalar = string | number | boolean;

/** The scalars and elements of each device under one name, in the order in which they count; undefined: no value. */
type Column = (readonly Scalar[] | undefined)[];

/** Of a device that has nothing to sort by: it comes last in either direction. */
const MISSING = -1;

const TYPES_IN_ORDER = ['number', 'string', 'boolean'];

export class Oracle {
  readonly #devices: readonly FleetDevice[];
  readonly #columnsByName = new Map<string, Column>();
  readonly #ranksByKey = new Map<string, Int32Array>();

  /** `devices` in order of id. */
  constructor(devices: readonly FleetDevice[]) {
    this.#devices = devices;
    devices.forEach(({ attributes }, index) => {
      for (const [name, values] of attributes) {
        let column = this.#columnsByName.get(name);
        if (column === undefined) {
          column = Array.from({ length: devices.length }, () => undefined);
          this.#columnsByName.set(name, column);
        }
        column[index] = values.flatMap(({ value }): readonly Scalar[] => (typeof value === 'object' ? value : [value]));
      }
    });
  }

  expected({ filter, orderBy }: RandomSearch, size: number): Expected {
    const holds = this.#holds(filter);
    const found: number[] = [];
    for (let index = 0; index < holds.length; index += 1) if (holds[index] === 1) found.push(index);
    const sorted = orderBy.length === 0 ? found : this.#sorted(found, orderBy);
    return { count: found.length, ids: sorted.slice(0, size).map((index) => this.#devices[index]!.id) };
  }

  /** 1 for each device for which the filter holds, else 0. */
  #holds(filter: RandomFilter): Uint8Array {
    if ('not' in filter) return this.#holds(filter.not).map((held) => 1 - held);
    if ('and' in filter) {
      return filter.and
        .map((part) => this.#holds(part))
        .reduce((all, part) => all.map((held, index) => held & part[index]!));
    }
    if ('or' in filter) {
      return filter.or
        .map((part) => this.#holds(part))
        .reduce((all, part) => all.map((held, index) => held | part[index]!));
    }
    const devices = this.#devices;
    if ('attributes' in filter)
      return maskOf(this.#column(filter.attributes[0].name), attributeTest(filter.attributes[0]));
    if ('text' in filter) {
      const [field, test] = filter.text;
      return maskOf(devices, (device) => textHolds(test, device[field]));
    }
    if ('testMode' in filter) return maskOf(devices, ({ testMode }) => testMode === filter.testMode);
    if ('state' in filter) return maskOf(devices, ({ state }) => filter.state.includes(state));
    if ('hasGroup' in filter) return maskOf(devices, ({ group }) => (group !== null) === filter.hasGroup);
    const { withinLast } = filter.lastSeen;
    return maskOf(
      devices,
      ({ lastSeen }) => lastSeen !== null && FLEET_INSTANT.getTime() - lastSeen.getTime() <= withinLast,
    );
  }

  #column(name: string): Column {
    return this.#columnsByName.get(name) ?? this.#devices.map(() => undefined);
  }

  #sorted(found: readonly number[], orderBy: readonly RandomOrder[]): number[] {
    const keys = orderBy.map((key) => ({ ranks: this.#ranks(key), sign: key.direction === 'ASC' ? 1 : -1 }));
    return found.toSorted((a, b) => {
      for (const { ranks, sign } of keys) {
        const [one, other] = [ranks[a]!, ranks[b]!];
        if (one === other) continue;
        if (one === MISSING) return 1;
        if (other === MISSING) return -1;
        return sign * (one - other);
      }
      return a - b;
    });
  }

  /** Where the value of each device stands among all of that key in ascending order; equal values stand at one place. */
  #ranks(key: RandomOrder): Int32Array {
    const name = JSON.stringify('field' in key ? key.field : key.attribute);
    const known = this.#ranksByKey.get(name);
    if (known !== undefined) return known;
    const values = this.#sortValues(key);
    const distinct = [...new Set(values)].filter((value) => value !== null).toSorted(compareScalars);
    const rankByValue = new Map<Scalar | null, number>(distinct.map((value, rank) => [value, rank]));
    const ranks = Int32Array.from(values, (value) => rankByValue.get(value) ?? MISSING);
    this.#ranksByKey.set(name, ranks);
    return ranks;
  }

  /** The sorted attributes are no arrays. */
  #sortValues(key: RandomOrder): (Scalar | null)[] {
    if ('attribute' in key) return this.#column(key.attribute.name).map((scalars) => scalars?.[0] ?? null);
    const field = SORTED_FIELDS[key.field];
    return this.#devices.map(({ [field]: value }) => (value instanceof Date ? value.getTime() : value));
  }
}

function maskOf<T>(column: readonly T[], holds: (value: T) => boolean): Uint8Array {
  const mask = new Uint8Array(column.length);
  for (let index = 0; index < column.length; index += 1) mask[index] = holds(column[index]!) ? 1 : 0;
  return mask;
}

/** The fleet's texts are ASCII, so that `<` orders as the database does. */
function compareScalars(a: Scalar, b: Scalar): number {
  const [one, other] = [TYPES_IN_ORDER.indexOf(typeof a), TYPES_IN_ORDER.indexOf(typeof b)];
  return one === other ? (a < b ? -1 : 1) : one - other;
}

function textHolds({ eq, ne, startsWith, exists }: TextTest, text: string | null): boolean {
  if (exists !== undefined) return (text !== null) === exists;
  if (ne !== undefined) return text !== ne;
  if (eq !== undefined) return text === eq;
  return text !== null && startsWith !== undefined && text.startsWith(startsWith);
}

function attributeTest(test: AttributeTest): (scalars: readonly Scalar[] | undefined) => boolean {
  const { exists, ne, eq, in: wanted, notIn, gt, lte, startsWith, contains } = test;
  if (exists !== undefined) return (scalars) => (scalars !== undefined) === exists;
  const some = (meets: (scalar: Scalar) => boolean) => (scalars: readonly Scalar[] | undefined) =>
    scalars?.some(meets) ?? false;
  const none = (meets: (scalar: Scalar) => boolean) => (scalars: readonly Scalar[] | undefined) =>
    !(scalars?.some(meets) ?? false);
  if (ne !== undefined) return none((scalar) => scalar === ne);
  if (eq !== undefined) return some((scalar) => scalar === eq);
  // The lists hold no arrays.
  if (wanted !== undefined) return some((scalar) => wanted.includes(scalar));
  if (notIn !== undefined) return none((scalar) => notIn.includes(scalar));
  if (startsWith !== undefined) return some((scalar) => typeof scalar === 'string' && scalar.startsWith(startsWith));
  if (contains !== undefined) return some((scalar) => typeof scalar === 'string' && scalar.includes(contains));
  return some(
    (scalar) => typeof scalar === 'number' && (gt === undefined || scalar > gt) && (lte === undefined || scalar <= lte),
  );
}
