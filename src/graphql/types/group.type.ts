import { Field, ObjectType } from 'type-graphql';
import { DateTime } from '../scalars/date-time.scalar.js';
import { Node } from './node.type.js';

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: [
    'A named set of devices. A device is in at most one group. A group comes into being when a change first names it or',
    'by createGroup, and stays, even empty, until it is deleted.',
  ].join('\n'),
})
export class Group extends Node {
  @Field(() => String, { description: 'Unique in the project. 1 to 256 of A-Z a-z 0-9 _ -.' })
  name!: string;

  @Field(() => DateTime, { description: 'When the group was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'When the group was last renamed; at first, when it was created.' })
  updatedAt!: Date;
}
