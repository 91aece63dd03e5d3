import { Field, InputType } from 'type-graphql';

@InputType({ description: 'A device that is to have credentials of its own.' })
export class IssueDeviceCredentialsInput {
  @Field(() => String, { description: 'Serial of the device; NOT_FOUND if there is none.' })
  deviceSerial!: string;
}
