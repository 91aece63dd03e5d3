import { Field, InputType } from 'type-graphql';
import { AttributeReport } from './attribute-report.input.js';

@InputType({ description: 'Reports of many devices, in one transaction: all or nothing.' })
export class ReportAttributesInput {
  @Field(() => [AttributeReport], { description: 'Up to 2,000 reports, one for each device. More is LIMIT_EXCEEDED.' })
  reports!: AttributeReport[];

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether unknown devices are created, in the default cohort. If false, one of them is NOT_FOUND.',
  })
  createMissing!: boolean;
}
