import { Field, InputType } from 'type-graphql';

@InputType({ description: 'A device to take out of a group. NOT_FOUND if it is unknown or not in that group.' })
export class RemoveDeviceFromGroupInput {
  @Field(() => String, { description: 'Serial of the device.' })
  deviceSerial!: string;

  @Field(() => String, { description: 'Name of the group that the device is in.' })
  group!: string;
}
