/**
 * The oracle: what a filter and an order mean, in plain loops over plain devices, written from the descriptions of the
 * API and without a look at the search. It reads the filter as a caller writes it.
 */
import { toGlobalId } from '../../src/model/global-id.js';
import type { FixtureAttribute, FixtureScope, FixtureValue, StoredFixture } from './fixtures.js';

export interface TextFilterInput {
  eq?: string;
  ne?: string;
  in?: string[];
  notIn?: string[];
  contains?: string;
  startsWith?: string;
  endsWith?: string;
  matches?: string;
  exists?: boolean;
  ignoreCase?: boolean;
}

export interface AttributeFilterInput {
  name: string;
  scope?: FixtureScope;
  source?: string;
  eq?: FixtureValue;
  ne?: FixtureValue;
  in?: FixtureValue[];
  notIn?: FixtureValue[];
  gt?: string | number;
  gte?: string | number;
  lt?: string | number;
  lte?: string | number;
  contains?: string;
  startsWith?: string;
  endsWith?: string;
  matches?: string;
  hasAll?: (string | number | boolean)[];
  exists?: boolean;
  ignoreCase?: boolean;
}

export interface TimeFilterInput {
  since?: Date;
  until?: Date;
  /** Milliseconds. */
  withinLast?: number;
  olderThan?: number;
  exists?: boolean;
}

export interface FilterInput {
  and?: FilterInput[];
  or?: FilterInput[];
  not?: FilterInput;
  deviceSerial?: TextFilterInput;
  ownerRef?: TextFilterInput;
  hardwareVersion?: TextFilterInput;
  manufacturer?: TextFilterInput;
  deviceCode?: TextFilterInput;
  testMode?: boolean;
  state?: ('ACTIVE' | 'DISABLED')[];
  lastSeen?: TimeFilterInput;
  createdAt?: TimeFilterInput;
  updatedAt?: TimeFilterInput;
  attributesUpdatedAt?: TimeFilterInput;
  ids?: string[];
  release?: TextFilterInput;
  cohort?: TextFilterInput;
  group?: TextFilterInput;
  hasGroup?: boolean;
  attributes?: AttributeFilterInput[];
}

/** Whether the filter holds for the device, at an instant. */
export function matches(filter: FilterInput, device: StoredFixture, instant: Date): boolean {
  const also = (part: FilterInput) => matches(part, device, instant);
  for (const [field, test] of Object.entries(filter) as [keyof FilterInput, never][]) {
    if (!holds(field, test)) return false;
  }
  return true;

  function holds(field: keyof FilterInput, test: never): boolean {
    switch (field) {
      case 'and':
        return (test as FilterInput[]).every(also);
      case 'or':
        return (test as FilterInput[]).some(also);
      case 'not':
        return !also(test);
      case 'deviceSerial':
      case 'ownerRef':
      case 'hardwareVersion':
      case 'manufacturer':
      case 'deviceCode':
      case 'cohort':
      case 'group':
        return textMatches(test, device[field]);
      case 'release':
        return textMatches(test, device.release?.version ?? null);
      case 'lastSeen':
      case 'createdAt':
      case 'updatedAt':
      case 'attributesUpdatedAt':
        return timeMatches(test, device[field], instant);
      case 'testMode':
        return device.testMode === test;
      case 'state':
        return (test as string[]).includes(device.state);
      case 'ids':
        return (test as string[]).includes(toGlobalId('Device', device.id));
      case 'hasGroup':
        return (device.group !== null) === test;
      case 'attributes':
        return (test as AttributeFilterInput[]).every((one) => attributeMatches(one, device.attributes));
    }
  }
}

function textMatches(filter: TextFilterInput, text: string | null): boolean {
  const { exists, ne, notIn, ignoreCase = false, ...positive } = filter;
  const meets = (tests: Positive) => text !== null && meetsAll(tests, text, ignoreCase);
  if (exists !== undefined && exists !== (text !== null)) return false;
  if (ne !== undefined && meets({ eq: ne })) return false;
  if (notIn !== undefined && meets({ in: notIn })) return false;
  return Object.keys(positive).length === 0 || meets(positive);
}

