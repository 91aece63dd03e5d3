import { AppError } from '../../../src/errors.js';
import { toGlobalId } from '../../../src/model/global-id.js';
import { MAX_FILTER_DEPTH, MAX_FILTER_TERMS, parseFilter, parseTextFilter } from '../../../src/search/parse-filter.js';
import { ATTRIBUTE_OPERATORS, TEXT_OPERATORS, TIME_OPERATORS } from '../../../src/search/operators.js';

/** `code path` of a refusal, as a caller sees it. */
function refusal(input: unknown): string {
  try {
    parseFilter(input);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // Wherever only messages are shown, the path helps too.
    expect(error.message.startsWith(`${error.field}: `)).toBe(true);
    return `${error.code} ${error.field}`;
  }
  return 'accepted';
}

const bad = (path: string) => `BAD_USER_INPUT filter${path}`;
const limit = (path: string) => `LIMIT_EXCEEDED filter${path}`;
const json = (text: string): unknown => JSON.parse(text);
const attribute = (operators: object) => ({ attributes: [{ name: 'a', ...operators }] });
const nested = (depth: number, key: 'and' | 'or' | 'not'): object => {
  let filter: object = { testMode: true };
  for (let level = 1; level < depth; level += 1) filter = { [key]: key === 'not' ? filter : [filter] };
  return filter;
};

test('an absent filter is that of all devices', () => {
  expect(parseFilter(undefined)).toEqual({ kind: 'and', parts: [] });
});

