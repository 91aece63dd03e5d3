import type { GraphQLScalarType } from 'graphql';
import { Field } from 'type-graphql';
import type { Operator } from '../../search/operators.js';
import { AttributeValue } from '../scalars/attribute-value.scalar.js';
import { DateTime } from '../scalars/date-time.scalar.js';
import { Duration } from '../scalars/duration.scalar.js';

/** Types of operands by the name that the tables of operators give them. */
const OPERAND_TYPES = new Map<string, GraphQLScalarType | typeof String | typeof Boolean>([
  ['AttributeValue', AttributeValue],
  ['Boolean', Boolean],
  ['DateTime', DateTime],
  ['Duration', Duration],
  ['String', String],
]);

type OperatorTable = Readonly<Record<string, Pick<Operator<unknown>, 'summary' | 'operand'>>>;

/**
 * Gives an input type one field for each operator of a table, so that a new operator is a record there and nothing
 * here. The class itself need not declare them: the parser of filters reads its input as unknown anyway.
 */
export function addOperatorFields(inputType: { readonly prototype: object }, operators: OperatorTable): void {
  for (const [name, { operand, summary }] of Object.entries(operators)) {
    const element = /^\[(\w+)!\]$/.exec(operand)?.[1];
    const type = OPERAND_TYPES.get(element ?? operand);
    if (type === undefined) throw new Error(`the operator ${name} has an operand of an unknown type: ${operand}`);
    const addField = Field(() => (element === undefined ? type : [type]), { nullable: true, description: summary });
    addField(inputType.prototype, name);
  }
}
