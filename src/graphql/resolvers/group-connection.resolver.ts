import { FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { GroupConnection } from '../types/group-connection.type.js';
import type { ListSearched } from './list-pages.js';

@Resolver(() => GroupConnection)
export class GroupConnectionResolver {
  @FieldResolver(() => Int, {
    description: 'Number of groups found, on all pages together. Exact; computed only when asked for.',
  })
  totalCount(@Root('search') search: ListSearched): Promise<number> {
    return search.count();
  }
}
