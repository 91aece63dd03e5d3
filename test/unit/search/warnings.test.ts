import type { AttributeKey, AttributeKeyIdentity } from '../../../src/attributes/keys.js';
import { parseOrder } from '../../../src/search/order.js';
import { parseFilter } from '../../../src/search/parse-filter.js';
import { SearchReport } from '../../../src/search/search-report.js';
import { attributeWarnings, warnAbout, warnAboutFacet, warnAboutStatistics } from '../../../src/search/warnings.js';

function keysOf(...identities: (Pick<AttributeKeyIdentity, 'name' | 'type'> & Partial<AttributeKeyIdentity>)[]) {
  return identities.map((one, index): AttributeKey => ({ id: index, scope: 'INVENTORY', source: 'api', ...one }));
}

const KEYS = keysOf(
  { name: 'os', type: 'STRING' },
  { name: 'load', type: 'NUMBER' },
  { name: 'flag', type: 'BOOLEAN' },
  { name: 'ports', type: 'STRING_ARRAY' },
  { name: 'sizes', type: 'NUMBER_ARRAY' },
  { name: 'none', type: 'EMPTY_ARRAY' },
  { name: 'mixed', type: 'STRING' },
  { name: 'mixed', type: 'NUMBER', scope: 'TAGS' },
  { name: 'far', type: 'NUMBER', scope: 'MONITOR', source: 'memfault' },
);

/** Code and path of each warning of a filter that has one attribute test. */
function warningsOf(test: Record<string, unknown>): string[] {
  return attributeWarnings(parseFilter({ attributes: [test] }), [], KEYS).map(({ code, path }) => `${code} ${path}`);
}

const UNKNOWN = ['UNKNOWN_ATTRIBUTE filter.attributes[0].name'];
const NEVER = ['TYPE_NEVER_SEEN filter.attributes[0].name'];

test.each<[Record<string, unknown>, string[]]>([
  [{ name: 'os', eq: 'linux' }, []],
  [{ name: 'os', eq: 5 }, NEVER],
  [{ name: 'os', ne: 5 }, NEVER],
  [{ name: 'os', in: [5, 'x'] }, []],
  [{ name: 'os', in: [5, true] }, NEVER],
  [{ name: 'os', in: [] }, []],
  [{ name: 'os', eq: ['a'] }, NEVER],
  [{ name: 'os', hasAll: ['a'] }, NEVER],
  [{ name: 'os', hasAll: [] }, NEVER],
  [{ name: 'os', exists: false }, []],
  [{ name: 'os', gt: 'a', lt: 5 }, NEVER],
  [{ name: 'load', gt: 5 }, []],
  [{ name: 'load', gt: 'x' }, NEVER],
  [{ name: 'load', contains: '5' }, NEVER],
  [{ name: 'load', matches: '5' }, NEVER],
  [{ name: 'load', startsWith: '5' }, NEVER],
  [{ name: 'load', endsWith: '5' }, NEVER],
  [{ name: 'load', eq: [] }, NEVER],
  [{ name: 'flag', eq: true }, []],
  [{ name: 'flag', eq: 'true' }, NEVER],
  [{ name: 'ports', eq: '80' }, []],
  [{ name: 'ports', contains: '8' }, []],
  [{ name: 'ports', eq: 80 }, NEVER],
  [{ name: 'ports', eq: ['80'] }, []],
  [{ name: 'ports', eq: [80] }, NEVER],
  [{ name: 'ports', hasAll: ['80'] }, []],
  [{ name: 'ports', hasAll: [80] }, NEVER],
  [{ name: 'ports', hasAll: [true] }, NEVER],
  [{ name: 'ports', hasAll: ['80', 80] }, NEVER],
  [{ name: 'sizes', lt: 1 }, []],
  [{ name: 'sizes', eq: [] }, []],
  [{ name: 'sizes', hasAll: [] }, []],
  [{ name: 'none', eq: [] }, []],
  [{ name: 'none', eq: 'a' }, []],
  [{ name: 'none', eq: 1 }, NEVER],
  [{ name: 'mixed', eq: 'a', scope: 'TAGS' }, NEVER],
  [{ name: 'mixed', eq: 'a' }, []],
  [{ name: 'mixed', eq: 1, source: 'api' }, []],
  [{ name: 'Os', eq: 'linux' }, UNKNOWN],
  [{ name: 'constructor', exists: false }, UNKNOWN],
  [{ name: 'os', eq: 'linux', scope: 'TAGS' }, UNKNOWN],
  [{ name: 'os', eq: 'linux', source: 'mender' }, UNKNOWN],
])('of %j: %j', (filter, expected) => {
  expect(warningsOf(filter)).toEqual(expected);
});

