import { Field, InputType } from 'type-graphql';
import { BulkChangeInput } from './bulk-change.input.js';

@InputType({ description: 'Devices to move to a group, or out of their groups, in one transaction: all or nothing.' })
export class MoveDevicesToGroupInput extends BulkChangeInput {
  @Field(() => String, {
    nullable: true,
    description: [
      'Name of the group, 1 to 256 of A-Z a-z 0-9 _ -; created if there is none and a device matches. An explicit null',
      'takes the devices out of their groups; absent is BAD_USER_INPUT.',
    ].join('\n'),
  })
  group?: string | null;
}
