import { ArgsType, Field } from 'type-graphql';
import { PageArgs } from './page.args.js';
import { StringFilter } from './string-filter.input.js';

@ArgsType()
export class GroupsArgs extends PageArgs {
  @Field(() => StringFilter, { nullable: true, description: 'Only groups whose name meets this. Absent: all.' })
  name?: StringFilter | null;
}
