import { Field, ID, InputType } from 'type-graphql';
import { DeviceState } from '../types/device-state.enum.js';
import { AttributeFilter } from './attribute-filter.input.js';
import { DateTimeFilter } from './date-time-filter.input.js';
import { StringFilter } from './string-filter.input.js';

@InputType({
  description: [
    'Which devices are found: those for which all given fields hold. An empty object, a field given as null, an operator',
    'that is missing and a variable that was not supplied are errors (BAD_USER_INPUT with the path), never "everything": a',
    'filter that is not understood must not widen a result.',
    "Every test is two-valued: `not` is the exact complement over the project's devices.",
    'At most 100 operators, 10 levels (this object is the first) and 1,000 elements of a list: more is LIMIT_EXCEEDED.',
  ].join('\n'),
})
export class DeviceFilter {
  @Field(() => [DeviceFilter], {
    nullable: true,
    description: 'All of these hold. An empty list holds for all devices.',
  })
  and?: DeviceFilter[] | null;

  @Field(() => [DeviceFilter], {
    nullable: true,
    description: 'At least one of these holds. An empty list holds for none.',
  })
  or?: DeviceFilter[] | null;

  @Field(() => DeviceFilter, { nullable: true, description: 'This does not hold: the exact complement.' })
  not?: DeviceFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'Serial of the device.' })
  deviceSerial?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: "Reference to the owner in the user's own systems." })
  ownerRef?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'Version of the hardware.' })
  hardwareVersion?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'Who made the device.' })
  manufacturer?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'Code that the manufacturer gives the model.' })
  deviceCode?: StringFilter | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true: only simulators and test rigs; false: only real devices.',
  })
  testMode?: boolean | null;

  @Field(() => [DeviceState], { nullable: true, description: 'In one of these states. An empty list holds for none.' })
  state?: DeviceState[] | null;

  @Field(() => DateTimeFilter, { nullable: true, description: 'When the device was last heard of.' })
  lastSeen?: DateTimeFilter | null;

  @Field(() => DateTimeFilter, { nullable: true, description: 'When the device was created.' })
  createdAt?: DateTimeFilter | null;

  @Field(() => DateTimeFilter, {
    nullable: true,
    description: "When one of the device's own fields, its cohort or its group last changed.",
  })
  updatedAt?: DateTimeFilter | null;

  @Field(() => DateTimeFilter, { nullable: true, description: 'When any attribute last changed its value.' })
  attributesUpdatedAt?: DateTimeFilter | null;

  @Field(() => [ID], {
    nullable: true,
    description: [
      'One of the devices of these ids. Ids of no device are no error; a malformed one is BAD_USER_INPUT. An empty list',
      'holds for none.',
    ].join('\n'),
  })
  ids?: string[] | null;

  @Field(() => StringFilter, {
    nullable: true,
    description: 'Version of the release that the device was last seen with, whatever its revision.',
  })
  release?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'Slug of the cohort.' })
  cohort?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'Name of the group.' })
  group?: StringFilter | null;

  @Field(() => Boolean, { nullable: true, description: 'true: in a group; false: in none.' })
  hasGroup?: boolean | null;

  @Field(() => [AttributeFilter], {
    nullable: true,
    description: [
      'All must hold, each met by any attribute of its name: two tests may be met by two values. An empty list holds for',
      'all devices.',
    ].join('\n'),
  })
  attributes?: AttributeFilter[] | null;
}
