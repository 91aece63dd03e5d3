import { Field, ObjectType } from 'type-graphql';

@ObjectType({ simpleResolvers: true, description: 'Where a page stands in its list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether the list goes on after this page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, {
    description: 'Whether the list has something before this page.',
  })
  hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the first node, to give as `before`. Null if the page is empty.',
  })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last node, to give as `after`. Null if the page is empty.',
  })
  endCursor!: string | null;
}
