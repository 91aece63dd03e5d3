import { ArgsType, Field, Int } from 'type-graphql';

/** A page by cursors. Ranges and forbidden combinations are checked where the page is parsed. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    description: [
      'Size of the page, from its start: 0 to 500, default 50. 0 gives no nodes, for counts alone. Out of range is',
      'BAD_USER_INPUT, never clamped. Excludes last.',
    ].join('\n'),
  })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description: [
      'Only what comes after this cursor. Cursors survive inserts and deletes between pages. One of another list, filter',
      'or order is CURSOR_MISMATCH; a malformed one is BAD_USER_INPUT.',
    ].join('\n'),
  })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: [
      'Size of the page, from its end: the last nodes of the list, or the last before `before`, still in the order of the',
      'list. 0 to 500. Out of range is BAD_USER_INPUT. Excludes first.',
    ].join('\n'),
  })
  last?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only what comes before this cursor; same rules as for `after`. Use it with last to page backwards.',
  })
  before?: string | null;
}

/** A page by cursors or by number. */
@ArgsType()
export class OffsetPageArgs extends PageArgs {
  @Field(() => Int, {
    nullable: true,
    description: [
      'Nodes to leave out at the start, for pages by number: 0 to 10,000, default 0. Excludes after, before and last. Use',
      'cursors to go further.',
    ].join('\n'),
  })
  offset?: number | null;
}
