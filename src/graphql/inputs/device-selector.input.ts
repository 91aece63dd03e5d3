import { Field, ID, InputType } from 'type-graphql';
import { DeviceFilter } from './device-filter.input.js';

@InputType({
  description: [
    'Which devices a change is for, in exactly one of four ways. Duplicates count once.',
    'The whole project must be named by all: true. A filter that holds for every device whatever its data (an empty one,',
    '`and: []`, `not: {or: []}`, `notIn: []`) is BAD_USER_INPUT here, and so are an empty list, null and a variable that',
    'was not supplied.',
  ].join('\n'),
})
export class DeviceSelector {
  @Field(() => [String], {
    nullable: true,
    description:
      'The devices of these serials, up to 50,000. Unknown ones are listed in unknownSerials; the rest proceeds.',
  })
  deviceSerials?: string[] | null;

  @Field(() => [ID], {
    nullable: true,
    description: [
      'The devices of these ids, up to 50,000. Unknown ones are listed in unknownIds; the rest proceeds. A malformed one',
      'is BAD_USER_INPUT.',
    ].join('\n'),
  })
  ids?: string[] | null;

  @Field(() => DeviceFilter, { nullable: true, description: 'The devices for which this filter holds.' })
  filter?: DeviceFilter | null;

  @Field(() => Boolean, { nullable: true, description: 'true: all devices of the project. false is BAD_USER_INPUT.' })
  all?: boolean | null;
}
