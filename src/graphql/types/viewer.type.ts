import { Field, ObjectType } from 'type-graphql';
import { Project } from './project.type.js';
import { Role } from './role.enum.js';

@ObjectType({ simpleResolvers: true, description: 'Who is asking, as the credential says.' })
export class Viewer {
  @Field(() => Project, { description: 'The one project that the credential sees.' })
  project!: Project;

  @Field(() => Role, { description: 'What the credential may do.' })
  role!: Role;

  @Field(() => String, { description: 'Name of the key or person.' })
  name!: string;
}
