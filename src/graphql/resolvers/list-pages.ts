/** Pages of cohorts, groups and releases. */
import type { FieldNode, GraphQLResolveInfo } from 'graphql';
import { getArgumentValues } from 'graphql/execution/values.js';
import { isReadWithList } from '../../search/first-devices.js';
import { countList, type ListFilters, pageOfList, type WithDevices } from '../../search/lists.js';
import { parsePage } from '../../search/page.js';
import { parseTextFilter } from '../../search/parse-filter.js';
import { type Connection, toConnection } from '../connection.js';
import type { RequestContext } from '../context.js';
import type { PageArgs } from '../inputs/page.args.js';
import { oncePerField, selectedFields } from '../selected-fields.js';
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
  const { deviceCount, devices, fieldsOfDevices: fields } = rowsSelected(info);
  const size = sizeOfFirstPages(devices, info);
  const isReadToo = size !== undefined && isReadWithList(size, request.size);
  const page = await pageOfList(changes, kind, filters, request, {
    deviceCount,
    ...(isReadToo && { devices: { size, fields, instant: changes.instant } }),
  });
  return toConnection(
    page,
    countedOnce(() => countList(changes, kind, filters)),
  );
}

/** Where the rows of a connection are. */
const ROWS = [['nodes'], ['edges', 'node']];

/** What an operation selects of a list's rows. */
interface RowsSelected {
  readonly deviceCount: boolean;
  /** Where their devices are asked for. */
  readonly devices: readonly FieldNode[];
  readonly fieldsOfDevices: ReadonlySet<string>;
}

const rowsSelected = oncePerField((info): RowsSelected => {
  const ofRows = ROWS.map((path) => selectedFields(info, ...path));
  const ofDevices = ROWS.flatMap((path) => ROWS.map((rest) => selectedFields(info, ...path, 'devices', ...rest)));
  return {
    deviceCount: ofRows.some((fields) => fields.has('deviceCount')),
    devices: ofRows.flatMap((fields) => fields.get('devices') ?? []),
    fieldsOfDevices: new Set(ofDevices.flatMap((fields) => [...fields.keys()])),
  };
});

/** Size of the rows' first pages, if no other pages are asked for. */
function sizeOfFirstPages(nodes: readonly FieldNode[], info: GraphQLResolveInfo): number | undefined {
  // Fields of this name take the same arguments everywhere.
  const definition = info.schema.getQueryType()!.getFields()['devices']!;
  try {
    const sizes = nodes.map((node) => sizeOfFirstPage(getArgumentValues(definition, node, info.variableValues)));
    return sizes.every((size) => size === sizes[0]) ? sizes[0] : undefined;
  } catch {
    // The field itself tells what is wrong.
    return undefined;
  }
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
