import { GraphQLError, GraphQLScalarType, Kind, print, type ValueNode } from 'graphql';
import { isExactInteger } from '../../model/json.js';

type Variables = Readonly<Record<string, unknown>>;

/**
 * Passes every JSON value on, right or wrong: model/attribute-value.ts refuses the wrong ones, because there the path
 * of the value and the index of the offending element are known.
 */
export const AttributeValue = new GraphQLScalarType<unknown, unknown>({
  name: 'AttributeValue',
  description: [
    'The value of an attribute. Its type is the type of the JSON: a string (up to 16 KiB), a finite number, a boolean, an',
    'array of strings or an array of numbers (up to 1,000 elements). The empty array is an array of strings. Mixed and',
    'nested arrays, objects and null are refused, naming the offending index, and so are integers beyond 2^53: they',
    'would be rounded.',
  ].join('\n'),
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueOfLiteral(node, variables ?? {}),
  serialize: (value) => value,
});

function valueOfLiteral(node: ValueNode, variables: Variables): unknown {
  switch (node.kind) {
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.INT:
      return valueOfInteger(node.value);
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.NULL:
      return null;
    case Kind.LIST:
      return node.values.map((item) => valueOfLiteral(item, variables));
    case Kind.OBJECT:
      // fromEntries makes own properties even of names such as __proto__.
      return Object.fromEntries(node.fields.map((field) => [field.name.value, valueOfLiteral(field.value, variables)]));
    case Kind.VARIABLE:
      // One left out stays undefined in its place, so that a list does not silently become shorter.
      return variables[node.name.value];
    case Kind.ENUM:
      throw new GraphQLError(`AttributeValue: a string needs quotes, got ${print(node).slice(0, 60)}`, { nodes: node });
  }
}

/** Infinity stands for what a double cannot hold exactly: no JSON value, so it is refused like one out of range. */
function valueOfInteger(digits: string): number {
  // BigInt of very long texts is slow; 2^53 has 16 digits.
  if (digits.length > 18) return Infinity;
  return isExactInteger(BigInt(digits)) ? Number(digits) : Infinity;
}
