import type { GraphQLResolveInfo } from 'graphql';
import { Args, Authorized, Ctx, FieldResolver, Info, Int, Query, Resolver, Root } from 'type-graphql';
import type { ReleaseEntity } from '../../database/entities/release.entity.js';
import type { Role } from '../../model/viewer.js';
import { RELEASE_LIST, type WithDevices } from '../../search/lists.js';
import type { RequestContext } from '../context.js';
import { AtHand } from '../execution/at-hand.js';
import { ReleasesArgs } from '../inputs/releases.args.js';
import { ReleaseConnection } from '../types/release-connection.type.js';
import { Release } from '../types/release.type.js';
import { pageOf } from './list-pages.js';

@Resolver(() => Release)
export class ReleaseResolver {
  @Authorized<Role>('READER')
  @Query(() => ReleaseConnection, { description: 'Releases that were ever named in the project, newest first.' })
  releases(
    @Args(() => ReleasesArgs) args: ReleasesArgs,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return pageOf(RELEASE_LIST, { version: args.version }, args, context, info);
  }

  @AtHand(({ deviceCount }: WithDevices) => deviceCount)
  @FieldResolver(() => Int, { description: 'Devices that were last seen with this release.' })
  deviceCount(@Root() release: ReleaseEntity & WithDevices, @Ctx() { loaders }: RequestContext) {
    return release.deviceCount ?? loaders.deviceCount.load({ kind: 'RELEASE', ownerId: release.id });
  }
}
