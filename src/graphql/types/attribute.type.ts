import { Field, ObjectType } from 'type-graphql';
import { AttributeValue } from '../scalars/attribute-value.scalar.js';
import { DateTime } from '../scalars/date-time.scalar.js';
import { AttributeScope } from './attribute-scope.enum.js';
import { AttributeType } from './attribute-type.enum.js';

@ObjectType({
  simpleResolvers: true,
  description: 'A named value of a device. A device has at most one for each name, scope and source.',
})
export class Attribute {
  @Field(() => String, { description: 'Name as reported: 1 to 1,024 bytes, never folded or trimmed.' })
  name!: string;

  @Field(() => AttributeValue, { description: 'The present value.' })
  value!: unknown;

  @Field(() => AttributeType, { description: 'Type of the value.' })
  type!: AttributeType;

  @Field(() => AttributeScope, { description: 'Who owns the value.' })
  scope!: AttributeScope;

  @Field(() => String, {
    description:
      'System that reported the value: `api` for values written through this API, else the name of a source.',
  })
  source!: string;

  @Field(() => String, { nullable: true, description: 'What the value means, up to 1 KiB. Null if none was given.' })
  description!: string | null;

  @Field(() => DateTime, {
    description: 'When the value last changed. Neither an equal value nor a new description moves it.',
  })
  updatedAt!: Date;
}
