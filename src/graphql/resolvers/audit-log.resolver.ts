import { Args, Authorized, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import type { Role } from '../../model/viewer.js';
import { countAuditLog, pageOfAuditLog, parseAuditFilter } from '../../search/audit-log.js';
import { parsePage } from '../../search/page.js';
import { toConnection } from '../connection.js';
import type { RequestContext } from '../context.js';
import { AuditLogArgs } from '../inputs/audit-log.args.js';
import { AuditLogConnection } from '../types/audit-log-connection.type.js';
import { countedOnce, type ListSearched } from './list-pages.js';

@Resolver(() => AuditLogConnection)
export class AuditLogResolver {
  @Authorized<Role>('ADMIN')
  @Query(() => AuditLogConnection, {
    description: 'Who changed what and when, newest first; kept for as long as the installation says. ADMIN only.',
  })
  async auditLog(@Args(() => AuditLogArgs) args: AuditLogArgs, @Ctx() { changes }: RequestContext) {
    const filter = parseAuditFilter(args.filter);
    const page = await pageOfAuditLog(changes, filter, parsePage({ first: args.first, after: args.after }));
    return toConnection(
      page,
      countedOnce(() => countAuditLog(changes, filter)),
    );
  }

  @FieldResolver(() => Int, {
    description: 'Number of entries found, on all pages together. Exact; computed only when asked for.',
  })
  totalCount(@Root('search') search: ListSearched): Promise<number> {
    return search.count();
  }
}
