import { type GraphQLInterfaceType, type GraphQLSchema, isInputObjectType } from 'graphql';
import { buildFleetSchema } from '../../../src/graphql/schema.js';
import { NODE_TYPES } from '../../../src/model/global-id.js';
import { ATTRIBUTE_OPERATORS, TEXT_OPERATORS, TIME_OPERATORS } from '../../../src/search/operators.js';

let schema: GraphQLSchema;

beforeAll(async () => {
  schema = await buildFleetSchema();
});

test('every type that implements Node has a type of id, and the other way round', () => {
  const types = schema.getPossibleTypes(schema.getType('Node') as GraphQLInterfaceType).map(({ name }) => name);
  expect(types.toSorted()).toEqual([...NODE_TYPES].toSorted());
});

test.each([
  ['AttributeFilter', ATTRIBUTE_OPERATORS, ['ignoreCase', 'name', 'scope', 'source']],
  ['StringFilter', TEXT_OPERATORS, ['ignoreCase']],
  ['DateTimeFilter', TIME_OPERATORS, []],
])('%s has the operators of its table, with their operands and descriptions', (name, operators, others) => {
  const type = schema.getType(name);
  if (!isInputObjectType(type)) throw new Error(`${name} is not an input type`);
  const fields = type.getFields();
  expect(Object.keys(fields).toSorted()).toEqual([...Object.keys(operators), ...others].toSorted());
  for (const [operator, { operand, summary }] of Object.entries(operators)) {
    expect([operator, String(fields[operator]?.type), fields[operator]?.description]).toEqual([
      operator,
      operand,
      summary,
    ]);
  }
});
