import { canUseTrigrams, hasLiterals } from '../../../src/search/trigrams.js';
import { sql } from '../../../src/database/sql.js';

test.each(['abc', 'A1b', 'é123', 'a7:e9', '-ab', 'ab%', 'ab\n'])('the index can look for %j', (literal) => {
  expect(canUseTrigrams([literal])).toBe(true);
  expect(canUseTrigrams(['', literal])).toBe(true);
});

test.each(['', 'ab', 'a-b', '-a-', 'abé', 'éab', 'Москва', 'İ12', '😀ab'])(
  'the index cannot look for %j',
  (literal) => {
    expect(canUseTrigrams([literal])).toBe(false);
  },
);

test('no literals are none', () => {
  expect(canUseTrigrams([])).toBe(false);
});

test.each([
  [['4567'], '%%4567%%'],
  [['lyon-012'], '%%lyon%-%012%%'],
  [['gw-', '456'], '%gw-%%456%%'],
  [['linux-6.7'], '%%linux%-6.7%'],
  [['5%_\\x'], '%5\\%\\_\\\\x%'],
])('the pattern of %j is %s', (literals, pattern) => {
  expect(hasLiterals(sql`t`, literals).compile().values).toEqual([pattern]);
});
