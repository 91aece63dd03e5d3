import { Authorized, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import type { Viewer as ViewerModel, Role } from '../../model/viewer.js';
import type { RequestContext } from '../context.js';
import { stillThere } from '../still-there.js';
import { Project } from '../types/project.type.js';
import { Viewer } from '../types/viewer.type.js';

@Resolver(() => Viewer)
export class ViewerResolver {
  @Authorized<Role>('READER')
  @Query(() => Viewer, { description: 'Who is asking: the role, name and project of the credential.' })
  viewer(@Ctx() { viewer }: RequestContext): ViewerModel {
    return viewer;
  }

  @FieldResolver(() => Project)
  async project(@Root() viewer: ViewerModel, @Ctx() { loaders }: RequestContext) {
    return stillThere(await loaders.project.load(viewer.projectId));
  }
}
