import { Field, ObjectType } from 'type-graphql';
import { DateTime } from '../scalars/date-time.scalar.js';
import { Node } from './node.type.js';
import { Role } from './role.enum.js';

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'A key of the project. The secret is shown once, when the key is made, and stored only as a hash.',
})
export class ApiKey extends Node {
  @Field(() => String, { description: 'Name for people; the devices that the key creates carry it as registeredBy.' })
  name!: string;

  @Field(() => Role, { description: 'What the key may do.' })
  role!: Role;

  @Field(() => DateTime, { description: 'When the key was made.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When the key stops working. Null if it never does.' })
  expiresAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the key was last used. Null if it never was.',
  })
  lastUsedAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the key was revoked; it has not worked since. Null if it was not.',
  })
  revokedAt!: Date | null;
}
