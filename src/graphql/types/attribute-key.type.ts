import { Field, ObjectType } from 'type-graphql';
import { AttributeScope } from './attribute-scope.enum.js';
import { AttributeType } from './attribute-type.enum.js';

@ObjectType({
  simpleResolvers: true,
  description: 'A name that is in use in the project, as one scope and source reports it.',
})
export class AttributeKey {
  @Field(() => String, { description: 'Name, exactly as reported.' })
  name!: string;

  @Field(() => AttributeScope, { description: 'Who owns the values.' })
  scope!: AttributeScope;

  @Field(() => String, {
    description:
      'System that reported the values: `api` for those written through this API, else the name of a source.',
  })
  source!: string;

  @Field(() => [AttributeType], { description: 'Types of the values that devices have now; always current.' })
  types!: readonly AttributeType[];
}
