import { createDevice, setDeviceAttributes } from '../../../src/changes/device.js';
import { reportAttributes } from '../../../src/changes/report.js';
import { deleteDevices, setAttributesOfDevices } from '../../../src/changes/bulk.js';
import { createGroup } from '../../../src/changes/group.js';
import { sql } from '../../../src/database/sql.js';
import { AppError } from '../../../src/errors.js';
import { parseOrder } from '../../../src/search/order.js';
import { parsePage } from '../../../src/search/page.js';
import { parseFilter, parseTextFilter } from '../../../src/search/parse-filter.js';
import { countDevices } from '../../../src/search/count.js';
import { searchDevices } from '../../../src/search/search.js';
import { COHORT_LIST, pageOfList } from '../../../src/search/lists.js';
import { createFleet, type Fleet } from '../../support/fleet.js';
import type { FilterInput, OrderInput } from '../../support/matches.js';

/** Texts that have broken other programs, each stored as one device's serial, value, attribute name and owner. */
const TEXTS = [
  `'; drop table device; --`,
  `" or ""="`,
  `\\'; drop table device; --`,
  `$1`,
  `$$; drop table device; $$`,
  `%`,
  `_`,
  `\\`,
  `a\\`,
  `\\%`,
  `{}`,
  `{"a":1}`,
  `[1]`,
  `{a,b}`,
  `NULL`,
  `null`,
  `constructor`,
  `__proto__`,
  `toString`,
  `/* comment */`,
  `-- comment`,
  `\u202E rtl`,
  `e\u0301`,
  `\u0001\u001F\u007F`,
  `\r\n\t`,
  `😀\u{10FFFF}`,
  `<script>alert(1)</script>`,
  `\${process.exit(1)}`,
  `' || pg_sleep(10) || '`,
];

let fleet: Fleet;
beforeAll(async () => {
  fleet = await createFleet();
  for (const text of TEXTS) {
    await createDevice(fleet.context(), {
      deviceSerial: text,
      ownerRef: text,
      attributes: [
        { name: text, value: text, scope: 'TAGS', description: text },
        { name: 'list', value: ['plain', text], scope: 'TAGS' },
      ],
      ifExists: 'ERROR',
    });
  }
});
afterAll(() => fleet.stop());

/** Whatever came in: the tables are there, with all of their rows. */
afterEach(async () => {
  const [count] = await fleet.rows<{ count: number }>(sql`select count(*)::integer as count from device`);
  expect(count).toEqual({ count: TEXTS.length });
});

async function found(filter: unknown, order?: OrderInput[]): Promise<string[]> {
  const search = { filter: parseFilter(filter), order: parseOrder(order) };
  const page = await searchDevices(fleet.context(), search, parsePage({ first: 500 }));
  expect(await countDevices(fleet.context(), search.filter)).toBe(page.rows.length);
  return page.rows.map(({ deviceSerial }) => deviceSerial);
}

async function refusal(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return `${error.code} ${error.field}`;
  }
  return 'accepted';
}

describe('a text is taken literally, finding its own device and no other', () => {
  test.each(TEXTS)('%j', async (text) => {
    const own = [text];
    const containing = TEXTS.filter((one) => one.includes(text));
    expect(await found({ deviceSerial: { eq: text } })).toEqual(own);
    expect(await found({ ownerRef: { in: [text] } })).toEqual(own);
    expect(await found({ ownerRef: { contains: text } })).toEqual(containing);
    expect(await found({ ownerRef: { startsWith: text } })).toEqual(TEXTS.filter((one) => one.startsWith(text)));
    expect(await found({ ownerRef: { endsWith: text } })).toEqual(TEXTS.filter((one) => one.endsWith(text)));
    expect(await found({ attributes: [{ name: text, eq: text }] })).toEqual(own);
    expect(await found({ attributes: [{ name: text, exists: true }] })).toEqual(own);
    expect(await found({ attributes: [{ name: 'list', eq: text }] })).toEqual(own);
    expect(await found({ attributes: [{ name: 'list', eq: ['plain', text] }] })).toEqual(own);
    expect(await found({ attributes: [{ name: 'list', hasAll: [text, 'plain'] }] })).toEqual(own);
    expect(await found({ attributes: [{ name: 'list', contains: text }] })).toEqual(
      TEXTS.filter((one) => one.includes(text) || 'plain'.includes(text)),
    );
    expect(await found({ attributes: [{ name: 'list', exists: true, source: text }] })).toEqual([]);
    expect(await found({ cohort: { eq: text } })).toEqual([]);
    expect((await found(undefined, [{ attribute: { name: text } }]))[0]).toBe(text);
  });
});

