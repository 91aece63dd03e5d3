import * as fc from 'fast-check';
import { AppError } from '../../../src/errors.js';
import {
  ATTRIBUTE_SCOPES,
  attributeTypeOf,
  isSameValue,
  parseAttributeValue,
  SCOPE_PRECEDENCE,
} from '../../../src/model/attribute-value.js';
import { NODE_TYPES, parseGlobalId, parseIdOfType, parseUuid, toGlobalId } from '../../../src/model/global-id.js';
import {
  parseAttributeName,
  parseDeviceSerial,
  parseGroupName,
  parseName,
  parseSlug,
  toSlug,
} from '../../../src/model/names.js';
import { productName } from '../../../src/model/product-names.js';
import { describe as describeInput, parseShortText, parseText, parseTextOfBytes } from '../../../src/model/text.js';
import { roleIncludes } from '../../../src/model/viewer.js';
import { fixtureValue } from '../../support/fixtures.js';
import { runs } from '../../support/property.js';

function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return `${error.code} ${error.field}`;
  }
}

describe('text', () => {
  test.each([
    ['plain', 'plain'],
    ['', ''],
    ['😀', '😀'],
    ['\u0001', '\u0001'],
    ['a\0b', 'BAD_USER_INPUT x'],
    ['\ud800', 'BAD_USER_INPUT x'],
    ['a\udc00', 'BAD_USER_INPUT x'],
    ['\udc00\ud800', 'BAD_USER_INPUT x'],
    [1, 'BAD_USER_INPUT x'],
    [null, 'BAD_USER_INPUT x'],
    [['a'], 'BAD_USER_INPUT x'],
    [{ toString: () => 'a' }, 'BAD_USER_INPUT x'],
  ])('%j gives %j', (input, expected) => {
    expect(outcome(() => parseText(input, 'x'))).toBe(expected);
  });

  test('short text is measured in characters, not in UTF-16 units', () => {
    expect(outcome(() => parseShortText('😀'.repeat(5), 'x', 5))).toBe('😀'.repeat(5));
    expect(outcome(() => parseShortText('😀'.repeat(6), 'x', 5))).toBe('LIMIT_EXCEEDED x');
    expect(outcome(() => parseShortText('', 'x', 5))).toBe('BAD_USER_INPUT x');
  });

  test('long text is measured in bytes of UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), fc.nat({ max: 30 }), (text, most) => {
        fc.pre(!text.includes('\0'));
        const fits = new TextEncoder().encode(text).length <= most;
        expect(outcome(() => parseTextOfBytes(text, 'x', most))).toBe(fits ? text : 'LIMIT_EXCEEDED x');
      }),
      runs(300),
    );
  });

  test('wrong values are named in the words of JSON', () => {
    expect([null, undefined, [], {}, 1, true, 'a'].map(describeInput)).toEqual([
      'null',
      'nothing',
      'an array',
      'an object',
      'a number',
      'a boolean',
      'a string',
    ]);
  });
});

describe('names', () => {
  const cases: [string, (input: unknown, field: string) => string, unknown, unknown][] = [
    ['serial', parseDeviceSerial, 'x'.repeat(1_024), 'x'.repeat(1_024)],
    ['serial', parseDeviceSerial, 'ä'.repeat(513), 'LIMIT_EXCEEDED x'],
    ['serial', parseDeviceSerial, '', 'BAD_USER_INPUT x'],
    ['serial', parseDeviceSerial, ' ', ' '],
    ['attribute name', parseAttributeName, ' Größe ', ' Größe '],
    ['attribute name', parseAttributeName, '__proto__', '__proto__'],
    ['attribute name', parseAttributeName, 'x'.repeat(1_025), 'LIMIT_EXCEEDED x'],
    ['attribute name', parseAttributeName, 'a\0', 'BAD_USER_INPUT x'],
    ['name', parseName, '😀'.repeat(256), '😀'.repeat(256)],
    ['name', parseName, '😀'.repeat(257), 'LIMIT_EXCEEDED x'],
    ['name', parseName, '', 'BAD_USER_INPUT x'],
    ['group', parseGroupName, 'A-z_0', 'A-z_0'],
    ['group', parseGroupName, 'a b', 'BAD_USER_INPUT x'],
    ['group', parseGroupName, 'a\n', 'BAD_USER_INPUT x'],
    ['group', parseGroupName, 'é', 'BAD_USER_INPUT x'],
    ['group', parseGroupName, 'a'.repeat(256), 'a'.repeat(256)],
    ['group', parseGroupName, 'a'.repeat(257), 'LIMIT_EXCEEDED x'],
    ['slug', parseSlug, 'a-_9', 'a-_9'],
    ['slug', parseSlug, '9', '9'],
    ['slug', parseSlug, '-a', 'BAD_USER_INPUT x'],
    ['slug', parseSlug, 'A', 'BAD_USER_INPUT x'],
    ['slug', parseSlug, 'a\n', 'BAD_USER_INPUT x'],
    ['slug', parseSlug, 'a'.repeat(64), 'a'.repeat(64)],
    ['slug', parseSlug, 'a'.repeat(65), 'BAD_USER_INPUT x'],
  ];

  test.each(cases)('a %s', (_, parse, input, expected) => {
    expect(outcome(() => parse(input, 'x'))).toBe(expected);
  });

  test('a slug that is made of a name is a slug, or the name is refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 200 })), (name) => {
        const slug = outcome(() => toSlug(name, 'x'));
        if (slug !== 'BAD_USER_INPUT x') expect(outcome(() => parseSlug(slug, 'y'))).toBe(slug);
      }),
      runs(300),
    );
    expect(toSlug('Früh & Co, Köln', 'x')).toBe('fruh-co-koln');
    expect(toSlug('--A--', 'x')).toBe('a');
    expect(toSlug(`${'a'.repeat(63)} b`, 'x')).toBe('a'.repeat(63));
    expect(outcome(() => toSlug('日本', 'x'))).toBe('BAD_USER_INPUT x');
  });
});

