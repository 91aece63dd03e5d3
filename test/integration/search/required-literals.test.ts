import 'reflect-metadata';
import * as fc from 'fast-check';
import { sql } from '../../../src/database/sql.js';
import { compileTextTest } from '../../../src/search/compile-tests.js';
import type { TextPatternTest } from '../../../src/search/filter.js';
import { requiredLiterals } from '../../../src/search/required-literals.js';
import { hasLiterals } from '../../../src/search/trigrams.js';
import { createFleet, type Fleet } from '../../support/fleet.js';
import { PROPERTY_TIMEOUT_MS, runs } from '../../support/property.js';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await createFleet();
  // Most random expressions are bad ones, and an error would end the statement.
  await fleet.dataSource.query(`
    create function found(text, text, boolean) returns boolean language plpgsql as $$
    begin
      return case when $3 then ($1 collate "und-x-icu") ~* $2 else ($1 collate "und-x-icu") ~ $2 end;
    exception when others then return false;
    end $$`);
});
afterAll(() => fleet?.stop());

const CHARACTERS = ['a', 'b', 'A', 'k', 'K', 'K', 's', 'ſ', 'ς', 'σ', 'Σ', 'i', 'İ', 'ı', 'é', '.', '-', '1', '_', '%'];
const TOKENS = [
  ...CHARACTERS, 'a', 'b', 'ab', 'ba', '(', '(', ')', ')', '(?:', '(?=', '(?!', '(?<=', '(?<!', '(?#', '[', '[^', ']', ']', '[]a]',
  '[ab]', '[^a]', '[[.a.]]', '[[.].]]', '[[:alpha:]]', '[[:<:]]', '|', '*', '+', '?', '*?', '??', '{0}', '{1}', '{1,}', '{2}?', '{0,1}', '{',
  '}', '^', '$', '\\.', '\\\\', '\\-', '\\d', '\\w', '\\m', '\\y', '\\B', '\\1', '\\12', '\\x61', '\\u0061', '\\cA', '\\]', ',',
]; // prettier-ignore

const quantifier = fc.constantFrom('', '', '', '', '?', '*', '+', '*?', '+?', '{0}', '{1}', '{2}', '{0,2}', '{1,2}?');
const character = fc.constantFrom(...CHARACTERS.filter((one) => one !== '.'));
const { expression: wellFormed } = fc.letrec<{ expression: string; branch: string; atom: string }>((tie) => ({
  expression: fc.array(tie('branch'), { minLength: 1, maxLength: 2 }).map((branches) => branches.join('|')),
  branch: fc
    .array(fc.tuple(tie('atom'), fc.constantFrom('', '', '', '(?#|)'), quantifier), { minLength: 1, maxLength: 5 })
    .map((atoms) => atoms.flat().join('')),
  atom: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 6, arbitrary: character },
    { weight: 1, arbitrary: fc.constantFrom('.', '[ab]', '[]a]', '[^a]', '\\.', '\\w', '\\D', '[[.-.]]') },
    { weight: 1, arbitrary: tie('expression').map((inner) => `(${inner})`) },
    { weight: 1, arbitrary: tie('expression').map((inner) => `(?:${inner})`) },
  ),
}));
const branches = fc
  .array(fc.tuple(character, quantifier), { minLength: 1, maxLength: 6 })
  .map((atoms) => atoms.flat().join(''));
const anything = fc.array(fc.constantFrom(...TOKENS), { maxLength: 9 }).map((tokens) => tokens.join(''));
const texts = fc.array(
  fc.array(character, { maxLength: 8 }).map((characters) => characters.join('')),
  { minLength: 60, maxLength: 60 },
);

/** Texts that the plain characters of an expression make, by chance some of those that it matches. */
function textsOf(expression: string): string[] {
  const plain = expression.replaceAll(/\(\?#.*?\)|\\(?=\W)|[*+?{}()[\]^$|]|\{.*?\}/g, '');
  return [plain, plain.toUpperCase(), plain.toLowerCase(), plain.replaceAll(/(.)\1?/g, '$1'), ...plain.split('.')];
}

test.each([true, false])(
  'what is required of an expression is in every text that Postgres finds it in (ignoreCase: %s)',
  async (ignoreCase) => {
    let proofs = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(wellFormed, branches, anything), texts, async (value, random) => {
        fc.pre(!/^(?:\*\*\*|\(\?[a-z])/.test(value));
        const pattern: TextPatternTest = { operator: 'matches', value, path: '' };
        const literals = requiredLiterals(pattern);
        if (literals.length === 0) return;
        const found = await fleet.rows<{ text: string; has: boolean }>(
          sql`select text, ${hasLiterals(sql`text`, literals)} as has
              from unnest(${[...random, ...textsOf(value)]}::text[]) text where found(text, ${value}, ${ignoreCase})`,
        );
        proofs += found.length;
        for (const { text, has } of found) {
          expect({ text, has }).toEqual({ text, has: true });
          expect({ text, has: ignoreCase || hasInOrder(text, literals) }).toEqual({ text, has: true });
        }
      }),
      runs(1_000),
    );
    expect(proofs).toBeGreaterThan(500);
  },
  PROPERTY_TIMEOUT_MS,
);

function hasInOrder(text: string, literals: readonly string[]): boolean {
  let at = 0;
  for (const literal of literals) {
    at = text.indexOf(literal, at);
    if (at === -1) return false;
    at += literal.length;
  }
  return true;
}

test('without letter case an expression finds characters that fold to others, which is why only ASCII is required', async () => {
  const finds = (text: string, value: string) =>
    compileTextTest({ value: sql`${text}::text` }, { operator: 'matches', value, path: '' }, true);
  const [row] = await fleet.rows<object>(
    sql`select ${finds('S', 'ſ')} as long, ${hasLiterals(sql`'S'::text`, ['ſ'])} as "isLong",
               ${finds('I', 'ı')} as dotless, ${hasLiterals(sql`'I'::text`, ['ı'])} as "isDotless"`,
  );
  expect(row).toEqual({ long: true, isLong: false, dotless: true, isDotless: false });
});
