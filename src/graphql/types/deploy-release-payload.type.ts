import { Field, ObjectType } from 'type-graphql';
import { Deployment } from './deployment.type.js';

@ObjectType({ simpleResolvers: true, description: 'Answer of deployRelease.' })
export class DeployReleasePayload {
  @Field(() => Deployment, { description: 'The new deployment, from now on the last one of its cohort.' })
  deployment!: Deployment;
}