function timeMatches(filter: TimeFilterInput, time: Date | null, instant: Date): boolean {
  const { exists, ...tests } = filter;
  if (exists !== undefined && exists !== (time !== null)) return false;
  if (Object.keys(tests).length === 0) return true;
  if (time === null) return false;
  const age = instant.getTime() - time.getTime();
  if (tests.since !== undefined && time.getTime() < tests.since.getTime()) return false;
  if (tests.until !== undefined && time.getTime() >= tests.until.getTime()) return false;
  if (tests.withinLast !== undefined && age > tests.withinLast) return false;
  if (tests.olderThan !== undefined && age <= tests.olderThan) return false;
  return true;
}

function attributeMatches(filter: AttributeFilterInput, attributes: readonly FixtureAttribute[]): boolean {
  const { name, scope, source, exists, ne, notIn, hasAll, ignoreCase = false, ...positive } = filter;
  const values = attributes
    .filter((one) => one.name === name && one.scope === (scope ?? one.scope) && one.source === (source ?? one.source))
    .map(({ value }) => value);
  const someMeets = (tests: Positive) =>
    values.some((value) => [value, ...elementsOf(value)].some((one) => meetsAll(tests, one, ignoreCase)));
  if (exists !== undefined && exists !== values.length > 0) return false;
  if (ne !== undefined && someMeets({ eq: ne })) return false;
  if (notIn !== undefined && someMeets({ in: notIn })) return false;
  if (hasAll !== undefined) {
    const isMet = values.some(
      (value) =>
        Array.isArray(value) &&
        hasAll.every((wanted) => elementsOf(value).some((element) => equals(element, wanted, ignoreCase))),
    );
    if (!isMet) return false;
  }
  return Object.keys(positive).length === 0 || someMeets(positive);
}

type Positive = Omit<AttributeFilterInput, 'name' | 'ne' | 'notIn' | 'hasAll' | 'exists'>;

/** One value, whole, meets all of these tests. */
function meetsAll(tests: Positive, value: FixtureValue, ignoreCase: boolean): boolean {
  const fold = (text: string) => (ignoreCase ? text.toLowerCase().replaceAll('ς', 'σ') : text);
  const text = typeof value === 'string' ? fold(value) : undefined;
  for (const [operator, operand] of Object.entries(tests) as [keyof Positive, never][]) {
    switch (operator) {
      case 'eq':
        if (!equals(value, operand, ignoreCase)) return false;
        break;
      case 'in':
        if (!(operand as FixtureValue[]).some((one) => equals(value, one, ignoreCase))) return false;
        break;
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte': {
        if (typeof value !== typeof operand || typeof value === 'object') return false;
        const difference = text === undefined ? Number(value) - Number(operand) : byCodePoint(text, fold(operand));
        if (operator === 'gt' && !(difference > 0)) return false;
        if (operator === 'gte' && !(difference >= 0)) return false;
        if (operator === 'lt' && !(difference < 0)) return false;
        if (operator === 'lte' && !(difference <= 0)) return false;
        break;
      }
      case 'contains':
        if (text === undefined || !text.includes(fold(operand))) return false;
        break;
      case 'startsWith':
        if (text === undefined || !text.startsWith(fold(operand))) return false;
        break;
      case 'endsWith':
        if (text === undefined || !text.endsWith(fold(operand))) return false;
        break;
      case 'matches':
        if (typeof value !== 'string' || !new RegExp(operand, ignoreCase ? 'isu' : 'su').test(value)) return false;
        break;
      case 'scope':
      case 'source':
      case 'ignoreCase':
        break;
    }
  }
  return true;
}

function equals(value: FixtureValue, wanted: FixtureValue, ignoreCase: boolean): boolean {
  if (typeof value === 'object' || typeof wanted === 'object') {
    if (typeof value !== 'object' || typeof wanted !== 'object' || value.length !== wanted.length) return false;
    return value.every((element, index) => equals(element, wanted[index]!, ignoreCase));
  }
  if (ignoreCase && typeof value === 'string' && typeof wanted === 'string') {
    return value.toLowerCase().replaceAll('ς', 'σ') === wanted.toLowerCase().replaceAll('ς', 'σ');
  }
  return value === wanted;
}

function elementsOf(value: FixtureValue): readonly (string | number)[] {
  return typeof value === 'object' ? value : [];
}

