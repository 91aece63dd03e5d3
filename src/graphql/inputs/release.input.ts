import { Field, InputType } from 'type-graphql';

@InputType({ description: 'Names a release by version and revision; it is created if there is none.' })
export class ReleaseInput {
  @Field(() => String, { description: 'Version, such as `2.4.1`. 1 to 256 characters.' })
  version!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Revision of the version. 1 to 256 characters. Absent or null: the release without a revision.',
  })
  revision?: string | null;
}
