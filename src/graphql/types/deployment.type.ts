import { Field, ObjectType } from 'type-graphql';
import { DateTime } from '../scalars/date-time.scalar.js';
import { Node } from './node.type.js';

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'The decision that a cohort runs a release from a certain time on.',
})
export class Deployment extends Node {
  @Field(() => DateTime, { description: 'When deployRelease recorded it.' })
  deployedAt!: Date;
}