describe('refuses', () => {
  const cases: [string, unknown, string][] = [
    ['null', null, bad('')],
    ['an empty object', {}, bad('')],
    ['an object whose only field is undefined', { testMode: undefined }, bad('')],
    ['a string', 'testMode', bad('')],
    ['an array', [], bad('')],
    ['an unknown field', { tesMode: true }, bad('.tesMode')],
    ['a field of what is not built yet', { hasConflict: true }, bad('.hasConflict')],
    ['the inherited name constructor', { constructor: { eq: 'a' } }, bad('.constructor')],
    ['the inherited name toString', { toString: { eq: 'a' } }, bad('.toString')],
    ['the own name __proto__', json('{"__proto__": {"testMode": true}}'), bad('.__proto__')],
    ['the own name __proto__ beside a good one', json('{"testMode": true, "__proto__": {}}'), bad('.__proto__')],
    ['null in a field', { ownerRef: null }, bad('.ownerRef')],
    ['null beside a good field', { testMode: true, ownerRef: null }, bad('.ownerRef')],
    ['an empty object in a field', { ownerRef: {} }, bad('.ownerRef')],
    ['a text filter with only ignoreCase', { ownerRef: { ignoreCase: true } }, bad('.ownerRef')],
    ['a text where an object belongs', { ownerRef: 'a' }, bad('.ownerRef')],
    ['an unknown operator of a text', { ownerRef: { equals: 'a' } }, bad('.ownerRef.equals')],
    ['an operator of attributes on a text', { ownerRef: { gt: 'a' } }, bad('.ownerRef.gt')],
    ['the inherited operator constructor', { ownerRef: { constructor: 'a' } }, bad('.ownerRef.constructor')],
    ['the own operator __proto__', { ownerRef: json('{"__proto__": "a"}') }, bad('.ownerRef.__proto__')],
    ['an operator that is null', { ownerRef: { eq: null } }, bad('.ownerRef.eq')],
    ['a number for a text', { ownerRef: { eq: 1 } }, bad('.ownerRef.eq')],
    ['a text for a list', { ownerRef: { in: 'a' } }, bad('.ownerRef.in')],
    ['null in a list', { ownerRef: { in: ['a', null] } }, bad('.ownerRef.in[1]')],
    ['a text for exists', { ownerRef: { exists: 'true' } }, bad('.ownerRef.exists')],
    ['a text for ignoreCase', { ownerRef: { eq: 'a', ignoreCase: 'yes' } }, bad('.ownerRef.ignoreCase')],
    ['NUL in a text', { ownerRef: { contains: 'a\0' } }, bad('.ownerRef.contains')],
    ['an unpaired surrogate', { ownerRef: { in: ['a', '\udc00'] } }, bad('.ownerRef.in[1]')],
    ['a text for testMode', { testMode: 'true' }, bad('.testMode')],
    ['a text for hasGroup', { hasGroup: 1 }, bad('.hasGroup')],
    ['an unknown state', { state: ['ACTIVE', 'active'] }, bad('.state[1]')],
    ['a state that is no list', { state: 'ACTIVE' }, bad('.state')],
    ['a malformed id', { ids: [toGlobalId('Device', '1'), '1'] }, bad('.ids[1]')],
    ['a time as text', { lastSeen: { since: '2026-01-01T00:00:00Z' } }, bad('.lastSeen.since')],
    ['no time', { lastSeen: { until: new Date(Number.NaN) } }, bad('.lastSeen.until')],
    ['an endless duration', { lastSeen: { withinLast: Infinity } }, bad('.lastSeen.withinLast')],
    ['an operator of texts on a time', { lastSeen: { eq: new Date() } }, bad('.lastSeen.eq')],
    ['ignoreCase on a time', { lastSeen: { exists: true, ignoreCase: true } }, bad('.lastSeen.ignoreCase')],
    ['and that is no list', { and: { testMode: true } }, bad('.and')],
    ['null in and', { and: [{ testMode: true }, null] }, bad('.and[1]')],
    ['an empty object in or', { or: [{ testMode: true }, {}] }, bad('.or[1]')],
    ['not of a list', { not: [{ testMode: true }] }, bad('.not')],
    ['not of an empty object', { not: {} }, bad('.not')],
    ['an unknown field far inside', { and: [{ or: [{ not: { tesMode: true } }] }] }, bad('.and[0].or[0].not.tesMode')],
    ['attributes that are no list', { attributes: { name: 'a', eq: 1 } }, bad('.attributes')],
    ['an attribute that is null', { attributes: [null] }, bad('.attributes[0]')],
    ['an attribute without a name', { attributes: [{ eq: 1 }] }, bad('.attributes[0].name')],
    ['an attribute with an empty name', { attributes: [{ name: '', eq: 1 }] }, bad('.attributes[0].name')],
    ['an attribute without an operator', attribute({}), bad('.attributes[0]')],
    ['ignoreCase as if it were an operator', attribute({ ignoreCase: true }), bad('.attributes[0]')],
    ['scope as if it were an operator', attribute({ scope: 'TAGS', source: 'api' }), bad('.attributes[0]')],
    ['an unknown scope', attribute({ eq: 1, scope: 'tags' }), bad('.attributes[0].scope')],
    ['an inherited scope', attribute({ eq: 1, scope: 'constructor' }), bad('.attributes[0].scope')],
    ['an empty source', attribute({ eq: 1, source: '' }), bad('.attributes[0].source')],
    ['a null value', attribute({ eq: null }), bad('.attributes[0].eq')],
    ['an object as a value', attribute({ eq: {} }), bad('.attributes[0].eq')],
    ['a mixed array', attribute({ eq: ['a', 1] }), bad('.attributes[0].eq[1]')],
    ['a nested array', attribute({ eq: [['a']] }), bad('.attributes[0].eq[0]')],
    ['an array of booleans', attribute({ eq: [true] }), bad('.attributes[0].eq[0]')],
    ['an object in a list', attribute({ in: [1, {}] }), bad('.attributes[0].in[1]')],
    ['NUL in an array in a list', attribute({ notIn: [1, ['a', '\0']] }), bad('.attributes[0].notIn[1][1]')],
    ['NaN', attribute({ gt: Number.NaN }), bad('.attributes[0].gt')],
    ['an integer that would be rounded', attribute({ eq: Infinity }), bad('.attributes[0].eq')],
    ['a comparison with a boolean', attribute({ gt: true }), bad('.attributes[0].gt')],
    ['a comparison with an array', attribute({ lte: [1] }), bad('.attributes[0].lte')],
    ['a comparison with an object', attribute({ lt: { valueOf: 1 } }), bad('.attributes[0].lt')],
    ['a number in contains', attribute({ contains: 1 }), bad('.attributes[0].contains')],
    ['an array within hasAll', attribute({ hasAll: [['a']] }), bad('.attributes[0].hasAll[0]')],
    ['hasAll of one value', attribute({ hasAll: 'a' }), bad('.attributes[0].hasAll')],
    ['the inherited operator valueOf', attribute({ valueOf: 1 }), bad('.attributes[0].valueOf')],
    ['an unknown operator beside a good one', attribute({ eq: 1, near: 2 }), bad('.attributes[0].near')],
    ['an empty expression', attribute({ matches: '' }), bad('.attributes[0].matches')],
    ['an expression in another dialect', attribute({ matches: '***=a' }), bad('.attributes[0].matches')],
    ['an expression with embedded options', attribute({ matches: '(?i)a' }), bad('.attributes[0].matches')],
    ['an expression with several of them', { ownerRef: { matches: '(?xn)a' } }, bad('.ownerRef.matches')],
    ['an expression of 201 characters', attribute({ matches: 'a'.repeat(201) }), limit('.attributes[0].matches')],
    ['a name of 1,025 bytes', { attributes: [{ name: 'a'.repeat(1_025), eq: 1 }] }, limit('.attributes[0].name')],
    ['a value of 16 KiB and a byte', attribute({ eq: 'a'.repeat(16_385) }), limit('.attributes[0].eq')],
    ['an array of 1,001 elements', attribute({ eq: Array.from({ length: 1_001 }, () => 1) }), limit('.attributes[0].eq')],
    ['a list of 1,001 values', attribute({ in: Array.from({ length: 1_001 }, () => 1) }), limit('.attributes[0].in')],
    ['a list of 1,001 texts', { ownerRef: { notIn: Array.from({ length: 1_001 }, () => 'a') } }, limit('.ownerRef.notIn')],
    ['1,001 ids', { ids: Array.from({ length: 1_001 }, () => toGlobalId('Device', '1')) }, limit('.ids')],
    ['1,001 states', { state: Array.from({ length: 1_001 }, () => 'ACTIVE') }, limit('.state')],
    ['1,001 parts', { and: Array.from({ length: 1_001 }, () => ({ and: [] })) }, limit('.and')],
    ['1,001 attributes', { attributes: Array.from({ length: 1_001 }, () => ({ name: 'a', eq: 1 })) }, limit('.attributes')],
    ['101 operators', { attributes: Array.from({ length: 101 }, () => ({ name: 'a', eq: 1 })) }, limit('')],
    ['101 operators in all corners', { or: [{ attributes: Array.from({ length: 60 }, () => ({ name: 'a', eq: 1 })) }, { not: { ids: [], state: [], testMode: true, hasGroup: true, and: Array.from({ length: 37 }, () => ({ ownerRef: { eq: 'a' } })) } }] }, limit('')],
    ['not, 11 deep', nested(11, 'not'), limit('.not'.repeat(10))],
    ['and, 11 deep', nested(11, 'and'), limit('.and[0]'.repeat(10))],
    ['or, 10,000 deep', nested(10_000, 'or'), limit('.or[0]'.repeat(10))],
  ]; // prettier-ignore

  test.each(cases)('%s', (_, input, expected) => {
    expect(refusal(input)).toBe(expected);
  });
});

