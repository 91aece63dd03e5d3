import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Authorized, Ctx, FieldResolver, Info, Int, Query, Resolver, Root } from 'type-graphql';
import type { CohortEntity } from '../../database/entities/cohort.entity.js';
import { parseName } from '../../model/names.js';
import type { Role } from '../../model/viewer.js';
import { COHORT_LIST, type WithDevices } from '../../search/lists.js';
import type { RequestContext } from '../context.js';
import { AtHand } from '../execution/at-hand.js';
import { CohortsArgs } from '../inputs/cohorts.args.js';
import { DevicesArgs } from '../inputs/devices.args.js';
import { CohortConnection } from '../types/cohort-connection.type.js';
import { Cohort } from '../types/cohort.type.js';
import { Deployment } from '../types/deployment.type.js';
import { DeviceConnection } from '../types/device-connection.type.js';
import { pageOfDevicesWithin, pageReadWith } from './device-pages.js';
import { pageOf } from './list-pages.js';

const membersOf = ({ id }: CohortEntity) => ({ within: 'cohort', parentId: id }) as const;

@Resolver(() => Cohort)
export class CohortResolver {
  @Authorized<Role>('READER')
  @Query(() => Cohort, { nullable: true, description: 'A cohort by its slug. Null if there is none.' })
  cohort(
    @Arg('slug', () => String, { description: 'Slug of the cohort; letter case counts.' }) slug: string,
    @Ctx() { loaders }: RequestContext,
  ): Promise<CohortEntity | null> {
    return loaders.cohortBySlug.load(parseName(slug, 'slug'));
  }

  @Authorized<Role>('READER')
  @Query(() => CohortConnection, { description: 'Cohorts of the project, ordered by slug.' })
  cohorts(
    @Args(() => CohortsArgs) args: CohortsArgs,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return pageOf(COHORT_LIST, { name: args.name, slug: args.slug }, args, context, info);
  }

  @AtHand(({ deviceCount }: WithDevices) => deviceCount)
  @FieldResolver(() => Int, { description: 'Devices in the cohort, test devices and disabled ones too. Exact.' })
  deviceCount(@Root() cohort: CohortEntity & WithDevices, @Ctx() { loaders }: RequestContext) {
    return cohort.deviceCount ?? loaders.deviceCount.load({ kind: 'COHORT', ownerId: cohort.id });
  }

  @FieldResolver(() => Deployment, {
    nullable: true,
    description: 'The newest deployment of the cohort. Null if nothing was deployed to it.',
  })
  lastDeployment(@Root() cohort: CohortEntity, @Ctx() { loaders }: RequestContext) {
    return loaders.lastDeployment.load(cohort.id);
  }

  @AtHand((cohort: CohortEntity & WithDevices, args: DevicesArgs) => pageReadWith(cohort, membersOf(cohort), args))
  @FieldResolver(() => DeviceConnection, {
    description: 'Devices in the cohort, filtered, ordered and paged as in the query of the same name.',
  })
  devices(
    @Root() cohort: CohortEntity & WithDevices,
    @Args(() => DevicesArgs) args: DevicesArgs,
    @Ctx() context: RequestContext,
  ) {
    return pageReadWith(cohort, membersOf(cohort), args) ?? pageOfDevicesWithin(membersOf(cohort), args, context);
  }
}
