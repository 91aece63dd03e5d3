import { Field, ObjectType } from 'type-graphql';
import { AttributeKey } from './attribute-key.type.js';
import { PageInfo } from './page-info.type.js';

@ObjectType({ simpleResolvers: true, description: 'A name on a page, with its place in the catalogue.' })
class AttributeKeyEdge {
  @Field(() => String, {
    description: 'Place of this name in the catalogue; opaque. Give it as `after` or `before` with the same filter.',
  })
  cursor!: string;

  @Field(() => AttributeKey, { description: 'The name.' })
  node!: AttributeKey;
}

@ObjectType({
  simpleResolvers: true,
  description: 'A page of the catalogue of attributes, ordered by name, then scope, then source.',
})
export class AttributeKeyConnection {
  @Field(() => [AttributeKeyEdge], { description: 'The names of this page in order, each with its cursor.' })
  edges!: readonly AttributeKeyEdge[];

  @Field(() => [AttributeKey], { description: 'The names of this page in order.' })
  nodes!: readonly AttributeKey[];

  @Field(() => PageInfo, { description: 'Where the page stands in the catalogue.' })
  pageInfo!: PageInfo;
}
