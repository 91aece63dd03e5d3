import { createDevice } from '../../../src/changes/device.js';
import { ATTRIBUTE_OPERATORS, TEXT_OPERATORS, TIME_OPERATORS } from '../../../src/search/operators.js';
import { parseFilter } from '../../../src/search/parse-filter.js';
import { parseOrder } from '../../../src/search/order.js';
import { parsePage } from '../../../src/search/page.js';
import { searchDevices } from '../../../src/search/search.js';
import { createFleet, type Fleet } from '../../support/fleet.js';

/** Each device has one value of the attribute `a` and of the field ownerRef, and its serial says which. */
const VALUES = {
  '': '',
  apple: 'apple',
  Apple: 'Apple',
  'a%e': 'a%e',
  'number 1': 1,
  'number 2': 2,
  'text 1': '1',
  true: true,
  'apple, pear': ['apple', 'pear'],
  'pear, apple': ['pear', 'apple'],
  '1, 5': [1, 5],
  'no elements': [],
  nothing: undefined,
} as const;
const INSTANT = new Date('2026-03-01T12:00:00.000Z');
const TIMES = { now: 0, 'hour ago': -3_600_000, 'week ago': -7 * 86_400_000, tomorrow: 86_400_000 } as const;

let fleet: Fleet;
beforeAll(async () => {
  fleet = await createFleet();
  const context = fleet.context();
  for (const [deviceSerial, value] of Object.entries(VALUES)) {
    const attributes = value === undefined ? [] : [{ name: 'a', value, scope: 'TAGS' as const }];
    const owned = typeof value === 'string' && value !== '' ? { ownerRef: value } : {};
    await createDevice(context, { deviceSerial: `v:${deviceSerial}`, attributes, ...owned, ifExists: 'ERROR' });
  }
  for (const [name, offset] of Object.entries(TIMES)) {
    const lastSeen = new Date(INSTANT.getTime() + offset);
    await createDevice(context, { deviceSerial: `t:${name}`, lastSeen, ifExists: 'ERROR' });
  }
});
afterAll(() => fleet.stop());

async function found(prefix: string, filter: object): Promise<string[]> {
  const search = { filter: parseFilter({ deviceSerial: { startsWith: prefix }, ...filter }), order: parseOrder([]) };
  const page = await searchDevices(fleet.context(INSTANT), search, parsePage({ first: 500 }));
  return page.rows.map(({ deviceSerial }) => deviceSerial.slice(prefix.length));
}

const all = Object.keys(VALUES);
const allBut = (...serials: string[]) => all.filter((serial) => !serials.includes(serial));

type Cases = readonly (readonly [operand: unknown, found: readonly string[], ignoreCase?: boolean])[];

const ATTRIBUTE_CASES: Record<keyof typeof ATTRIBUTE_OPERATORS, Cases> = {
  eq: [
    ['apple', ['apple', 'apple, pear', 'pear, apple']],
    ['APPLE', ['apple', 'Apple', 'apple, pear', 'pear, apple'], true],
    [1, ['number 1', '1, 5']],
    ['1', ['text 1']],
    [true, ['true']],
    [false, []],
    [['apple', 'pear'], ['apple, pear']],
    [['Apple', 'PEAR'], ['apple, pear'], true],
    [[1, 5], ['1, 5']],
    [[1], []],
    [[], ['no elements']],
    ['', ['']],
  ],
  ne: [
    ['apple', allBut('apple', 'apple, pear', 'pear, apple')],
    ['APPLE', allBut('apple', 'Apple', 'apple, pear', 'pear, apple'), true],
    [[], allBut('no elements')],
    [['apple', 'pear'], allBut('apple, pear')],
  ],
  in: [
    [
      [1, 'Apple', ['apple', 'pear']],
      ['Apple', 'number 1', 'apple, pear', '1, 5'],
    ],
    [[], []],
  ],
  notIn: [
    [[1, 'Apple', ['apple', 'pear']], allBut('Apple', 'number 1', 'apple, pear', '1, 5')],
    [[], all],
  ],
  gt: [
    [1, ['number 2', '1, 5']],
    ['apple', ['apple, pear', 'pear, apple']],
    ['Z', ['apple', 'a%e', 'apple, pear', 'pear, apple']],
  ],
  gte: [
    [2, ['number 2', '1, 5']],
    ['apple', ['apple', 'apple, pear', 'pear, apple']],
  ],
  lt: [
    [2, ['number 1', '1, 5']],
    ['Apple', ['', 'text 1']],
  ],
  lte: [
    [1, ['number 1', '1, 5']],
    ['Apple', ['', 'Apple', 'text 1']],
  ],
  contains: [
    ['pp', ['apple', 'Apple', 'apple, pear', 'pear, apple']],
    ['%', ['a%e']],
    ['_', []],
    ['AR', ['apple, pear', 'pear, apple'], true],
    ['', ['', 'apple', 'Apple', 'a%e', 'text 1', 'apple, pear', 'pear, apple']],
  ],
  startsWith: [
    ['a%', ['a%e']],
    ['AP', []],
    ['AP', ['apple', 'Apple', 'apple, pear', 'pear, apple'], true],
  ],
  endsWith: [
    ['%e', ['a%e']],
    ['LE', []],
    ['LE', ['apple', 'Apple', 'apple, pear', 'pear, apple'], true],
  ],
  matches: [
    ['^a.*e$', ['apple', 'a%e', 'apple, pear', 'pear, apple']],
    ['^A', ['Apple']],
    ['^A', ['apple', 'Apple', 'a%e', 'apple, pear', 'pear, apple'], true],
    ['\\d', ['text 1']],
  ],
  hasAll: [
    [
      ['pear', 'apple'],
      ['apple, pear', 'pear, apple'],
    ],
    [['PEAR'], ['apple, pear', 'pear, apple'], true],
    [[5, 1, 5], ['1, 5']],
    [['5'], []],
    [[1, 'apple'], []],
    [[], ['apple, pear', 'pear, apple', '1, 5', 'no elements']],
  ],
  exists: [
    [true, allBut('nothing')],
    [false, ['nothing']],
  ],
};

