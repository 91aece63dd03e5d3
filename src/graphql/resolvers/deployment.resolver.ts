import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { DeploymentEntity } from '../../database/entities/deployment.entity.js';
import type { RequestContext } from '../context.js';
import { stillThere } from '../still-there.js';
import { Cohort } from '../types/cohort.type.js';
import { Deployment } from '../types/deployment.type.js';
import { Release } from '../types/release.type.js';

@Resolver(() => Deployment)
export class DeploymentResolver {
  @FieldResolver(() => Release, { description: 'The release that was deployed.' })
  async release(@Root() deployment: DeploymentEntity, @Ctx() { loaders }: RequestContext) {
    return stillThere(await loaders.release.load(deployment.releaseId));
  }

  @FieldResolver(() => Cohort, { description: 'The cohort that it was deployed to.' })
  async cohort(@Root() deployment: DeploymentEntity, @Ctx() { loaders }: RequestContext) {
    return stillThere(await loaders.cohort.load(deployment.cohortId));
  }
}
