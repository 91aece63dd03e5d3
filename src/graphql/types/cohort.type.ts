import { Field, ObjectType } from 'type-graphql';
import { DateTime } from '../scalars/date-time.scalar.js';
import { Node } from './node.type.js';

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: [
    'A set of devices that get their releases together. Every device is in exactly one cohort; one cohort of the project',
    'is the default, which new devices join.',
  ].join('\n'),
})
export class Cohort extends Node {
  @Field(() => String, { description: 'Name for people. 1 to 256 characters; two cohorts may share it.' })
  name!: string;

  @Field(() => String, {
    description: [
      'Unique in the project; the key by which scripts name a cohort. 1 to 64 of a-z 0-9 _ -, the first a letter or a',
      'digit.',
    ].join('\n'),
  })
  slug!: string;

  @Field(() => Boolean, {
    description:
      'Whether new devices join this cohort unless told otherwise. True for exactly one cohort of the project.',
  })
  isDefault!: boolean;

  @Field(() => DateTime, { description: 'When the cohort was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'When its name or slug last changed.' })
  updatedAt!: Date;
}