describe('what cannot be stored is refused, before the database sees it', () => {
  const bad = ['a\0b', '\0', '\ud800', 'a\udc00', '\udc00\ud800'];

  test.each(bad)('%j', async (text) => {
    const statements = fleet.statements.length;
    const filters: [FilterInput, string][] = [
      [{ deviceSerial: { eq: text } }, 'filter.deviceSerial.eq'],
      [{ ownerRef: { notIn: ['a', text] } }, 'filter.ownerRef.notIn[1]'],
      [{ group: { matches: text } }, 'filter.group.matches'],
      [{ attributes: [{ name: text, exists: true }] }, 'filter.attributes[0].name'],
      [{ attributes: [{ name: 'a', exists: true, source: text }] }, 'filter.attributes[0].source'],
      [{ attributes: [{ name: 'a', eq: [text] }] }, 'filter.attributes[0].eq[0]'],
      [{ attributes: [{ name: 'a', hasAll: ['a', text] }] }, 'filter.attributes[0].hasAll[1]'],
      [{ attributes: [{ name: 'a', gt: text }] }, 'filter.attributes[0].gt'],
    ];
    for (const [filter, field] of filters) expect(await refusal(() => found(filter))).toBe(`BAD_USER_INPUT ${field}`);
    const context = fleet.context();
    const attribute = { name: 'a', value: 1, scope: 'TAGS' as const };
    const writes: [() => unknown, string][] = [
      [() => createDevice(context, { deviceSerial: text, ifExists: 'ERROR' }), 'input.deviceSerial'],
      [() => createDevice(context, { deviceSerial: 'x', ownerRef: text, ifExists: 'ERROR' }), 'input.ownerRef'],
      [() => createGroup(context, { name: text, ifExists: 'ERROR' }), 'input.name'],
      [
        () =>
          setDeviceAttributes(context, {
            deviceSerial: '%',
            attributes: [{ ...attribute, description: text }],
            mode: 'MERGE',
            scope: 'TAGS',
          }),
        'input.attributes[0].description',
      ],
      [
        () =>
          reportAttributes(context, {
            reports: [{ deviceSerial: 'x', attributes: [{ ...attribute, value: ['a', text] }] }],
            createMissing: true,
          }),
        'input.reports[0].attributes[0].value[1]',
      ],
      [
        () => deleteDevices(context, { devices: { deviceSerials: ['x', text] }, dryRun: false }),
        'input.devices.deviceSerials[1]',
      ],
      [() => found(undefined, [{ attribute: { name: text } }]), 'orderBy[0].attribute.name'],
    ];
    for (const [write, field] of writes) expect(await refusal(write)).toBe(`BAD_USER_INPUT ${field}`);
    expect(fleet.statements.slice(statements)).toEqual([]);
  });
});

