import { Field, InputType } from 'type-graphql';
import { AttributeScope } from '../types/attribute-scope.enum.js';

@InputType({
  description: [
    'Names one attribute. Where several scopes or sources report the name, the value that counts is taken: source `api`',
    'first, then by name of the source; scope TAGS, INVENTORY, MONITOR, IDENTITY, SYSTEM.',
  ].join('\n'),
})
export class AttributeKeyInput {
  @Field(() => String, { description: 'Name, exactly as reported; letter case counts. 1 to 1,024 bytes.' })
  name!: string;

  @Field(() => AttributeScope, { nullable: true, description: 'Only values of this scope. Absent: of any.' })
  scope?: AttributeScope | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only values that this system reported: `api` or the name of a source. Absent: any.',
  })
  source?: string | null;
}
