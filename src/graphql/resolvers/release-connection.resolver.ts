import { FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { ReleaseConnection } from '../types/release-connection.type.js';
import type { ListSearched } from './list-pages.js';

@Resolver(() => ReleaseConnection)
export class ReleaseConnectionResolver {
  @FieldResolver(() => Int, {
    description: 'Number of releases found, on all pages together. Exact; computed only when asked for.',
  })
  totalCount(@Root('search') search: ListSearched): Promise<number> {
    return search.count();
  }
}
