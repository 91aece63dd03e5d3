import { Field, InputType } from 'type-graphql';

@InputType({ description: 'A change of one cohort; absent fields stay. NOT_FOUND if there is no such cohort.' })
export class UpdateCohortInput {
  @Field(() => String, { description: 'Present slug of the cohort.' })
  slug!: string;

  @Field(() => String, { nullable: true, description: 'New name. 1 to 256 characters. null is BAD_USER_INPUT.' })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: [
      'New slug: 1 to 64 of a-z 0-9 _ -, the first a letter or a digit. CONFLICT if another cohort has it. null is',
      'BAD_USER_INPUT.',
    ].join('\n'),
  })
  newSlug?: string | null;
}
