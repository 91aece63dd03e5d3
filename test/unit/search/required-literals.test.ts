import { requiredLiterals } from '../../../src/search/required-literals.js';

const matches = (value: string) => requiredLiterals({ operator: 'matches', value, path: 'filter' });

test.each(['contains', 'startsWith', 'endsWith'] as const)('%s requires its operand as it is', (operator) => {
  expect(requiredLiterals({ operator, value: 'a.b*|\\' })).toEqual(['a.b*|\\']);
  expect(requiredLiterals({ operator, value: '' })).toEqual([]);
});

describe('an expression requires', () => {
  test.each([
    ['lyon-012[0-9]+$', ['lyon-012']],
    ['^gw-.*vigo.+456', ['gw-', 'vigo', '456']],
    ['a b\\.c\\-d\\\\e', ['a b.c-d\\e']],
    ['abc?d', ['ab', 'd']],
    ['abc*d', ['ab', 'd']],
    ['abc*?d', ['ab', 'd']],
    ['abc+d', ['abc', 'd']],
    ['abc+?d', ['abc', 'd']],
    ['abc{0,3}d', ['ab', 'd']],
    ['abc{00}d', ['ab', 'd']],
    ['abc{1,}d', ['abc', 'd']],
    ['abc{2}?d', ['abc', 'd']],
    ['ab(c|d)*ef', ['ab', 'ef']],
    ['ab((c)|[)(]|\\()ef', ['ab', 'ef']],
    ['ab(?:c)ef', ['ab', 'ef']],
    ['ab(?=c)(?!d)(?<=b)(?<!e)f', ['ab', 'f']],
    ['a(?#b)c', ['ac']],
    ['ab(?# of b, not of the comment)*c', ['a', 'c']],
    ['a(b(?#) )c)d', undefined],
    ['a(b(?#()c)d', ['a', 'd']],
    ['a[bc]d', ['a', 'd']],
    ['a[]bc]d', ['a', 'd']],
    ['a[^]bc]d', ['a', 'd']],
    ['a[[.].]]b', ['a', 'b']],
    ['a[[=]=]x]b', ['a', 'b']],
    ['a[[:alpha:]]b', ['a', 'b']],
    ['[[:<:]]ab[[:>:]]', ['ab']],
    ['a[[]b', ['a', 'b']],
    ['a[\\]]b', ['a', 'b']],
    ['a\\db\\mc\\yd\\Be', ['a', 'b', 'c', 'd', 'e']],
    ['(x)a\\1b', ['a']],
    ['a\\x41zz', ['a', 'zz']],
    ['a\\12z', ['a', 'z']],
    ['a\\u0041zz', ['a', 'zz']],
    ['a{b}', ['a{b}']],
    ['a]b}', ['a]b}']],
    ['aéb', ['a', 'b']],
    ['a😀*b', ['a', 'b']],
    ['a\tb', ['a', 'b']],
  ] as const)('of %s: %j', (expression, literals) => {
    expect(matches(expression)).toEqual(literals ?? []);
  });

  test.each([
    'abc|def',
    'abc|',
    'abc(',
    'abc)',
    'abc[d',
    'abc[[.x]',
    'abc\\',
    'abc\\cXdef',
    'abc[\\c]]def',
    'abc\\q',
    '*abc',
    'abc**',
    'abc{1',
    'abc{x}{2}{3}',
    '***abc',
    '(?i)abc',
    '',
  ])('nothing of %j', (expression) => {
    expect(matches(expression)).toEqual([]);
  });
});
