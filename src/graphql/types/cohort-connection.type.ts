import { Field, ObjectType } from 'type-graphql';
import { Cohort } from './cohort.type.js';
import { PageInfo } from './page-info.type.js';

@ObjectType({ simpleResolvers: true, description: 'A cohort on a page, with its place in the list.' })
class CohortEdge {
  @Field(() => String, {
    description: 'Place of this cohort in the list; opaque. Give it as `after` or `before` with the same filter.',
  })
  cursor!: string;

  @Field(() => Cohort, { description: 'The cohort.' })
  node!: Cohort;
}

@ObjectType({ simpleResolvers: true, description: 'A page of cohorts, ordered by slug.' })
export class CohortConnection {
  @Field(() => [CohortEdge], { description: 'The cohorts of this page in order, each with its cursor.' })
  edges!: readonly CohortEdge[];

  @Field(() => [Cohort], { description: 'The cohorts of this page in order.' })
  nodes!: readonly Cohort[];

  @Field(() => PageInfo, { description: 'Where the page stands in the list.' })
  pageInfo!: PageInfo;
}
