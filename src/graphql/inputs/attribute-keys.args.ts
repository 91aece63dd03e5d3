import { ArgsType, Field } from 'type-graphql';
import { AttributeScope } from '../types/attribute-scope.enum.js';
import { PageArgs } from './page.args.js';

@ArgsType()
export class AttributeKeysArgs extends PageArgs {
  @Field(() => String, {
    nullable: true,
    description: 'Only names that contain this text, taken literally; letter case does not count. Absent: all.',
  })
  nameContains?: string | null;

  @Field(() => AttributeScope, { nullable: true, description: 'Only names of this scope. Absent: of any.' })
  scope?: AttributeScope | null;
}
