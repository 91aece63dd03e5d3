import { Field, ObjectType } from 'type-graphql';
import { Node } from './node.type.js';

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'A fleet with all that belongs to it. A key sees exactly one project.',
})
export class Project extends Node {
  @Field(() => String, { description: 'Unique on this server.' })
  slug!: string;

  @Field(() => String, { description: 'Name for people.' })
  name!: string;
}
