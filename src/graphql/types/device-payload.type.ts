import { Field, ID, ObjectType } from 'type-graphql';
import { Device } from './device.type.js';

@ObjectType({ simpleResolvers: true, description: 'Answer of a change of one device.' })
export class DevicePayload {
  @Field(() => Device, { description: 'The device after the change.' })
  device!: Device;
}

@ObjectType({ simpleResolvers: true, description: 'Answer of createDevice.' })
export class CreateDevicePayload {
  @Field(() => Device, { description: 'The device, new or as ifExists left it.' })
  device!: Device;

  @Field(() => Boolean, { description: 'False if it was there already.' })
  created!: boolean;
}

@ObjectType({ simpleResolvers: true, description: 'Answer of deleteDevice.' })
export class DeleteDevicePayload {
  @Field(() => Boolean, { description: 'False if there was no such device; nothing is changed then.' })
  deleted!: boolean;

  @Field(() => ID, { nullable: true, description: 'Id that the device had. Null if there was none.' })
  id!: string | null;
}
