import { Args, Authorized, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import type { Role } from '../../model/viewer.js';
import { type CatalogueEntry, countCatalogue, pageOfCatalogue, parseCatalogueSearch } from '../../search/catalogue.js';
import { parsePage } from '../../search/page.js';
import { type Connection, toConnection } from '../connection.js';
import type { RequestContext } from '../context.js';
import { AttributeKeysArgs } from '../inputs/attribute-keys.args.js';
import { AttributeKeyConnection } from '../types/attribute-key-connection.type.js';
import { AttributeKey } from '../types/attribute-key.type.js';
import { countedOnce, type ListSearched } from './list-pages.js';

@Resolver(() => AttributeKey)
export class AttributeKeyResolver {
  @Authorized<Role>('READER')
  @Query(() => AttributeKeyConnection, {
    description: [
      'The catalogue of attributes: the names that are in use in the project, ordered by name, then scope, then source.',
      'A name that no device has any more is not in it.',
    ].join('\n'),
  })
  async attributeKeys(
    @Args(() => AttributeKeysArgs) args: AttributeKeysArgs,
    @Ctx() { changes }: RequestContext,
  ): Promise<Connection<CatalogueEntry, ListSearched>> {
    const search = parseCatalogueSearch(args.nameContains, args.scope);
    const page = await pageOfCatalogue(changes, search, parsePage(args));
    return toConnection(
      page,
      countedOnce(() => countCatalogue(changes, search)),
    );
  }

  @FieldResolver(() => Int, {
    description: 'Devices that have a value of this name, scope and source. Exact, as of at most a minute ago.',
  })
  deviceCount(@Root() entry: CatalogueEntry, @Ctx() { loaders }: RequestContext): Promise<number> {
    return loaders.keyCount.load(entry);
  }
}
