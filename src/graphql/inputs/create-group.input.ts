import { Field, InputType } from 'type-graphql';
import { IfGroupExists } from '../types/if-group-exists.enum.js';

@InputType({ description: 'A group to create, without devices.' })
export class CreateGroupInput {
  @Field(() => String, { description: 'Unique in the project. 1 to 256 of A-Z a-z 0-9 _ -.' })
  name!: string;

  @Field(() => IfGroupExists, { defaultValue: 'ERROR', description: 'What to do if there is a group of that name.' })
  ifExists!: IfGroupExists;
}
