import { Field, InputType } from 'type-graphql';
import { IfExists } from '../types/if-exists.enum.js';

@InputType({ description: 'A cohort to create.' })
export class CreateCohortInput {
  @Field(() => String, { description: 'Name for people. 1 to 256 characters.' })
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: [
      'Unique in the project: 1 to 64 of a-z 0-9 _ -, the first a letter or a digit. Absent: made from the name, in small',
      'letters and with - between words.',
    ].join('\n'),
  })
  slug?: string | null;

  @Field(() => IfExists, { defaultValue: 'ERROR', description: 'What to do if the slug is taken.' })
  ifExists!: IfExists;
}
