import { Field, InputType } from 'type-graphql';
import { DateTime } from '../scalars/date-time.scalar.js';
import { DeviceEventKind } from '../types/device-event-kind.enum.js';
import { ReleaseInput } from './release.input.js';

@InputType({ description: 'Something that happened to a device. NOT_FOUND if the device is unknown.' })
export class RecordDeviceEventInput {
  @Field(() => String, { description: 'Serial of the device.' })
  deviceSerial!: string;

  @Field(() => DeviceEventKind, { description: 'What happened.' })
  kind!: DeviceEventKind;

  @Field(() => DateTime, { description: 'When it happened. Events may be recorded in any order.' })
  at!: Date;

  @Field(() => ReleaseInput, {
    nullable: true,
    description: 'Release that was installed, or that left the trace; created if there is none.',
  })
  release?: ReleaseInput | null;

  @Field(() => String, { nullable: true, description: 'One line about it. 1 to 256 characters.' })
  title?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Where more about it can be read: an http or https address of up to 2,048 characters.',
  })
  url?: string | null;
}
