import {
  allOf,
  anyOf,
  commaSeparated,
  identifier,
  integerLiteral,
  join,
  sql,
  SqlFragment,
} from '../../../src/database/sql.js';

describe('sql', () => {
  test('keeps values out of the text and numbers them in order of appearance, also of nested fragments', () => {
    const inner = sql`b = ${2} and c = ${'three'}`;
    expect(sql`select ${1} where ${inner} or ${inner} limit ${4}`.compile()).toEqual({
      text: 'select $1 where b = $2 and c = $3 or b = $4 and c = $5 limit $6',
      values: [1, 2, 'three', 2, 'three', 4],
    });
  });

  test('sends a text with SQL in it as a value', () => {
    const text = `'; drop table device; --`;
    expect(sql`select ${text}`.compile()).toEqual({ text: 'select $1', values: [text] });
  });

  test('does not take an object that a caller sends for SQL, whatever its shape', () => {
    const like = sql`drop table device`;
    const impostors: unknown[] = [
      JSON.parse('{"texts": ["drop table device"], "holes": []}'),
      { compile: () => ({ text: 'drop table device', values: [] }) },
      { ...like },
      structuredClone({ like: Object.entries(like) }),
      { constructor: SqlFragment, '#texts': ['drop table device'] },
      ['drop table device'],
      { raw: ['drop table device'] },
    ];
    for (const impostor of impostors) {
      expect(sql`select ${impostor}`.compile()).toEqual({ text: 'select $1', values: [impostor] });
    }
    // Not even one that claims to descend from it: it has no text of its own to give.
    const pretender: unknown = Object.create(SqlFragment.prototype);
    expect(() => sql`select ${pretender}`.compile()).toThrow(TypeError);
  });

  test('refuses undefined, which would become a NULL that nobody meant, and sends null', () => {
    expect(() => sql`select ${undefined}`).toThrow('undefined in SQL after: select');
    expect(sql`select ${null}`.compile()).toEqual({ text: 'select $1', values: [null] });
  });

  test('compiles again to the same', () => {
    const fragment = sql`select ${1}`;
    expect(fragment.compile()).toEqual(fragment.compile());
  });
});

describe('identifier', () => {
  test('quotes a name of ours', () => {
    expect(identifier('device_group').compile()).toEqual({ text: '"device_group"', values: [] });
  });

  test.each(['', 'a"b', 'a b', 'a;b', '1a', 'Device', 'a\0', 'ä', 'a-b'])('refuses %j', (name) => {
    expect(() => identifier(name)).toThrow('not an identifier of ours');
  });
});

describe('integerLiteral', () => {
  test('writes a whole number as text', () => {
    expect([0, -1, 500].map((value) => integerLiteral(value).compile().text)).toEqual(['0', '-1', '500']);
  });

  test.each([1.5, Number.NaN, Infinity, 2 ** 53, '1; drop table device' as unknown as number])(
    'refuses %j',
    (value) => {
      expect(() => integerLiteral(value)).toThrow('not a whole number');
    },
  );
});

test('and of nothing is true, or of nothing false; more are in brackets', () => {
  const text = (fragment: SqlFragment) => fragment.compile().text;
  expect(text(allOf([]))).toBe('true');
  expect(text(anyOf([]))).toBe('false');
  expect(text(allOf([sql`a`]))).toBe('a');
  expect(text(allOf([sql`a`, anyOf([sql`b`, sql`c`])]))).toBe('(a and (b or c))');
  expect(text(commaSeparated([]))).toBe('');
  expect(join([sql`${1}`, sql`${2}`, sql`c`], sql` + `).compile()).toEqual({ text: '$1 + $2 + c', values: [1, 2] });
});
