import { Field, InputType } from 'type-graphql';
import { AttributeValue } from '../scalars/attribute-value.scalar.js';
import { AttributeScope } from '../types/attribute-scope.enum.js';

@InputType({
  description: [
    'An attribute to write; its source is `api`. A value equal to the present one changes nothing. A device holds at most',
    '1,000 attributes: more is LIMIT_EXCEEDED and nothing is written.',
  ].join('\n'),
})
export class AttributeInput {
  @Field(() => String, {
    description: [
      'Name: 1 to 1,024 bytes, kept as given. The same name twice in one write, in the same scope, is BAD_USER_INPUT.',
    ].join('\n'),
  })
  name!: string;

  @Field(() => AttributeValue, { description: 'New value; it may be of another type than the present one.' })
  value!: unknown;

  @Field(() => AttributeScope, { defaultValue: 'INVENTORY', description: 'Who owns the value.' })
  scope!: AttributeScope;

  @Field(() => String, {
    nullable: true,
    description: 'What the value means, up to 1 KiB. Absent keeps what there is, null clears it.',
  })
  description?: string | null;
}