describe('accepts', () => {
  const cases: [string, unknown][] = [
    [`${MAX_FILTER_TERMS} operators`, { attributes: Array.from({ length: 100 }, () => ({ name: 'a', eq: 1 })) }],
    [`not, ${MAX_FILTER_DEPTH} deep`, nested(10, 'not')],
    ['lists of 1,000', attribute({ in: Array.from({ length: 1_000 }, () => 1) })],
    ['an array of 1,000 elements', attribute({ eq: Array.from({ length: 1_000 }, () => 'a') })],
    ['a value of 16 KiB', attribute({ eq: 'ä'.repeat(8_192) })],
    ['an expression of 200 characters', attribute({ matches: 'a'.repeat(200) })],
    ['groups and lookarounds of expressions', attribute({ matches: '(?=a)(?:b|c)(?!d)' })],
    ['names that objects inherit', { attributes: [{ name: '__proto__', eq: 1 }, { name: 'constructor', eq: 1 }] }],
    ['keys that are undefined', { testMode: true, ownerRef: undefined }],
    ['an id of another type, which no device has', { ids: [toGlobalId('Group', '1')] }],
  ]; // prettier-ignore

  test.each(cases)('%s', (_, input) => {
    expect(refusal(input)).toBe('accepted');
  });
});

test('the positive operators of one filter speak of one value, the others of the device', () => {
  const parsed = parseFilter(
    attribute({ gt: 1, lt: 5, ne: 3, notIn: [4], exists: true, scope: 'TAGS', source: 'api' }),
  );
  const name = { name: 'a', scope: 'TAGS', source: 'api', path: 'filter.attributes[0].name' };
  const value = (tests: unknown[]) => ({ kind: 'attribute', ...name, tests, ignoreCase: false });
  expect(parsed).toEqual({
    kind: 'and',
    parts: [
      value([
        { operator: 'gt', value: 1 },
        { operator: 'lt', value: 5 },
      ]),
      { kind: 'not', part: value([{ operator: 'in', values: [3] }]) },
      { kind: 'not', part: value([{ operator: 'in', values: [4] }]) },
      { kind: 'attributeExists', ...name },
    ],
  });
});

test('the operators are those of the contract', () => {
  expect(Object.keys(ATTRIBUTE_OPERATORS)).toEqual([
    'eq', 'ne', 'in', 'notIn', 'gt', 'gte', 'lt', 'lte', 'contains', 'startsWith', 'endsWith', 'matches', 'hasAll', 'exists',
  ]); // prettier-ignore
  expect(Object.keys(TEXT_OPERATORS)).toEqual([
    'eq', 'ne', 'in', 'notIn', 'contains', 'startsWith', 'endsWith', 'matches', 'exists',
  ]); // prettier-ignore
  expect(Object.keys(TIME_OPERATORS)).toEqual(['since', 'until', 'withinLast', 'olderThan', 'exists']);
});

test('a filter of a list is read by the same rules, from its own path', () => {
  expect(parseTextFilter(undefined, 'cohort', 'slug')).toEqual({ kind: 'and', parts: [] });
  for (const [input, path] of [
    [null, 'slug'],
    [{}, 'slug'],
    [{ equals: 'a' }, 'slug.equals'],
    [{ eq: null }, 'slug.eq'],
  ] as const) {
    expect(() => parseTextFilter(input, 'cohort', 'slug')).toThrow(expect.objectContaining({ field: path }));
  }
});
