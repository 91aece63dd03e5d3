/** Pages of cohorts, groups and releases. */
import type { GraphQLResolveInfo } from 'graphql';
import { getArgumentValues } from 'graphql/execution/values.js';
import { type FirstDevices, isReadWithList } from '../../search/first-devices.js';
import { countList, type ListFilters, pageOfList, type WithDevices } from '../../search/lists.js';
import { parsePage } from '../../search/page.js';
import { parseTextFilter } from '../../search/parse-filter.js';
import { type Connection, toConnection } from '../connection.js';
import type { RequestContext } from '../context.js';
import type { PageArgs } from '../inputs/page.args.js';
import { selectedFields } from '../selected-fields.js';
import { sizeOfFirstPage } from './device-pages.js';

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
  info: GraphQLResolveInfo,
): Promise<Connection<Row & WithDevices, ListSearched>> {
  const filters = parseListFilters(inputs);
  const request = parsePage(args);
  const devices = kind.members && devicesSelected(info, request.size);
  const page = await pageOfList(changes, kind, filters, request, {
    deviceCount: ROWS.some((path) => selectedFields(info, ...path).has('deviceCount')),
    ...(devices !== undefined && { devices: { ...devices, instant: changes.instant } }),
  });
  return toConnection(
    page,
    countedOnce(() => countList(changes, kind, filters)),
  );
}

/** Where the rows of a connection are. */
const ROWS = [['nodes'], ['edges', 'node']];

/** What is asked of the rows' devices, if all ask for the same and it can be read with the list. */
function devicesSelected(info: GraphQLResolveInfo, listSize: number): Omit<FirstDevices, 'instant'> | undefined {
  const [size, ...others] = new Set(ROWS.flatMap((path) => firstPagesSelected(info, path)));
  if (size === undefined || others.length > 0 || !isReadWithList(size, listSize)) return undefined;
  const paths = ROWS.flatMap((path) => ROWS.map((rest) => [...path, 'devices', ...rest]));
  return { size, fields: new Set(paths.flatMap((path) => [...selectedFields(info, ...path).keys()])) };
}

/** Sizes of the first pages that are asked for; undefined among them for another page. */
function firstPagesSelected(info: GraphQLResolveInfo, path: string[]): (number | undefined)[] {
  // Fields of this name take the same arguments everywhere.
  const definition = info.schema.getQueryType()!.getFields()['devices']!;
  return (selectedFields(info, ...path).get('devices') ?? []).map((node) => {
    try {
      return sizeOfFirstPage(getArgumentValues(definition, node, info.variableValues));
    } catch {
      // The field itself tells what is wrong.
      return undefined;
    }
  });
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
