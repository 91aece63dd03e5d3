import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType({
  simpleResolvers: true,
  description: 'Answer of reportAttributes. Each device counts in exactly one of the three.',
})
export class ReportAttributesPayload {
  @Field(() => Int, { description: 'Devices that did not exist and were created.' })
  createdCount!: number;

  @Field(() => Int, { description: 'Devices of which at least one value changed.' })
  updatedCount!: number;

  @Field(() => Int, { description: 'Devices that had all the reported values already.' })
  unchangedCount!: number;
}
