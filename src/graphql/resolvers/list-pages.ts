/** Pages of cohorts, groups and releases. */
import { countList, type ListFilters, pageOfList } from '../../search/lists.js';
import { parsePage } from '../../search/page.js';
import { parseTextFilter } from '../../search/parse-filter.js';
import { type Connection, toConnection } from '../connection.js';
import type { RequestContext } from '../context.js';
import type { PageArgs } from '../inputs/page.args.js';

type ListKind<Row> = Parameters<typeof pageOfList<Row>>[1];

/** What a list was searched by. */
export interface ListSearched {
  /** Counts all that was found, on all pages together; once, however often it is asked for. */
  count(): Promise<number>;
}

/** One page of a list. `inputs` are its filters as the caller gave them, by the name of the argument. */
export async function pageOf<Row>(
  kind: ListKind<Row>,
  inputs: Readonly<Record<string, unknown>>,
  args: PageArgs,
  { changes }: RequestContext,
): Promise<Connection<Row, ListSearched>> {
  const filters = parseListFilters(inputs);
  const page = await pageOfList(changes, kind, filters, parsePage(args));
  return toConnection(
    page,
    countedOnce(() => countList(changes, kind, filters)),
  );
}

/** However many aliases ask. */
export function countedOnce(count: () => Promise<number>): ListSearched {
  let counted: Promise<number> | undefined;
  return { count: () => (counted ??= count()) };
}

function parseListFilters(inputs: Readonly<Record<string, unknown>>): ListFilters {
  const given = Object.entries(inputs).filter(([, input]) => input !== undefined);
  // Slugs, names and versions are always there, as serials are.
  return Object.fromEntries(given.map(([name, input]) => [name, parseTextFilter(input, 'deviceSerial', name)]));
}
