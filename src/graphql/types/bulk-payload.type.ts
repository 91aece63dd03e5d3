import { Field, ID, Int, ObjectType } from 'type-graphql';

@ObjectType({
  simpleResolvers: true,
  description: 'Answer of a change of many devices, which happens in one transaction: all or nothing.',
})
export class BulkPayload {
  @Field(() => Int, { description: 'Devices that were selected. One named twice counts once.' })
  matchedCount!: number;

  @Field(() => Int, {
    description: [
      'Devices that changed, or with dryRun would change. A device that is as wanted already is matched but not changed.',
    ].join('\n'),
  })
  changedCount!: number;

  @Field(() => [String], { description: 'Given serials that name no device of the project, each once, as given.' })
  unknownSerials!: readonly string[];

  @Field(() => [ID], { description: 'Given ids that name no device of the project, each once, as given.' })
  unknownIds!: readonly string[];

  @Field(() => Boolean, { description: 'Whether this was only counted: true means that nothing was changed.' })
  dryRun!: boolean;
}