describe('values', () => {
  test.each([
    ['STRING', ''],
    ['NUMBER', 0],
    ['BOOLEAN', false],
    ['STRING_ARRAY', []],
    ['STRING_ARRAY', ['']],
    ['NUMBER_ARRAY', [0]],
  ] as const)('of type %s: %j', (type, value) => {
    expect(parseAttributeValue(value, 'x')).toEqual(value);
    expect(attributeTypeOf(value)).toBe(type);
  });

  test.each([
    [null, 'x'],
    [undefined, 'x'],
    [{}, 'x'],
    [Number.NaN, 'x'],
    [-Infinity, 'x'],
    [[1, 'a'], 'x[1]'],
    [['a', 1], 'x[1]'],
    [[1, Infinity], 'x[1]'],
    [['a', 'b\0'], 'x[1]'],
    [[true], 'x[0]'],
    [[[]], 'x[0]'],
    [[null], 'x[0]'],
  ])('refuses %j at %s', (value, field) => {
    expect(outcome(() => parseAttributeValue(value, 'x'))).toBe(`BAD_USER_INPUT ${field}`);
  });

  test('minus zero is zero, which has one text', () => {
    expect(Object.is(parseAttributeValue(-0, 'x'), 0)).toBe(true);
    expect(Object.is((parseAttributeValue([1, -0], 'x') as number[])[1], 0)).toBe(true);
  });

  test('are the same only if type, elements and order are', () => {
    fc.assert(
      fc.property(fixtureValue, fixtureValue, (a, b) => {
        expect(isSameValue(a, b)).toBe(JSON.stringify(a) === JSON.stringify(b));
        expect(isSameValue(a, structuredClone(a))).toBe(true);
      }),
      runs(500),
    );
    expect(isSameValue(1, '1')).toBe(false);
    expect(isSameValue(['a'], 'a')).toBe(false);
    expect(isSameValue(['a', 'b'], ['a'])).toBe(false);
  });

  test('every scope has its place in the order of precedence', () => {
    expect(SCOPE_PRECEDENCE).toEqual(['TAGS', 'INVENTORY', 'MONITOR', 'IDENTITY', 'SYSTEM']);
    expect(SCOPE_PRECEDENCE.toSorted()).toEqual(ATTRIBUTE_SCOPES.toSorted());
  });
});

describe('ids', () => {
  test('come back as they went out', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NODE_TYPES), fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }), (type, number) => {
        const id = String(number);
        expect(parseGlobalId(toGlobalId(type, id), 'x')).toEqual({ type, id });
        expect(parseIdOfType(type, toGlobalId(type, id), 'x')).toBe(id);
        expect(parseIdOfType(type === 'Device' ? 'Group' : 'Device', toGlobalId(type, id), 'x')).toBeNull();
      }),
      runs(200),
    );
  });

  const encode = (text: string) => Buffer.from(text).toString('base64url');

  test.each(
    [
      null,
      1,
      '',
      '1',
      'Device:1',
      encode('Device'),
      encode('Device:'),
      encode('Device:0'),
      encode('Device:-1'),
      encode('Device:01'),
      encode('Device:1 '),
      encode('Device:1\n'),
      encode('Device:1e3'),
      encode('Device:9223372036854775808'),
      encode(`Device:${'1'.repeat(1_000)}`),
      encode('device:1'),
      encode('constructor:1'),
      encode('Cohort:1; drop table device'),
      `${encode('Device:1')}=`,
      `${encode('Device:1')} `,
      `${encode('Device:1')}\0`,
      Buffer.from('Device:11').toString('base64'),
      '😀',
    ].filter((id) => id !== encode('Device:11')),
  )('%j is none', (id) => {
    expect(outcome(() => parseGlobalId(id, 'x'))).toBe('BAD_USER_INPUT x');
  });

  test('uuids are lower case, and nothing else is one', () => {
    const uuid = '7a88177e-62dc-4e6a-b472-606defdcf375';
    expect(parseUuid(uuid.toUpperCase(), 'x')).toBe(uuid);
    for (const input of [null, '', `${uuid}0`, ` ${uuid}`, `${uuid}\n`, uuid.replaceAll('-', ''), `{${uuid}}`]) {
      expect(outcome(() => parseUuid(input, 'x'))).toBe('BAD_USER_INPUT x');
    }
  });
});

test('the market name of a model is known for Apple, in any letter case of the manufacturer', () => {
  expect(productName('Apple', 'iPhone1,1')).toBe('iPhone');
  expect(productName('APPLE', 'iPhone1,1')).toBe('iPhone');
  expect(productName('Apple', 'iphone1,1')).toBeNull();
  expect(productName('Apple', 'constructor')).toBeNull();
  expect(productName('constructor', 'iPhone1,1')).toBeNull();
  expect(productName('Acme', 'iPhone1,1')).toBeNull();
  expect(productName(null, 'iPhone1,1')).toBeNull();
  expect(productName('Apple', null)).toBeNull();
});

test('a role includes the rights of those before it, and no others', () => {
  const roles = ['READER', 'WRITER', 'ADMIN'] as const;
  for (const [index, role] of roles.entries()) {
    expect(roles.filter((least) => roleIncludes(role, least))).toEqual(roles.slice(0, index + 1));
  }
});
