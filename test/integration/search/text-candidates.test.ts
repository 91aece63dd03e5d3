import 'reflect-metadata';
import * as fc from 'fast-check';
import { changeDevices } from '../../../src/changes/devices.js';
import { allOf, sql, type SqlFragment } from '../../../src/database/sql.js';
import { compileTextTest } from '../../../src/search/compile-tests.js';
import type { PostingScope } from '../../../src/search/case-variants.js';
import type { TextPatternTest, TextTest, ValueTest } from '../../../src/search/filter.js';
import { serialCandidates, textCandidates } from '../../../src/search/text-candidates.js';
import { createFleet, type Fleet } from '../../support/fleet.js';
import { PROPERTY_TIMEOUT_MS, runs, SEED } from '../../support/property.js';

const WORDS = [
  'gw', 'GW', 'bern', 'Bern', 'BERN', 'lyon-012', '4567', '0', 'a7:e9', '%', '_', '\\', '\\%', "O'Brien", '"x"', ' ', '-', '.', 'é',
  'É', 'straße', 'STRASSE', 'ΣΊΣΥΦΟΣ', 'σίσυφος', 'İstanbul', 'istanbul', 'Kelvin', 'K', 'k', 'ſ', 's', '😀', 'ab', 'aB',
]; // prettier-ignore
const word = fc.constantFrom(...WORDS);
const shortText = fc.array(word, { maxLength: 4 }).map((words) => words.join(''));
/** A text that is kept in two parts, its words about the place where it is cut. */
const longText = fc
  .tuple(fc.constantFrom('x', 'É', 'İ', 'ab '), fc.integer({ min: 585, max: 605 }), shortText, shortText)
  .map(([filler, length, middle, end]) => `${filler.repeat(610).slice(0, length)}${middle}${filler.repeat(20)}${end}`);
const value = fc.oneof({ weight: 12, arbitrary: shortText }, { weight: 1, arbitrary: longText });
/** Folds to as many characters as a text twice its length, of which the index of trigrams knows but a part. */
const DOUBLING = `abc${'İ'.repeat(400)}`;
const VALUES = [`abc${'i\u0307'.repeat(400)}`, ...fc.sample(value, { numRuns: 1_500, seed: SEED })];

let fleet: Fleet;
let scope: PostingScope;

beforeAll(async () => {
  fleet = await createFleet();
  const now = new Date();
  const changes = VALUES.map((one, index) => ({
    deviceSerial: `${[...one].slice(0, 60).join('')}~${index}`,
    path: 'sample',
    attributes: [
      { scope: 'INVENTORY' as const, name: 'note', value: one },
      { scope: 'TAGS' as const, name: 'note', value: [one, one.toLowerCase(), VALUES[(index * 7) % VALUES.length]!] },
      { scope: 'INVENTORY' as const, name: 'hostname', value: `Host-${index}-${(index * 7_919) % 10_000}` },
    ],
  }));
  await fleet.database.transaction('test.fill', (transaction) =>
    changeDevices(transaction, fleet.context(), changes, { ifMissing: 'create', ifPresent: 'keep' }, now),
  );
  // What waits to be indexed would be read whole, which the planner avoids.
  await fleet.dataSource.query('vacuum analyze posting_text, device');
  scope = await scopeOf('note');
}, 60_000);
afterAll(() => fleet?.stop());

async function scopeOf(name: string): Promise<PostingScope> {
  const keys = await fleet.rows<{ id: number }>(
    sql`select id::integer as id from attribute_key where project_id = ${fleet.projectId} and name = ${name}`,
  );
  return { projectId: fleet.projectId, keyIds: keys.map(({ id }) => id) };
}

function selectPostings(from: SqlFragment, { projectId, keyIds }: PostingScope, conditions: readonly SqlFragment[]) {
  const where = allOf([sql`p.project_id = ${projectId}`, sql`p.key_id = any(${keyIds}::integer[])`, ...conditions]);
  return sql`select p.key_id as "keyId", p.device_id as "deviceId", p.value from ${from} where ${where}`;
}

const exact = (tests: readonly ValueTest[], ignoreCase: boolean) =>
  tests.map((test) => compileTextTest({ value: sql`p.value`, rest: sql`p.rest` }, test, ignoreCase));

/** A piece of some value, or the whole, sometimes in other letters. */
const operand = fc
  .tuple(
    fc.oneof(fc.constantFrom(...VALUES), shortText),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(200, 599, 600, 601, 1_000)),
    fc.constantFrom('same', 'same', 'upper', 'lower'),
  )
  .map(([text, place, length, letters]) => {
    const characters = [...text];
    const start = length > 100 ? 0 : Math.floor(place * characters.length);
    const piece = characters.slice(start, start + length).join('');
    if (letters === 'same') return piece;
    return letters === 'upper' ? piece.toUpperCase() : piece.toLowerCase();
  });
