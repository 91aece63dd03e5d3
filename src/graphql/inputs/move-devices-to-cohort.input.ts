import { Field, InputType } from 'type-graphql';
import { BulkChangeInput } from './bulk-change.input.js';

@InputType({ description: 'Devices to move to a cohort, in one transaction: all or nothing.' })
export class MoveDevicesToCohortInput extends BulkChangeInput {
  @Field(() => String, { description: 'Slug of the cohort; NOT_FOUND if there is none.' })
  cohort!: string;
}
