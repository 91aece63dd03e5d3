import { Field, InputType } from 'type-graphql';
import { DateTime } from '../scalars/date-time.scalar.js';
import { Role } from '../types/role.enum.js';

@InputType({ description: 'A key to make.' })
export class CreateApiKeyInput {
  @Field(() => String, { description: 'Name for people. 1 to 256 characters; two keys may share it.' })
  name!: string;

  @Field(() => Role, { description: 'What the key may do.' })
  role!: Role;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the key stops working; must be in the future. Absent or null: never.',
  })
  expiresAt?: Date | null;
}
