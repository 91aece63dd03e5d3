import { Field, InputType } from 'type-graphql';
import { ReleaseInput } from './release.input.js';

@InputType({ description: 'A release for a cohort. It becomes the last deployment of the cohort.' })
export class DeployReleaseInput {
  @Field(() => String, { description: 'Slug of the cohort; NOT_FOUND if there is none.' })
  cohort!: string;

  @Field(() => ReleaseInput, { description: 'The release; created if there is none.' })
  release!: ReleaseInput;
}