test('are found in every corner of a filter, each with its path', () => {
  const filter = parseFilter(
    {
      and: [
        {
          or: [
            {
              attributes: [
                { name: 'os', eq: 'a' },
                { name: 'x', gt: 1, hasAll: ['a'], exists: true },
              ],
            },
          ],
        },
      ],
      not: { not: { attributes: [{ name: 'y', notIn: [1] }] } },
      testMode: true,
    },
    'input.devices.filter',
  );
  const order = parseOrder([{ field: 'STATE' }, { attribute: { name: 'z' } }, { attribute: { name: 'os' } }]);
  expect(attributeWarnings(filter, order, KEYS).map(({ path, name }) => [path, name])).toEqual([
    ['input.devices.filter.and[0].or[0].attributes[1].name', 'x'],
    ['input.devices.filter.and[0].or[0].attributes[1].name', 'x'],
    ['input.devices.filter.and[0].or[0].attributes[1].name', 'x'],
    ['input.devices.filter.not.not.attributes[0].name', 'y'],
    ['orderBy[1].attribute.name', 'z'],
  ]);
});

test('say which types there are, and that an empty array is one of strings', () => {
  const filter = parseFilter({ attributes: [{ name: 'mixed', eq: true }, { name: 'none', gt: 1 }] }); // prettier-ignore
  expect(attributeWarnings(filter, [], KEYS)).toEqual([
    {
      code: 'TYPE_NEVER_SEEN',
      message:
        'filter.attributes[0].name: values of "mixed" have been STRING, NUMBER; never BOOLEAN, which is asked for',
      path: 'filter.attributes[0].name',
      name: 'mixed',
      types: ['STRING', 'NUMBER'],
    },
    {
      code: 'TYPE_NEVER_SEEN',
      message:
        'filter.attributes[1].name: values of "none" have been STRING_ARRAY; never NUMBER or NUMBER_ARRAY, which is asked for',
      path: 'filter.attributes[1].name',
      name: 'none',
      types: ['STRING_ARRAY'],
    },
  ]);
});

test('say where a name is known that is asked for elsewhere', () => {
  const filter = parseFilter({ attributes: [{ name: 'far', exists: true, scope: 'TAGS', source: 'api' }] });
  expect(attributeWarnings(filter, [], KEYS)).toEqual([
    {
      code: 'UNKNOWN_ATTRIBUTE',
      message:
        'filter.attributes[0].name: no device ever had an attribute "far" in scope TAGS from source "api"; it is known in scope MONITOR, from source "memfault"',
      path: 'filter.attributes[0].name',
      name: 'far',
      scopes: ['MONITOR'],
      sources: ['memfault'],
    },
  ]);
});

test('echo no more than the beginning of a long name in their text, and ten sources', () => {
  const name = 'n'.repeat(1_024);
  const keys = keysOf(
    ...Array.from({ length: 50 }, (_, index) => ({ name, type: 'STRING' as const, source: `s${index}`.repeat(50) })),
  );
  const [warning] = attributeWarnings(parseFilter({ attributes: [{ name, eq: 'a', source: 'x' }] }), [], keys);
  expect(warning?.sources).toHaveLength(10);
  expect(warning?.message.length).toBeLessThan(2_000);
  expect(warning?.name).toBe(name);
});

test('of facets and statistics are of their attribute', () => {
  const report = new SearchReport({ wantsPlan: false });
  warnAboutFacet({ report }, { name: 'nope' }, []);
  warnAboutFacet({ report }, { name: 'os' }, KEYS);
  warnAboutStatistics({ report }, { name: 'os' }, KEYS);
  warnAboutStatistics({ report }, { name: 'sizes' }, KEYS);
  expect(report.warnings).toMatchObject([
    { code: 'UNKNOWN_ATTRIBUTE', path: 'by.attribute.name', name: 'nope' },
    { code: 'TYPE_NEVER_SEEN', path: 'attribute.name', name: 'os', types: ['STRING'] },
  ]);
});

test('go into the report of the operation, and nowhere if it has none', () => {
  const report = new SearchReport({ wantsPlan: false });
  const filter = parseFilter({ attributes: [{ name: 'nope', exists: true }] });
  warnAbout({ report }, filter, parseOrder([{ attribute: { name: 'nor this' } }]), KEYS);
  warnAbout({}, filter, [], KEYS);
  expect(report.warnings.map(({ name }) => name)).toEqual(['nope', 'nor this']);
});
