import 'reflect-metadata';
import { changeDevices } from '../../../src/changes/devices.js';
import { sql } from '../../../src/database/sql.js';
import {
  caseVariants,
  hasCaseVariants,
  type PostingScope,
  prefixedPostings,
} from '../../../src/search/case-variants.js';
import { foldCase } from '../../../src/search/compile-tests.js';
import { createFleet, type Fleet } from '../../support/fleet.js';

/** Every character whose fold begins with one of ASCII, in a text that goes on with an x, between others. */
const LETTERS = ['a', 'A', 'i', 'I', 'İ', 'ı', 'k', 'K', '\u212A', 's', 'S', 'ſ', 'å', '\u212B', '_', '%', '\\', "'"];
const VALUES = [
  '',
  ...LETTERS,
  ...LETTERS.map((letter) => `${letter}x`),
  ...LETTERS.map((letter) => `x-${letter}`),
  'abc', 'ABC', 'aBc', 'abcd', 'ABCDE', 'Abd', 'ab', 'i\u0307', 'I\u0307x', '10.0.0.1', '10.0.0.12', '0-Ab',
  'q'.repeat(599), 'Q'.repeat(599), `${'q'.repeat(300)}${'Q'.repeat(299)}`, 'q'.repeat(700), `${'Q'.repeat(599)}rest`,
  // Among them those that sort right behind a prefix: by what the last character is followed by.
  'ab\u{10FFFF}', 'ab\u{10FFFF}x', 'aB\u007F', 'Zz', 'zZ', 'z\u007F', 'z\u007Fx', 'z\u0080',
]; // prettier-ignore

let fleet: Fleet;
let scope: PostingScope;

beforeAll(async () => {
  fleet = await createFleet();
  const now = new Date();
  const changes = VALUES.map((value, index) => ({
    deviceSerial: `S${index}`,
    path: 'sample',
    attributes: [
      { scope: 'INVENTORY' as const, name: 'a', value },
      { scope: 'INVENTORY' as const, name: 'b', value: `${value}y` },
      { scope: 'INVENTORY' as const, name: 'c', value: [value, value.toUpperCase()] },
    ],
  }));
  await fleet.database.transaction('test.fill', (transaction) =>
    changeDevices(transaction, fleet.context(), changes, { ifMissing: 'create', ifPresent: 'keep' }, now),
  );
  const keys = await fleet.rows<{ id: number }>(
    sql`select id::integer as id from attribute_key where project_id = ${fleet.projectId} and name in ('a', 'b')`,
  );
  scope = { projectId: fleet.projectId, keyIds: keys.map(({ id }) => id) };
});
afterAll(() => fleet?.stop());

type Found = readonly { keyId: number; deviceId: string }[];

const operands = [...new Set([...VALUES, 'ABCDEF', 'AbC', 'z', 'Z', 'X', '1', '0-a'])].filter(hasCaseVariants);
const scopedTo = ({ projectId, keyIds }: PostingScope) =>
  sql`p.project_id = ${projectId} and p.key_id = any(${keyIds}::integer[])`;
const inOrder = sql`order by p.key_id, p.device_id`;

test.each(operands)(
  'the forms of %j that occur are all the values that equal it but for letter case',
  async (operand) => {
    const variants = await fleet.rows<{ prefix: string }>(caseVariants([operand], scope));
    const folded = foldCase(sql`${operand}::text`);
    const equal = await fleet.rows<{ value: string }>(
      sql`select distinct p.value from posting_text p where ${scopedTo(scope)} and ${foldCase(sql`p.value`)} = ${folded}`,
    );
    expect(variants.map(({ prefix }) => prefix)).toEqual(expect.arrayContaining(equal.map(({ value }) => value)));
    const others = await fleet.rows<object>(
      sql`select one from unnest(${variants.map(({ prefix }) => prefix)}::text[]) as one where ${foldCase(sql`one`)} <> ${folded}`,
    );
    expect(others).toEqual([]);
  },
);

test.each(operands.filter((operand) => operand !== ''))(
  'the postings that begin with %j but for letter case are found, each once',
  async (operand) => {
    const found = await fleet.rows<Found>(
      sql`select p.key_id as "keyId", p.device_id as "deviceId"
          from ${prefixedPostings(operand, scope)} where ${scopedTo(scope)} ${inOrder}`,
    );
    const expected = await fleet.rows<Found>(
      sql`select p.key_id as "keyId", p.device_id as "deviceId" from posting_text p
          where ${scopedTo(scope)} and starts_with(${foldCase(sql`p.value`)}, ${foldCase(sql`${operand}::text`)}) ${inOrder}`,
    );
    expect(found).toEqual(expected);
  },
);

test('several operands are looked for at once, and no other key is looked into', async () => {
  const [keyId] = scope.keyIds;
  const variants = await fleet.rows<{ prefix: string }>(
    caseVariants(['ABC', 'abc', 'abd', 'zzz', 'abcy'], { ...scope, keyIds: [keyId!] }),
  );
  expect(variants.map(({ prefix }) => prefix).toSorted()).toEqual(['ABC', 'Abd', 'aBc', 'abc']);
});

test('a long operand is not looked for further than values begin with it', async () => {
  // All ways to write it would be 2 to the power of 599.
  const rows = await fleet.rows<{ 'QUERY PLAN': string }>(
    sql`explain (analyze, costs off, timing off) ${caseVariants(['q'.repeat(598)], scope)}`,
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  const looks = Number(/Recursive Union \(actual rows=(\d+)/.exec(plan)?.[1]);
  expect(looks).toBeGreaterThan(598);
  expect(looks).toBeLessThan(10_000);
});

test('of all characters, K and İ alone fold to texts that begin with one of ASCII', async () => {
  const rows = await fleet.rows<{ character: string; folded: string }>(
    sql`select * from (
          select chr(code) as character, ${foldCase(sql`chr(code)`)} as folded from generate_series(1, 1114111) as code
          where code not between 55296 and 57343) one
        where ascii(folded) < 128 and folded <> character`,
  );
  const others = rows.filter(({ character }) => character > '\x7F');
  expect(others).toEqual([
    { character: 'İ', folded: 'i\u0307' },
    { character: '\u212A', folded: 'k' },
  ]);
  const ascii = rows.filter(({ character }) => character <= '\x7F').map(({ character, folded }) => character + folded);
  expect(ascii.join(' ')).toBe('Aa Bb Cc Dd Ee Ff Gg Hh Ii Jj Kk Ll Mm Nn Oo Pp Qq Rr Ss Tt Uu Vv Ww Xx Yy Zz');
});

test('a character folds to the same whatever stands around it', async () => {
  const rows = await fleet.rows<object>(
    sql`select chr(code) as character from generate_series(1, 1114111) as code
        where code not between 55296 and 57343
          and (${foldCase(sql`'aΣ' || chr(code)`)} <> 'aσ' || ${foldCase(sql`chr(code)`)}
            or ${foldCase(sql`chr(code) || 'Σ'`)} <> ${foldCase(sql`chr(code)`)} || 'σ'
            or ${foldCase(sql`'i' || chr(code) || '.'`)} <> 'i' || ${foldCase(sql`chr(code)`)} || '.')`,
  );
  expect(rows).toEqual([]);
});

test.each([
  ['abc', true],
  ['', true],
  ['a'.repeat(599), true],
  ['a'.repeat(600), false],
  ['é', false],
  ['\u212A', false],
])('%j has case variants that are known: %s', (operand, known) => {
  expect(hasCaseVariants(operand)).toBe(known);
});
