import { Field, InputType } from 'type-graphql';
import { ATTRIBUTE_OPERATORS } from '../../search/operators.js';
import { AttributeScope } from '../types/attribute-scope.enum.js';
import { addOperatorFields } from './operator-fields.js';

@InputType({
  description: [
    'Tests one attribute by name: any name that a device ever reported. All operators given must hold; at least one is',
    'needed, and null for one is BAD_USER_INPUT.',
    'The positive operators (eq, in, gt, gte, lt, lte, contains, startsWith, endsWith, matches) must be met by one and the',
    'same value; of an array, by one and the same element. ne, notIn and `exists: false` speak of the device: no value of',
    'that name meets the opposite, so they hold for devices without the attribute too; add `exists: true` to ask for',
    'presence.',
    'Comparisons are typed: a number never equals a string. A scalar operand meets an array if any element meets it',
    '(ports eq "8080"); an array as operand of eq means the whole array, in this order. Strings compare by Unicode code',
    'point; letter case counts unless ignoreCase. Lists have at most 1,000 elements: more is LIMIT_EXCEEDED.',
  ].join('\n'),
})
export class AttributeFilter {
  @Field(() => String, { description: 'Name, exactly as reported; letter case counts. 1 to 1,024 bytes.' })
  name!: string;

  @Field(() => AttributeScope, { nullable: true, description: 'Only values of this scope. Absent: of any.' })
  scope?: AttributeScope | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only values that this system reported: `api` or the name of a source. Absent: any.',
  })
  source?: string | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'true: letters of values equal their capitals, by Unicode and not by the rules of one language. Never of names. No operator by itself.',
  })
  ignoreCase!: boolean;
}

addOperatorFields(AttributeFilter, ATTRIBUTE_OPERATORS);
