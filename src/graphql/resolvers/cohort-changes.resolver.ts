import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import { createCohort, deleteCohort, deployRelease, updateCohort } from '../../changes/cohort.js';
import { CreateCohortInput } from '../inputs/create-cohort.input.js';
import { DeleteCohortInput } from '../inputs/delete-cohort.input.js';
import { DeployReleaseInput } from '../inputs/deploy-release.input.js';
import { UpdateCohortInput } from '../inputs/update-cohort.input.js';
import { CohortPayload, CreateCohortPayload, DeleteCohortPayload } from '../types/cohort-payload.type.js';
import { DeployReleasePayload } from '../types/deploy-release-payload.type.js';
import type { Role } from '../../model/viewer.js';
import { applied } from '../applied.js';
import type { RequestContext } from '../context.js';

@Resolver()
export class CohortChangesResolver {
  @Authorized<Role>('WRITER')
  @Mutation(() => CreateCohortPayload, {
    description: 'Creates a cohort; ifExists says what happens if the slug is taken. WRITER.',
  })
  createCohort(
    @Arg('input', () => CreateCohortInput, { description: 'The cohort.' }) input: CreateCohortInput,
    @Ctx() context: RequestContext,
  ) {
    return applied(context, createCohort(context.changes, input));
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => CohortPayload, { description: 'Renames a cohort or changes its slug. WRITER.' })
  async updateCohort(
    @Arg('input', () => UpdateCohortInput, { description: 'The cohort and what to change.' }) input: UpdateCohortInput,
    @Ctx() context: RequestContext,
  ) {
    return { cohort: await applied(context, updateCohort(context.changes, input)) };
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => DeleteCohortPayload, {
    description:
      'Deletes a cohort and its deployments. Its devices go to the default cohort, which itself cannot be deleted. WRITER.',
  })
  deleteCohort(
    @Arg('input', () => DeleteCohortInput, { description: 'The cohort.' }) input: DeleteCohortInput,
    @Ctx() context: RequestContext,
  ) {
    return applied(context, deleteCohort(context.changes, input));
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => DeployReleasePayload, { description: 'Records that a cohort runs a release from now on. WRITER.' })
  async deployRelease(
    @Arg('input', () => DeployReleaseInput, { description: 'The cohort and the release.' }) input: DeployReleaseInput,
    @Ctx() context: RequestContext,
  ) {
    return { deployment: await applied(context, deployRelease(context.changes, input)) };
  }
}
