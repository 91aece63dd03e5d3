import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import { createGroup, deleteGroup, renameGroup } from '../../changes/group.js';
import { CreateGroupInput } from '../inputs/create-group.input.js';
import { DeleteGroupInput } from '../inputs/delete-group.input.js';
import { RenameGroupInput } from '../inputs/rename-group.input.js';
import { CreateGroupPayload, DeleteGroupPayload, GroupPayload } from '../types/group-payload.type.js';
import type { Role } from '../../model/viewer.js';
import { applied } from '../applied.js';
import type { RequestContext } from '../context.js';

@Resolver()
export class GroupChangesResolver {
  @Authorized<Role>('WRITER')
  @Mutation(() => CreateGroupPayload, { description: 'Creates an empty group. WRITER.' })
  createGroup(
    @Arg('input', () => CreateGroupInput, { description: 'The group.' }) input: CreateGroupInput,
    @Ctx() context: RequestContext,
  ) {
    return applied(context, createGroup(context.changes, input));
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => GroupPayload, { description: 'Renames a group; its devices stay in it. WRITER.' })
  async renameGroup(
    @Arg('input', () => RenameGroupInput, { description: 'The group and its new name.' }) input: RenameGroupInput,
    @Ctx() context: RequestContext,
  ) {
    return { group: await applied(context, renameGroup(context.changes, input)) };
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => DeleteGroupPayload, { description: 'Deletes a group. Its devices stay, in no group. WRITER.' })
  deleteGroup(
    @Arg('input', () => DeleteGroupInput, { description: 'The group.' }) input: DeleteGroupInput,
    @Ctx() context: RequestContext,
  ) {
    return applied(context, deleteGroup(context.changes, input));
  }
}