const literally = (text: string) => text.replaceAll(/[^A-Za-z0-9\s]/gu, '\\$&');
const expression = fc
  .tuple(
    fc.constantFrom('', '^'),
    fc.array(fc.tuple(operand, fc.constantFrom('', '.*', '?', '[0-9]+', '(a|b)?')), { maxLength: 3 }),
  )
  .map(
    ([start, pieces]) =>
      start + pieces.map(([piece, tail]) => literally([...(piece || 'x')].slice(0, 40).join('')) + tail).join(''),
  )
  .filter((text) => [...text].length <= 200);
const oneTest: fc.Arbitrary<ValueTest> = fc.oneof(
  fc
    .tuple(fc.constantFrom('contains', 'startsWith', 'endsWith'), operand)
    .map(([operator, text]): TextPatternTest => ({ operator, value: text })),
  expression.map((text): TextPatternTest => ({ operator: 'matches', value: text, path: '' })),
  fc
    .array(fc.oneof(operand, value), { maxLength: 3 })
    .map((values): ValueTest => ({ operator: 'in', values: [...values, 7] })),
  operand.map((text): ValueTest => ({ operator: 'gte', value: text })),
);
const someTests = fc.oneof(
  { weight: 3, arbitrary: oneTest.map((one) => [one]) },
  {
    weight: 1,
    arbitrary: fc.uniqueArray(oneTest, { minLength: 2, maxLength: 3, selector: ({ operator }) => operator }),
  },
);

/** How many postings meet the tests. All of them are among the candidates; undefined if there are none. */
async function countAmongCandidates(tests: readonly ValueTest[], ignoreCase: boolean): Promise<number | undefined> {
  const candidates = textCandidates(tests, ignoreCase, scope);
  if (candidates === undefined) return undefined;
  const conditions = exact(tests, ignoreCase);
  const inOrder = (select: SqlFragment) =>
    sql`(select json_agg(array["keyId", "deviceId"] order by "keyId", "deviceId", value) from (${select}) found)`;
  const [row] = await fleet.rows<{ narrowed: readonly unknown[] | null; all: readonly unknown[] | null }>(
    sql`select ${inOrder(selectPostings(candidates.from, scope, [candidates.condition, ...conditions]))} as narrowed,
               ${inOrder(selectPostings(sql`posting_text p`, scope, conditions))} as all`,
  );
  expect(row!.narrowed).toEqual(row!.all);
  return row!.all?.length ?? 0;
}

test(
  'candidates that meet the tests are all postings that meet them, each once',
  async () => {
    const counts: number[] = [];
    await fc.assert(
      fc.asyncProperty(someTests, fc.boolean(), async (tests, ignoreCase) => {
        const count = await countAmongCandidates(tests, ignoreCase);
        if (count !== undefined) counts.push(count);
      }),
      runs(600),
    );
    expect(counts.length).toBeGreaterThan(150);
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(50);
  },
  PROPERTY_TIMEOUT_MS,
);

describe('a serial', () => {
  const found = (conditions: readonly SqlFragment[]) =>
    fleet.rows<{ serial: string }>(
      sql`select d.device_serial as serial from device d
          where ${allOf([sql`d.project_id = ${fleet.projectId}`, ...conditions])} order by d.id`,
    );
  const serial = sql`d.device_serial`;
  /** The same test as of an attribute, and of serials that there are. */
  const ofSerials = (test: ValueTest): TextTest[] => {
    switch (test.operator) {
      case 'in': {
        const texts = test.values.filter((one) => typeof one === 'string');
        return [{ operator: 'in', values: texts.flatMap((one) => [one, `${one}~${VALUES.indexOf(one)}`]) }];
      }
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte':
        return [];
      default:
        return [test];
    }
  };

  test(
    'that meets the tests is among the candidates',
    async () => {
      const counts: number[] = [];
      await fc.assert(
        fc.asyncProperty(someTests, fc.boolean(), async (tests, ignoreCase) => {
          const ofSerial = tests.flatMap(ofSerials);
          const candidates = serialCandidates(serial, ofSerial, ignoreCase);
          if (candidates === undefined) return;
          const meets = ofSerial.map((test) => compileTextTest({ value: serial }, test, ignoreCase));
          const all = await found(meets);
          expect(await found([candidates, ...meets])).toEqual(all);
          counts.push(all.length);
        }),
        runs(600),
      );
      expect(counts.filter((count) => count > 0).length).toBeGreaterThan(30);
    },
    PROPERTY_TIMEOUT_MS,
  );

  test('is found by a piece of it in an index', async () => {
    const candidates = serialCandidates(serial, [{ operator: 'contains', value: '4567' }], false);
    const plan = await explained(sql`select 1 from device d where ${candidates}`, []);
    expect(plan).toContain('Bitmap Index Scan on device_serial_trigrams');
  });
});

test.each<[string, ValueTest]>([
  ['an equal text', { operator: 'in', values: [DOUBLING] }],
  ['a beginning', { operator: 'startsWith', value: DOUBLING }],
  ['a piece', { operator: 'contains', value: DOUBLING }],
])('%s that folds beyond the indexed beginning is found', async (_title, one) => {
  expect(await countAmongCandidates([one], true)).toBeGreaterThan(0);
});

