import { parseValue } from 'graphql';
import { AttributeValue } from '../../../../src/graphql/scalars/attribute-value.scalar.js';

function literal(text: string, variables?: Record<string, unknown>): unknown {
  return AttributeValue.parseLiteral(parseValue(text), variables);
}

describe('the AttributeValue scalar', () => {
  it.each<[string, unknown]>([
    ['"eth0"', 'eth0'],
    ['"""\n  two\n  lines\n"""', 'two\nlines'],
    ['true', true],
    ['-12', -12],
    ['-0.5e1', -5],
    ['9007199254740992', 2 ** 53],
    ['-9007199254740992', -(2 ** 53)],
    ['[1, 2.5]', [1, 2.5]],
    ['["a", "b"]', ['a', 'b']],
    ['[]', []],
  ])('reads the literal %s', (text, value) => {
    expect(literal(text)).toEqual(value);
  });

  it.each<[string, unknown]>([
    ['[1, "a", null]', [1, 'a', null]],
    ['[[1]]', [[1]]],
    ['{a: {b: 1}}', { a: { b: 1 } }],
  ])('passes the wrong literal %s on, to be refused where its path is known', (text, value) => {
    expect(literal(text)).toEqual(value);
  });

  it.each(['9007199254740993', '-9007199254740993', '1e400', `1${'0'.repeat(5_000)}`])(
    'makes Infinity of %s, which a double would round',
    (text) => {
      expect(Math.abs(Number(literal(text)))).toBe(Infinity);
    },
  );

  it('puts variables into lists and objects, and keeps the place of one left out', () => {
    expect(literal('[$a, {b: $b}, $missing]', { a: 'x', b: 2 })).toEqual(['x', { b: 2 }, undefined]);
    expect(literal('[1, $missing, 2]', {})).toHaveLength(3);
  });

  it('reads lists with variables before these are known, as validation does', () => {
    expect(literal('["a", $b]')).toEqual(['a', undefined]);
  });

  it('reads an object with hostile names without touching any prototype', () => {
    const value = literal('{__proto__: {polluted: true}, constructor: 1}') as object;
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect({}).not.toHaveProperty('polluted');
  });

  it('refuses an unquoted name and asks for quotes', () => {
    expect(() => literal('eth0')).toThrow('AttributeValue: a string needs quotes, got eth0');
    expect(() => literal('["a", eth0]')).toThrow('needs quotes');
  });

  it.each<unknown>(['a', 5, false, null, [1, 'a'], { a: 1 }])('passes the variable %j on unchanged', (value) => {
    expect(AttributeValue.parseValue(value)).toBe(value);
  });

  it('shows values as they are', () => {
    expect(AttributeValue.serialize([1, 2])).toEqual([1, 2]);
  });
});
