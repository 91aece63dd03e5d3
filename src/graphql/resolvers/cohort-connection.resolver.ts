import { FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { CohortConnection } from '../types/cohort-connection.type.js';
import type { ListSearched } from './list-pages.js';

@Resolver(() => CohortConnection)
export class CohortConnectionResolver {
  @FieldResolver(() => Int, {
    description: 'Number of cohorts found, on all pages together. Exact; computed only when asked for.',
  })
  totalCount(@Root('search') search: ListSearched): Promise<number> {
    return search.count();
  }
}
