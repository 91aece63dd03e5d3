import { Field, Int, ObjectType } from 'type-graphql';
import { Group } from './group.type.js';

@ObjectType({ simpleResolvers: true, description: 'Answer of a change of one group.' })
export class GroupPayload {
  @Field(() => Group, { description: 'The group after the change.' })
  group!: Group;
}

@ObjectType({ simpleResolvers: true, description: 'Answer of createGroup.' })
export class CreateGroupPayload {
  @Field(() => Group, { description: 'The group, new or as it was.' })
  group!: Group;

  @Field(() => Boolean, { description: 'False if it was there already.' })
  created!: boolean;
}

@ObjectType({ simpleResolvers: true, description: 'Answer of deleteGroup.' })
export class DeleteGroupPayload {
  @Field(() => Boolean, { description: 'False if there was no such group; nothing is changed then.' })
  deleted!: boolean;

  @Field(() => Int, { description: 'Devices that were in the group and are now in none.' })
  releasedDeviceCount!: number;
}
