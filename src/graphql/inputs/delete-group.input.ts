import { Field, InputType } from 'type-graphql';

@InputType({ description: 'A group to delete. Its devices stay, in no group.' })
export class DeleteGroupInput {
  @Field(() => String, { description: 'Name of the group. An unknown one is no error: deleted is false.' })
  name!: string;
}