/** UTF-16 units do not compare as code points do: U+FFFD goes before U+1F600. */
export function byCodePoint(a: string, b: string): number {
  const [one, other] = [Array.from(a), Array.from(b)];
  for (let index = 0; index < Math.min(one.length, other.length); index += 1) {
    const difference = one[index]!.codePointAt(0)! - other[index]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

export interface OrderInput {
  field?:
    | 'ID'
    | 'DEVICE_SERIAL'
    | 'LAST_SEEN'
    | 'CREATED_AT'
    | 'UPDATED_AT'
    | 'ATTRIBUTES_UPDATED_AT'
    | 'HARDWARE_VERSION'
    | 'MANUFACTURER'
    | 'DEVICE_CODE'
    | 'OWNER_REF'
    | 'STATE';
  attribute?: { name: string; scope?: FixtureScope; source?: string };
  direction?: 'ASC' | 'DESC';
  nulls?: 'FIRST' | 'LAST';
}

/** Negative if `a` comes before `b` in that order; never 0 for two devices. */
export function compareDevices(a: StoredFixture, b: StoredFixture, order: readonly OrderInput[]): number {
  for (const key of order) {
    const [one, other] = [sortValueOf(a, key), sortValueOf(b, key)];
    if (one === null && other === null) continue;
    if (one === null || other === null) return (one === null) === (key.nulls === 'FIRST') ? -1 : 1;
    const difference = compareValues(one, other) * (key.direction === 'ASC' ? 1 : -1);
    if (difference !== 0) return difference;
  }
  return Number(a.id) - Number(b.id);
}

function sortValueOf(device: StoredFixture, { field, attribute }: OrderInput): FixtureValue | null {
  switch (field) {
    case 'ID':
      return Number(device.id);
    case 'DEVICE_SERIAL':
      return device.deviceSerial;
    case 'LAST_SEEN':
      return device.lastSeen?.getTime() ?? null;
    case 'CREATED_AT':
      return device.createdAt.getTime();
    case 'UPDATED_AT':
      return device.updatedAt.getTime();
    case 'ATTRIBUTES_UPDATED_AT':
      return device.attributesUpdatedAt?.getTime() ?? null;
    case 'HARDWARE_VERSION':
      return device.hardwareVersion;
    case 'MANUFACTURER':
      return device.manufacturer;
    case 'DEVICE_CODE':
      return device.deviceCode;
    case 'OWNER_REF':
      return device.ownerRef;
    case 'STATE':
      return device.state;
    case undefined:
      return valueThatCounts(device.attributes, attribute!);
  }
}

/** Source `api` first, then sources by name; then by scope in this order. */
const COUNTING_SCOPES = ['TAGS', 'INVENTORY', 'MONITOR', 'IDENTITY', 'SYSTEM'];

function valueThatCounts(
  attributes: readonly FixtureAttribute[],
  { name, scope, source }: NonNullable<OrderInput['attribute']>,
): FixtureValue | null {
  let best: FixtureAttribute | null = null;
  for (const one of attributes) {
    if (one.name !== name || one.scope !== (scope ?? one.scope) || one.source !== (source ?? one.source)) continue;
    if (best === null || precedes(one, best)) best = one;
  }
  return best?.value ?? null;
}

function precedes(a: FixtureAttribute, b: FixtureAttribute): boolean {
  if (a.source !== b.source) return a.source === 'api' || (b.source !== 'api' && byCodePoint(a.source, b.source) < 0);
  return COUNTING_SCOPES.indexOf(a.scope) < COUNTING_SCOPES.indexOf(b.scope);
}

/** Numbers, then strings, booleans, arrays; arrays element by element, a shorter one before one that goes on. */
function compareValues(a: FixtureValue, b: FixtureValue): number {
  const types = ['number', 'string', 'boolean', 'object'];
  if (typeof a !== typeof b) return types.indexOf(typeof a) - types.indexOf(typeof b);
  if (typeof a === 'string') return byCodePoint(a, b as string);
  if (typeof a !== 'object') return Math.sign(Number(a) - Number(b));
  const other = b as readonly (string | number)[];
  for (let index = 0; index < Math.min(a.length, other.length); index += 1) {
    const difference = compareValues(a[index]!, other[index]!);
    if (difference !== 0) return difference;
  }
  return a.length - other.length;
}
