import { Field, InputType } from 'type-graphql';

@InputType({
  description: 'A cohort to delete with its deployments. Its devices go to the default cohort.',
})
export class DeleteCohortInput {
  @Field(() => String, {
    description:
      'Slug of the cohort. That of the default cohort is CONFLICT; an unknown one is no error: deleted is false.',
  })
  slug!: string;
}
