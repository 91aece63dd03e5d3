import { ArgsType, Field, InputType, Int } from 'type-graphql';
import { DateTime } from '../scalars/date-time.scalar.js';

@InputType({
  description: [
    'Which entries of the audit log. All that is given must hold; at least one is needed, and null for one is',
    'BAD_USER_INPUT. Texts are compared as they are.',
  ].join('\n'),
})
export class AuditLogFilter {
  @Field(() => String, { nullable: true, description: 'Name of the key or person.' })
  principal?: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the mutation.' })
  operation?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Id of the object, or its serial, slug or name. Not for changes of many, which name no object.',
  })
  object?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'The earliest time; inclusive.' })
  since?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'The end of the time; exclusive.' })
  until?: Date | null;
}

@ArgsType()
export class AuditLogArgs {
  @Field(() => Int, {
    nullable: true,
    description: 'Size of the page: 0 to 500, default 50. Out of range is BAD_USER_INPUT, never clamped.',
  })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only what comes after this cursor. One of another filter is CURSOR_MISMATCH.',
  })
  after?: string | null;

  @Field(() => AuditLogFilter, { nullable: true, description: 'Only entries that meet this. Absent: all.' })
  filter?: AuditLogFilter | null;
}
