import { Field, ObjectType } from 'type-graphql';
import { DateTime } from '../scalars/date-time.scalar.js';
import { Node } from './node.type.js';

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: [
    'A version of the software that devices run, told apart by version and revision. It comes into being when a device,',
    'an event or a deployment first names it.',
  ].join('\n'),
})
export class Release extends Node {
  @Field(() => String, { description: 'Version, such as `2.4.1`. 1 to 256 characters.' })
  version!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Revision of the version, such as the hash of a build. 1 to 256 characters, or null if it has none.',
  })
  revision!: string | null;

  @Field(() => DateTime, { description: 'When the release was first named.' })
  createdAt!: Date;
}
