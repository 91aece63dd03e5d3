import { Field, ObjectType } from 'type-graphql';
import { Device } from './device.type.js';
import { PageInfo } from './page-info.type.js';

@ObjectType({ simpleResolvers: true, description: 'A device on a page, with its place in the list.' })
class DeviceEdge {
  @Field(() => String, {
    description:
      'Place of this device in the list; opaque. Give it as `after` or `before` with the same filter and order.',
  })
  cursor!: string;

  @Field(() => Device, { description: 'The device.' })
  node!: Device;
}

@ObjectType({ simpleResolvers: true, description: 'A page of the devices found.' })
export class DeviceConnection {
  @Field(() => [DeviceEdge], { description: 'The devices of this page in order, each with its cursor.' })
  edges!: readonly DeviceEdge[];

  @Field(() => [Device], { description: 'The devices of this page in order.' })
  nodes!: readonly Device[];

  @Field(() => PageInfo, { description: 'Where the page stands in the list.' })
  pageInfo!: PageInfo;
}
