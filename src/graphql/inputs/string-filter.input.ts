import { Field, InputType } from 'type-graphql';
import { TEXT_OPERATORS } from '../../search/operators.js';
import { addOperatorFields } from './operator-fields.js';

@InputType({
  description: [
    'Tests a text. All operators given must hold; at least one is needed, and null for one is BAD_USER_INPUT. Letter case',
    'counts unless ignoreCase. Where there is no text, only ne, notIn and `exists: false` hold. Lists have at most 1,000',
    'elements: more is LIMIT_EXCEEDED.',
  ].join('\n'),
})
export class StringFilter {
  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'true: letters equal their capitals, by Unicode and not by the rules of one language. No operator by itself.',
  })
  ignoreCase!: boolean;
}

addOperatorFields(StringFilter, TEXT_OPERATORS);