describe('too much is refused by its size, before the database sees it', () => {
  const deep = (text: (inner: string) => string, levels: number) => {
    let json = '{"testMode":true}';
    for (let level = 0; level < levels; level += 1) json = text(json);
    return JSON.parse(json) as unknown;
  };
  const hundredThousand = <T>(value: T): T[] => Array.from({ length: 100_000 }, () => value);

  const cases: [string, () => unknown, string][] = [
    ['not, 10,000 deep', () => deep((inner) => `{"not":${inner}}`, 5_000), `filter${'.not'.repeat(10)}`],
    ['and, 5,000 deep', () => deep((inner) => `{"and":[${inner}]}`, 2_500), `filter${'.and[0]'.repeat(10)}`],
    ['100,000 parts of or', () => ({ or: hundredThousand({ testMode: true }) }), 'filter.or'],
    ['100,000 attributes', () => ({ attributes: hundredThousand({ name: 'a', eq: 1 }) }), 'filter.attributes'],
    ['100,000 values', () => ({ attributes: [{ name: 'a', in: hundredThousand('a') }] }), 'filter.attributes[0].in'],
    ['100,000 elements', () => ({ attributes: [{ name: 'a', eq: hundredThousand(1) }] }), 'filter.attributes[0].eq'],
    ['100,000 texts', () => ({ deviceSerial: { notIn: hundredThousand('a') } }), 'filter.deviceSerial.notIn'],
    ['100,000 ids', () => ({ ids: hundredThousand('RGV2aWNlOjE') }), 'filter.ids'],
    ['10 MB of text', () => ({ attributes: [{ name: 'a', eq: 'a'.repeat(10_000_000) }] }), 'filter.attributes[0].eq'],
    ['a name of 10 MB', () => ({ attributes: [{ name: 'a'.repeat(10_000_000), eq: 1 }] }), 'filter.attributes[0].name'],
  ]; // prettier-ignore

  test.each(cases)('%s', async (_, make, field) => {
    const statements = fleet.statements.length;
    expect(await refusal(() => found(make()))).toBe(`LIMIT_EXCEEDED ${field}`);
    expect(fleet.statements.slice(statements)).toEqual([]);
  });

  test('parts that say nothing are counted too, and refused beyond a thousand', async () => {
    const wide = (count: number) => ({ and: Array.from({ length: count }, () => ({ or: [{ and: [] }, { or: [] }] })) });
    expect(await found(wide(333))).toHaveLength(TEXTS.length);
    expect(await refusal(() => found(wide(334)))).toBe('LIMIT_EXCEEDED filter');
  });
});

describe('regular expressions', () => {
  test.each([
    '(',
    '[',
    'a{2,1}',
    'a**',
    '\\',
    '[[:nothing:]]',
    'a{256}',
    '(\\w{1,255}x){1,255}',
    '((((a{1,30}){1,30}){1,30}){1,30})',
    '[b-a]',
    '(?<=(?',
  ])('that are bad are refused with their path: %j', async (pattern) => {
    const filter = {
      not: { or: [{ ownerRef: { matches: 'fine' } }, { attributes: [{ name: 'nobody has it', matches: pattern }] }] },
    };
    const expected = 'BAD_USER_INPUT filter.not.or[1].attributes[0].matches';
    expect(await refusal(() => found(filter))).toBe(expected);
    const set = { devices: { filter }, attributes: [{ name: 'a', value: 1, scope: 'TAGS' as const }], dryRun: false };
    expect(await refusal(() => setAttributesOfDevices(fleet.context(), set))).toBe(
      expected.replace('filter', 'input.devices.filter'),
    );
    const slug = parseTextFilter({ matches: pattern }, 'cohort', 'slug');
    const list = { database: fleet.database, projectId: fleet.projectId };
    expect(await refusal(() => pageOfList(list, COHORT_LIST, { slug }, parsePage({})))).toBe(
      'BAD_USER_INPUT slug.matches',
    );
  });

  test('that would take for ever are cut off, and nobody else waits', async () => {
    const value = `${'a'.repeat(4_001)}!`;
    const set = (deviceSerial: string, attributes: { name: string; value: string; scope: 'TAGS' }[]) =>
      setDeviceAttributes(fleet.context(), { deviceSerial, attributes, mode: 'MERGE', scope: 'TAGS' });
    await set('%', [{ name: 'slow', value, scope: 'TAGS' }]);
    const slow = refusal(() => found({ attributes: [{ name: 'slow', matches: '^(a*)(a*)(a*)\\1\\2\\3!$' }] }));
    expect(await found({ deviceSerial: { eq: '_' } })).toEqual(['_']);
    expect(await slow).toBe('TIMEOUT undefined');
  });
});
