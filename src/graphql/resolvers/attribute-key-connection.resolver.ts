import { FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { AttributeKeyConnection } from '../types/attribute-key-connection.type.js';
import type { ListSearched } from './list-pages.js';

@Resolver(() => AttributeKeyConnection)
export class AttributeKeyConnectionResolver {
  @FieldResolver(() => Int, {
    description: 'Number of names found, on all pages together. Exact; computed only when asked for.',
  })
  totalCount(@Root('search') search: ListSearched): Promise<number> {
    return search.count();
  }
}
