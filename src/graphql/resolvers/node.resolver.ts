import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Authorized, Ctx, FieldResolver, ID, Info, Query, Resolver, Root } from 'type-graphql';
import { maySeeNode } from '../../auth/policy.js';
import { limitExceeded } from '../../errors.js';
import { type NodeId, type NodeType, parseGlobalId, toGlobalId } from '../../model/global-id.js';
import { LIMITS } from '../../model/limits.js';
import type { Role } from '../../model/viewer.js';
import type { RequestContext } from '../context.js';
import { AtHand } from '../execution/at-hand.js';
import { Node } from '../types/node.type.js';

type NodeRow = { readonly id: string };
type LoadNode = (context: RequestContext, id: string) => Promise<NodeRow | null>;

/** Where each type's rows come from; null for what is unknown or of another project. */
const LOADS: Readonly<Record<NodeType, LoadNode>> = {
  Device: ({ loaders }, id) => loaders.device.load({ by: 'id', key: id }),
  Cohort: ({ loaders }, id) => loaders.cohort.load(id),
  Group: ({ loaders }, id) => loaders.group.load(id),
  Release: ({ loaders }, id) => loaders.release.load(id),
  Deployment: ({ loaders }, id) => loaders.deployment.load(id),
  ApiKey: ({ loaders }, id) => loaders.apiKey.load(id),
  Project: ({ loaders }, id) => loaders.project.load(id),
};

async function loadNode(context: RequestContext, nodeId: NodeId) {
  if (!maySeeNode(context.viewer, nodeId)) return null;
  const { type, id } = nodeId;
  const row = await LOADS[type](context, id);
  return row === null ? null : { ...row, __typename: type };
}

@Resolver(() => Node)
export class NodeResolver {
  /** Of every object type: rows carry the internal id, callers see it with the type in it. */
  @AtHand(({ id }: NodeRow, _args, typeName) => toGlobalId(typeName as NodeType, id))
  @FieldResolver(() => ID)
  id(@Root() row: NodeRow, @Info() info: GraphQLResolveInfo): string {
    return toGlobalId(info.parentType.name as NodeType, row.id);
  }

  @Authorized<Role>('READER')
  @Query(() => Node, {
    nullable: true,
    description:
      'Any object by its id. Null if it is unknown or of another project; BAD_USER_INPUT if the id is malformed.',
  })
  node(
    @Arg('id', () => ID, { description: 'An id as this API gave it.' }) id: string,
    @Ctx() context: RequestContext,
  ): Promise<NodeRow | null> {
    return loadNode(context, parseGlobalId(id, 'id'));
  }

  @Authorized<Role>('READER')
  @Query(() => [Node], {
    nullable: 'items',
    description: 'Several objects by their ids, in the order of the ids, with null for each that is unknown.',
  })
  nodes(
    @Arg('ids', () => [ID], { description: 'Up to 500 ids; more is LIMIT_EXCEEDED.' }) ids: string[],
    @Ctx() context: RequestContext,
  ): Promise<(NodeRow | null)[]> {
    if (ids.length > LIMITS.nodes) throw limitExceeded('ids', `at most ${LIMITS.nodes} ids, got ${ids.length}`);
    const nodeIds = ids.map((id, index) => parseGlobalId(id, `ids[${index}]`));
    return Promise.all(nodeIds.map((nodeId) => loadNode(context, nodeId)));
  }
}
