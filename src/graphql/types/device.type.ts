import { Field, ID, ObjectType } from 'type-graphql';
import { DateTime } from '../scalars/date-time.scalar.js';
import { DeviceState } from './device-state.enum.js';
import { Node } from './node.type.js';

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'A device of the fleet. It is in exactly one cohort and at most one group.',
})
export class Device extends Node {
  @Field(() => ID, {
    description: 'UUID that the server gave the device when it was created, in small letters: a second way to name it.',
  })
  uuid!: string;

  @Field(() => String, {
    description: [
      'Unique in the project; the key by which scripts name a device. 1 to 1,024 bytes, kept as given. Equal to uuid if',
      'none was given at creation.',
    ].join('\n'),
  })
  deviceSerial!: string;

  @Field(() => String, {
    nullable: true,
    description: "Reference to the owner in the user's own systems: a customer number, an account. Null if not set.",
  })
  ownerRef!: string | null;

  @Field(() => String, { nullable: true, description: 'Version of the hardware, such as `evt2`. Null if not set.' })
  hardwareVersion!: string | null;

  @Field(() => String, { nullable: true, description: 'Who made the device, such as `Apple`. Null if not set.' })
  manufacturer!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Code that the manufacturer gives the model, such as `iPhone1,1`. Null if not set.',
  })
  deviceCode!: string | null;

  @Field(() => Boolean, {
    description: 'Marks simulators and test rigs; a filter of its own, so that test data never hides among real data.',
  })
  testMode!: boolean;

  @Field(() => DeviceState, { description: 'Whether the device is in service.' })
  state!: DeviceState;

  @Field(() => DateTime, {
    nullable: true,
    description: [
      'When the device was last heard of, as the changes told. It never goes back: an earlier time than the one kept is',
      'ignored. Null if the device was never seen.',
    ].join('\n'),
  })
  lastSeen!: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the key or person that created the device. Null if it is not known.',
  })
  registeredBy!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: [
      'When any attribute last changed its value or was removed; a report of equal values does not move it. Null if the',
      'device never had an attribute.',
    ].join('\n'),
  })
  attributesUpdatedAt!: Date | null;

  @Field(() => DateTime, { description: 'When the device was created here.' })
  createdAt!: Date;

  @Field(() => DateTime, {
    description: [
      "When one of the device's own fields, its cohort or its group last changed. Neither attributes nor lastSeen move it.",
    ].join('\n'),
  })
  updatedAt!: Date;
}
