import { Field, ObjectType } from 'type-graphql';
import { Group } from './group.type.js';
import { PageInfo } from './page-info.type.js';

@ObjectType({ simpleResolvers: true, description: 'A group on a page, with its place in the list.' })
class GroupEdge {
  @Field(() => String, {
    description: 'Place of this group in the list; opaque. Give it as `after` or `before` with the same filter.',
  })
  cursor!: string;

  @Field(() => Group, { description: 'The group.' })
  node!: Group;
}

@ObjectType({ simpleResolvers: true, description: 'A page of groups, ordered by name.' })
export class GroupConnection {
  @Field(() => [GroupEdge], { description: 'The groups of this page in order, each with its cursor.' })
  edges!: readonly GroupEdge[];

  @Field(() => [Group], { description: 'The groups of this page in order.' })
  nodes!: readonly Group[];

  @Field(() => PageInfo, { description: 'Where the page stands in the list.' })
  pageInfo!: PageInfo;
}
