import { Field, ObjectType } from 'type-graphql';
import { Device } from './device.type.js';

@ObjectType({ simpleResolvers: true, description: 'Answer of issueDeviceCredentials.' })
export class IssueDeviceCredentialsPayload {
  @Field(() => Device, { description: 'The device.' })
  device!: Device;

  @Field(() => String, { description: 'OAuth client id, beginning with `fgd_`.' })
  clientId!: string;

  @Field(() => String, {
    description: 'OAuth client secret. It is shown only in this answer and cannot be read again.',
  })
  clientSecret!: string;

  @Field(() => String, { description: 'Address at which the device gets tokens, by the grant client_credentials.' })
  tokenUrl!: string;
}
