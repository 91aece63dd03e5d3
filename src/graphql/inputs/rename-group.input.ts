import { Field, InputType } from 'type-graphql';

@InputType({ description: 'A new name for a group; its devices stay in it.' })
export class RenameGroupInput {
  @Field(() => String, { description: 'Present name of the group; NOT_FOUND if there is none.' })
  name!: string;

  @Field(() => String, { description: 'New name. 1 to 256 of A-Z a-z 0-9 _ -. CONFLICT if another group has it.' })
  newName!: string;
}