/** The table is small: the planner would read all of it, or all values of the key, unless told not to. */
async function planOf(
  tests: readonly ValueTest[],
  ignoreCase: boolean,
  name: string,
  ...avoided: SqlFragment[]
): Promise<string> {
  const chosen = await scopeOf(name);
  const candidates = textCandidates(tests, ignoreCase, chosen);
  if (candidates === undefined) throw new Error('no index helps');
  return explained(
    selectPostings(candidates.from, chosen, [candidates.condition, ...exact(tests, ignoreCase)]),
    avoided,
  );
}

function explained(statement: SqlFragment, avoided: readonly SqlFragment[]): Promise<string> {
  return fleet.database.transaction('test.plan', async (transaction) => {
    for (const one of [sql`enable_seqscan`, ...avoided]) {
      await transaction.rows('test.settings', sql`set local ${one} = off`);
    }
    const rows = await transaction.rows<{ 'QUERY PLAN': string }>(
      'test.explain',
      sql`explain (costs off) ${statement}`,
    );
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  });
}

const TRIGRAMS = 'Bitmap Index Scan on posting_text_trigrams';
const REST = 'Bitmap Index Scan on posting_text_rest';

describe('the index of trigrams finds', () => {
  test.each<[string, readonly ValueTest[], boolean]>([
    ['a piece', [{ operator: 'contains', value: '4567' }], false],
    ['a piece without letter case', [{ operator: 'contains', value: 'ST-45' }], true],
    ['a piece with wildcards', [{ operator: 'contains', value: '12%_\\' }], false],
    ['an end', [{ operator: 'endsWith', value: '4567' }], false],
    ['an expression', [{ operator: 'matches', value: '^[Hh]ost-1234-[0-9]+', path: '' }], false],
    [
      'a text with other letters than those of ASCII, without letter case',
      [{ operator: 'in', values: ['Éab123'] }],
      true,
    ],
    [
      'several pieces',
      [
        { operator: 'contains', value: '-456' },
        { operator: 'endsWith', value: '789' },
      ],
      true,
    ],
  ])('%s', async (_title, tests, ignoreCase) => {
    const plan = await planOf(tests, ignoreCase, 'hostname', sql`enable_indexscan`);
    expect(plan).toContain(TRIGRAMS);
    expect(plan).toMatch(/ ~~ '%/);
  });

  test('a piece, while another index finds the texts that are kept in two parts', async () => {
    const plan = await planOf([{ operator: 'contains', value: 'lyon-0124567' }], false, 'note');
    expect(plan).toContain('BitmapOr');
    expect(plan).toContain(TRIGRAMS);
    expect(plan).toContain(REST);
  });
});

describe('the index of values finds', () => {
  test.each<[string, readonly ValueTest[]]>([
    ['an equal text', [{ operator: 'in', values: ['HOST-1-7919'] }]],
    ['one of several texts', [{ operator: 'in', values: ['HOST-1-7919', 'host-2', 'x', 7] }]],
    ['a beginning', [{ operator: 'startsWith', value: 'hOST-12' }]],
    [
      'a beginning of one letter',
      [
        { operator: 'startsWith', value: 'h' },
        { operator: 'contains', value: 'o' },
      ],
    ],
  ])('%s without letter case', async (_title, tests) => {
    const plan = await planOf(tests, true, 'hostname');
    expect(plan).toMatch(
      /^.*(Scan using|Index Scan on) posting_text_value on posting_text p$|Bitmap Index Scan on posting_text_value/m,
    );
    expect(plan).toMatch(/Index Cond: .*(value = ANY|value >= .*value < )/);
    // Each step of the walk too.
    expect(plan).toMatch(/Index Cond: .*value >= \(walk/);
    expect(plan).not.toContain(TRIGRAMS);
  });
});

describe('nothing is said of', () => {
  test.each<[string, readonly ValueTest[], boolean]>([
    ['an equal text', [{ operator: 'in', values: ['Host-1'] }], false],
    [
      'a beginning',
      [
        { operator: 'startsWith', value: 'Host-1' },
        { operator: 'contains', value: 'abc' },
      ],
      false,
    ],
    ['a short piece', [{ operator: 'contains', value: 'ab' }], false],
    ['letters that may be none to the index', [{ operator: 'contains', value: 'Москва' }], true],
    ['an expression that requires nothing', [{ operator: 'matches', value: 'abc|def', path: '' }], false],
    ['a range without letter case', [{ operator: 'gte', value: 'abc' }], true],
    [
      'many texts that are no ASCII',
      [{ operator: 'in', values: Array.from({ length: 51 }, (_, i) => `éabc${i}`) }],
      true,
    ],
    ['an empty beginning', [{ operator: 'startsWith', value: '' }], true],
  ])('%s', (_title, tests, ignoreCase) => {
    expect(textCandidates(tests, ignoreCase, { projectId: '1', keyIds: [1] })).toBeUndefined();
  });
});
