import { Field, InputType, Int } from 'type-graphql';
import { DeviceSelector } from './device-selector.input.js';

/** What all changes of many devices have in common; no type of the schema by itself. */
@InputType()
export abstract class BulkChangeInput {
  @Field(() => DeviceSelector, { description: 'Which devices.' })
  devices!: DeviceSelector;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'true counts without changing anything, and ignores maxAffected.',
  })
  dryRun!: boolean;

  @Field(() => Int, {
    nullable: true,
    description: [
      'Most devices that may match, 0 or more. More matches are TOO_MANY_AFFECTED with their number in',
      'extensions.matchedCount, and nothing is changed. Absent: no limit.',
    ].join('\n'),
  })
  maxAffected?: number | null;
}
