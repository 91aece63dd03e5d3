import { Field, ObjectType } from 'type-graphql';
import { Release } from './release.type.js';
import { PageInfo } from './page-info.type.js';

@ObjectType({ simpleResolvers: true, description: 'A release on a page, with its place in the list.' })
class ReleaseEdge {
  @Field(() => String, {
    description: 'Place of this release in the list; opaque. Give it as `after` or `before` with the same filter.',
  })
  cursor!: string;

  @Field(() => Release, { description: 'The release.' })
  node!: Release;
}

@ObjectType({ simpleResolvers: true, description: 'A page of releases, newest first.' })
export class ReleaseConnection {
  @Field(() => [ReleaseEdge], { description: 'The releases of this page in order, each with its cursor.' })
  edges!: readonly ReleaseEdge[];

  @Field(() => [Release], { description: 'The releases of this page in order.' })
  nodes!: readonly Release[];

  @Field(() => PageInfo, { description: 'Where the page stands in the list.' })
  pageInfo!: PageInfo;
}