const texts = ['apple', 'Apple', 'a%e', 'text 1'];
const TEXT_CASES: Record<keyof typeof TEXT_OPERATORS, Cases> = {
  eq: [
    ['apple', ['apple']],
    ['APPLE', ['apple', 'Apple'], true],
    ['', []],
  ],
  ne: [
    ['apple', allBut('apple')],
    ['APPLE', allBut('apple', 'Apple'), true],
  ],
  in: [
    [
      ['apple', 'a%e'],
      ['apple', 'a%e'],
    ],
    [[], []],
  ],
  notIn: [
    [['apple', 'a%e'], allBut('apple', 'a%e')],
    [[], all],
  ],
  contains: [
    ['%', ['a%e']],
    ['', texts],
    ['PP', ['apple', 'Apple'], true],
  ],
  startsWith: [
    ['A', ['Apple']],
    ['A', ['apple', 'Apple', 'a%e'], true],
  ],
  endsWith: [['%e', ['a%e']]],
  matches: [
    ['^.p+le$', ['apple', 'Apple']],
    ['^A.P', ['apple', 'Apple'], true],
  ],
  exists: [
    [true, texts],
    [false, allBut(...texts)],
  ],
};

const TIME_CASES: Record<keyof typeof TIME_OPERATORS, Cases> = {
  // The bounds themselves tell inclusive from exclusive.
  since: [[INSTANT, ['now', 'tomorrow']]],
  until: [[INSTANT, ['hour ago', 'week ago']]],
  withinLast: [
    [3_600_000, ['now', 'hour ago', 'tomorrow']],
    [3_599_999, ['now', 'tomorrow']],
  ],
  olderThan: [
    [3_600_000, ['week ago']],
    [3_599_999, ['hour ago', 'week ago']],
  ],
  exists: [
    [true, Object.keys(TIMES)],
    [false, []],
  ],
};

function rowsOf(table: object, cases: Record<string, Cases>) {
  // An operator that is added without cases here fails.
  return Object.keys(table).flatMap((operator) => {
    const own = cases[operator];
    if (own === undefined || own.length === 0) throw new Error(`the operator ${operator} has no cases`);
    return own.map(([operand, serials, ignoreCase]) => ({
      name: JSON.stringify({ [operator]: operand, ...(ignoreCase === true && { ignoreCase }) }),
      filter: { [operator]: operand, ...(ignoreCase === true && { ignoreCase }) },
      serials,
    }));
  });
}

describe('of an attribute', () => {
  test.each(rowsOf(ATTRIBUTE_OPERATORS, ATTRIBUTE_CASES))('$name', async ({ filter, serials }) => {
    expect(await found('v:', { attributes: [{ name: 'a', ...filter }] })).toEqual(serials);
  });
});

describe('of a text', () => {
  test.each(rowsOf(TEXT_OPERATORS, TEXT_CASES))('$name', async ({ filter, serials }) => {
    expect(await found('v:', { ownerRef: filter })).toEqual(serials);
  });
});

describe('of a time', () => {
  test.each(rowsOf(TIME_OPERATORS, TIME_CASES))('$name', async ({ filter, serials }) => {
    expect(await found('t:', { lastSeen: filter })).toEqual(serials);
  });

  test('devices that were never seen meet none of the four, and their negations', async () => {
    for (const test of [{ since: INSTANT }, { until: INSTANT }, { withinLast: 1_000 }, { olderThan: 1_000 }]) {
      expect(await found('v:', { lastSeen: test })).toEqual([]);
      expect(await found('v:', { not: { lastSeen: test } })).toEqual(all);
    }
  });
});

describe('together', () => {
  test('the operators of one filter must be met by one element', async () => {
    expect(await found('v:', { attributes: [{ name: 'a', gt: 1, lt: 5 }] })).toEqual(['number 2']);
    expect(
      await found('v:', {
        attributes: [
          { name: 'a', gt: 1 },
          { name: 'a', lt: 5 },
        ],
      }),
    ).toEqual(['number 2', '1, 5']);
  });

  test('hasAll must be met by one attribute, another filter by another one', async () => {
    const attributes = ['TAGS', 'INVENTORY'] as const;
    await createDevice(fleet.context(), {
      deviceSerial: 'h:halves',
      attributes: attributes.map((scope) => ({ name: 'half', scope, value: ['both', scope] })),
      ifExists: 'ERROR',
    });
    expect(await found('h:', { attributes: [{ name: 'half', hasAll: ['TAGS', 'INVENTORY'] }] })).toEqual([]);
    expect(await found('h:', { attributes: [{ name: 'half', hasAll: ['both', 'TAGS'] }] })).toEqual(['halves']);
    const each = attributes.map((scope) => ({ name: 'half', hasAll: [scope] }));
    expect(await found('h:', { attributes: each })).toEqual(['halves']);
  });

  test('ne speaks of every element, whatever the positive operators find', async () => {
    expect(await found('v:', { attributes: [{ name: 'a', gte: 1, ne: 5 }] })).toEqual(['number 1', 'number 2']);
  });
});
