import { Field, ObjectType } from 'type-graphql';
import { DateTime } from '../scalars/date-time.scalar.js';
import { DeviceEventKind } from './device-event-kind.enum.js';

@ObjectType({ simpleResolvers: true, description: 'An install or a trace of a device, kept by recordDeviceEvent.' })
export class DeviceEvent {
  @Field(() => DeviceEventKind, { description: 'What happened.' })
  kind!: DeviceEventKind;

  @Field(() => DateTime, { description: 'When it happened, as reported.' })
  at!: Date;

  @Field(() => String, { nullable: true, description: 'One line about it. Null if none was given.' })
  title!: string | null;

  @Field(() => String, { nullable: true, description: 'Where more about it can be read. Null if none was given.' })
  url!: string | null;
}
