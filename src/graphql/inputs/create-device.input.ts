import { Field, InputType } from 'type-graphql';
import { DateTime } from '../scalars/date-time.scalar.js';
import { IfExists } from '../types/if-exists.enum.js';
import { AttributeInput } from './attribute.input.js';
import { ReleaseInput } from './release.input.js';

@InputType({
  description: [
    'A device to create. With ifExists UPDATE and a device of that serial: given fields are set, attributes merged, and',
    'what is absent stays, cohort and group too.',
  ].join('\n'),
})
export class CreateDeviceInput {
  @Field(() => String, {
    nullable: true,
    description: 'Unique in the project, 1 to 1,024 bytes. Absent: the uuid that the server gives.',
  })
  deviceSerial?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Reference to the owner in the user's own systems. 1 to 256 characters.",
  })
  ownerRef?: string | null;

  @Field(() => String, { nullable: true, description: 'Version of the hardware. 1 to 256 characters.' })
  hardwareVersion?: string | null;

  @Field(() => String, { nullable: true, description: 'Who made the device. 1 to 256 characters.' })
  manufacturer?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Code that the manufacturer gives the model, such as `iPhone1,1`. 1 to 256 characters.',
  })
  deviceCode?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether this is a simulator or a test rig. Absent: false for a new device. null is BAD_USER_INPUT.',
  })
  testMode?: boolean | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the device was last heard of. A time before the one kept is ignored.',
  })
  lastSeen?: Date | null;

  @Field(() => ReleaseInput, { nullable: true, description: 'Release that the device was last seen with.' })
  lastSeenRelease?: ReleaseInput | null;

  @Field(() => String, {
    nullable: true,
    description: [
      'Slug of the cohort; NOT_FOUND if there is none. Absent: the default cohort for a new device. null is BAD_USER_INPUT.',
    ].join('\n'),
  })
  cohort?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Name of the group, 1 to 256 of A-Z a-z 0-9 _ -; created if there is none. Absent: none for a new device.',
  })
  group?: string | null;

  @Field(() => [AttributeInput], { nullable: true, description: 'Attributes of the device, up to 1,000.' })
  attributes?: AttributeInput[] | null;

  @Field(() => IfExists, { defaultValue: 'ERROR', description: 'What to do if the serial is taken.' })
  ifExists!: IfExists;
}
