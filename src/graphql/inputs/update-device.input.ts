import { Field, InputType } from 'type-graphql';
import { DateTime } from '../scalars/date-time.scalar.js';
import { DeviceState } from '../types/device-state.enum.js';
import { ReleaseInput } from './release.input.js';

@InputType({
  description: [
    'A change of one device: absent fields stay, null clears a field that may be null. NOT_FOUND if the device is unknown.',
  ].join('\n'),
})
export class UpdateDeviceInput {
  @Field(() => String, { description: 'Serial of the device; it cannot be changed.' })
  deviceSerial!: string;

  @Field(() => String, {
    nullable: true,
    description: "Reference to the owner in the user's own systems. 1 to 256 characters; null clears it.",
  })
  ownerRef?: string | null;

  @Field(() => String, { nullable: true, description: 'Version of the hardware. 1 to 256 characters; null clears it.' })
  hardwareVersion?: string | null;

  @Field(() => String, { nullable: true, description: 'Who made the device. 1 to 256 characters; null clears it.' })
  manufacturer?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Code that the manufacturer gives the model. 1 to 256 characters; null clears it.',
  })
  deviceCode?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether this is a simulator or a test rig. null is BAD_USER_INPUT.',
  })
  testMode?: boolean | null;

  @Field(() => DeviceState, {
    nullable: true,
    description: 'Takes the device out of service or back into it. null is BAD_USER_INPUT.',
  })
  state?: DeviceState | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the device was last heard of. A time before the one kept is ignored.',
  })
  lastSeen?: Date | null;

  @Field(() => ReleaseInput, {
    nullable: true,
    description: 'Release that the device was last seen with; null clears it.',
  })
  lastSeenRelease?: ReleaseInput | null;

  @Field(() => String, {
    nullable: true,
    description: 'Slug of the cohort to move the device to; NOT_FOUND if there is none. null is BAD_USER_INPUT.',
  })
  cohort?: string | null;
}
