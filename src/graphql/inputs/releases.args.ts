import { ArgsType, Field } from 'type-graphql';
import { PageArgs } from './page.args.js';
import { StringFilter } from './string-filter.input.js';

@ArgsType()
export class ReleasesArgs extends PageArgs {
  @Field(() => StringFilter, { nullable: true, description: 'Only releases whose version meets this. Absent: all.' })
  version?: StringFilter | null;
}
