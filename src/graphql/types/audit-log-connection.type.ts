import { Field, ObjectType } from 'type-graphql';
import { AuditEntry } from './audit-entry.type.js';
import { PageInfo } from './page-info.type.js';

@ObjectType({ simpleResolvers: true, description: 'An entry on a page, with its place in the log.' })
class AuditEntryEdge {
  @Field(() => String, {
    description: 'Place of this entry in the log; opaque. Give it as `after` with the same filter.',
  })
  cursor!: string;

  @Field(() => AuditEntry, { description: 'The entry.' })
  node!: AuditEntry;
}

@ObjectType({ simpleResolvers: true, description: 'A page of the audit log, newest first.' })
export class AuditLogConnection {
  @Field(() => [AuditEntryEdge], { description: 'The entries of this page in order, each with its cursor.' })
  edges!: readonly AuditEntryEdge[];

  @Field(() => [AuditEntry], { description: 'The entries of this page in order.' })
  nodes!: readonly AuditEntry[];

  @Field(() => PageInfo, { description: 'Where the page stands in the log.' })
  pageInfo!: PageInfo;
}
