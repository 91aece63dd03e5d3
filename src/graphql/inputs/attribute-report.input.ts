import { Field, InputType } from 'type-graphql';
import { DateTime } from '../scalars/date-time.scalar.js';
import { AttributeInput } from './attribute.input.js';
import { ReleaseInput } from './release.input.js';

@InputType({ description: 'What one device reports. Its attributes are merged: names not given stay.' })
export class AttributeReport {
  @Field(() => String, {
    description: 'Serial of the device, 1 to 1,024 bytes. The same serial twice in one call is BAD_USER_INPUT.',
  })
  deviceSerial!: string;

  @Field(() => [AttributeInput], { description: 'The attributes, up to 1,000; may be empty.' })
  attributes!: AttributeInput[];

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the device was last heard of. A time before the one kept is ignored.',
  })
  lastSeen?: Date | null;

  @Field(() => ReleaseInput, { nullable: true, description: 'Release that the device was last seen with.' })
  lastSeenRelease?: ReleaseInput | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the group to put the device into; created if there is none. Absent: it stays where it is.',
  })
  group?: string | null;
}
