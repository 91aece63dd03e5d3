import { ArgsType, Field } from 'type-graphql';
import { PageArgs } from './page.args.js';
import { StringFilter } from './string-filter.input.js';

@ArgsType()
export class CohortsArgs extends PageArgs {
  @Field(() => StringFilter, { nullable: true, description: 'Only cohorts whose name meets this. Absent: all.' })
  name?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'Only cohorts whose slug meets this. Absent: all.' })
  slug?: StringFilter | null;
}
