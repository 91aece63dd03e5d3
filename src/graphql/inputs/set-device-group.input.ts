import { Field, InputType } from 'type-graphql';

@InputType({ description: 'A device to put into a group. One that is in another group is moved.' })
export class SetDeviceGroupInput {
  @Field(() => String, { description: 'Serial of the device; NOT_FOUND if there is none.' })
  deviceSerial!: string;

  @Field(() => String, { description: 'Name of the group, 1 to 256 of A-Z a-z 0-9 _ -; created if there is none.' })
  group!: string;
}
