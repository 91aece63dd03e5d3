import { Field, InputType } from 'type-graphql';

@InputType({ description: 'A device to delete with everything that belongs to it.' })
export class DeleteDeviceInput {
  @Field(() => String, { description: 'Serial of the device. An unknown one is no error: deleted is false.' })
  deviceSerial!: string;
}
