/** Project, filter, order and page to device rows: for the whole project, or for many parents in one statement. */
import { type AttributeKey, type AttributeKeys, countOfKeys } from '../attributes/keys.js';
import type { PlannerMode } from '../database/begin-text.js';
import type { Database, StatementRunner } from '../database/query.js';
import { groupRows } from '../database/rows-by-key.js';
import { allOf, commaSeparated, identifier, integerLiteral, join, sql, type SqlFragment } from '../database/sql.js';
import { AppError, badInput } from '../errors.js';
import { LIMITS } from '../model/limits.js';
import { alwaysHolds } from './always-holds.js';
import { attributeNamesOf, type CompileContext, compileFilter } from './compile-filter.js';
import { digestOf, formatCursor, parseCursor } from './cursor.js';
import { DeviceReading, type DeviceRow } from './device-reading.js';
import type { Filter } from './filter.js';
import { normalForm } from './normal-form.js';
import {
  type CompiledOrderKey,
  compileAfter,
  compileOrder,
  type OrderKey,
  orderedNamesOf,
  type SortValue,
} from './order.js';
import { type Page, type PageRequest, toPage } from './page.js';
import { checkPatterns } from './patterns.js';
import type { PlanEntry, SearchReport } from './search-report.js';
import { SearchRun } from './search-run.js';
import { type Branch, chooseBranches, type OrderKind } from './shapes/choose.js';
import {
  alongIndex,
  bySets,
  bySetsThenTests,
  fromFound,
  fromRareLists,
  inOrderOfIds,
  type Source,
} from './shapes/device-page.js';
import type { Frequencies } from './shapes/frequencies.js';
import type { IdBounds } from './shapes/ids-page.js';
import { firstGroupOf, type SortedList, sortedListOf } from './shapes/sorted.js';
import { warnAbout } from './warnings.js';

export type { DeviceRow };

export interface SearchContext {
  readonly database: Database;
  readonly attributeKeys: AttributeKeys;
  readonly frequencies: Frequencies;
  readonly projectId: string;
  /** Start of the operation. */
  readonly instant: Date;
  /** Takes what is to be said beside the result. */
  readonly report?: SearchReport;
  /** How many devices a search looks at before it is tried otherwise. Absent: what is quickest. For tests. */
  readonly looks?: number;
}

/** A page of devices. */
export interface DevicePage extends Page<DeviceRow> {
  /** What relative times counted back from, for counts that are to agree with the page. */
  readonly instant: Date;
}

/** What is searched: everything that a cursor is bound to. */
export interface DeviceSearch {
  readonly filter: Filter;
  readonly order: readonly OrderKey[];
  /** Only the devices of these parents, each by itself. */
  readonly within?: 'cohort' | 'group';
}

const PARENT_COLUMNS = { cohort: sql`d.cohort_id`, group: sql`d.group_id` } as const;

/** So many attributes are taken out of each document; to read it whole is quicker beyond. */
const MOST_NAMED = 32;

/**
 * One page of all devices of the project for which the filter holds, each with what is read of it. `attributeNames` are
 * all that will be asked for; absent: any.
 */
export async function searchDevices(
  context: SearchContext,
  asked: DeviceSearch,
  page: PageRequest,
  reading: DeviceReading = DeviceReading.ownColumns,
  attributeNames?: readonly string[],
): Promise<DevicePage> {
  const search = { ...asked, filter: normalForm(asked.filter) };
  const { attributeKeys, projectId } = context;
  await checkPatterns(context.database, search.filter);
  const run = new SearchRun(context.report, 'search.devices');
  const database = run.watch(context.database);
  const names = [...new Set([...namesOf(search), ...(attributeNames ?? [])])];
  let keys = await attributeKeys.lastKnownByNames(database, projectId, names);
  for (;;) {
    const shown = attributeNames && keys.filter(({ name }) => attributeNames.includes(name));
    const named = shown !== undefined && shown.length <= MOST_NAMED ? shown : undefined;
    const read = { reading, named };
    const { found, keyCount, ...plan } = await searchWithKeys(context, database, search, page, names, keys, read);
    if (keyCount !== keys.length) {
      // Others have begun to use one of the names since it was last read; or nothing was found, which tells nothing.
      const current = await attributeKeys.refreshByNames(database, projectId, names);
      const isCurrent = keyCount === undefined && current.length === keys.length;
      keys = current;
      if (!isCurrent) continue;
    }
    await reading.finish(found.rows, { database, attributeKeys, projectId }, named);
    warnAbout(context, search.filter, search.order, keys);
    run.end({ ...plan, rows: found.rows.length });
    return found;
  }
}

interface FoundWithKeys extends Pick<PlanEntry, 'shape' | 'estimates'> {
  readonly found: DevicePage;
  /** How many keys the names had at the moment of the search; undefined if no row could tell. */
  readonly keyCount: number | undefined;
}

async function searchWithKeys(
  context: SearchContext,
  database: StatementRunner,
  search: DeviceSearch,
  page: PageRequest,
  names: readonly string[],
  keys: readonly AttributeKey[],
  { reading, named }: { readonly reading: DeviceReading; readonly named: readonly AttributeKey[] | undefined },
): Promise<FoundWithKeys> {
  const { projectId } = context;
  const request = readRequest(context, search, keys, page, '');
  const { branches, estimates } = await chooseBranches(
    database,
    context.frequencies,
    search.filter,
    request.compileContext,
    orderKindOf(search.order),
  );
  const selected = names.length === 0 ? [] : [sql`${countOfKeys(projectId, names)} as "keyCount"`];
  const others = [...request.order.map((_, index) => `sort${index}`), ...(names.length === 0 ? [] : ['keyCount'])];
  let rows: FoundRow[] = [];
  const shapes: string[] = [];
  const ways = await waysToRead(context, database, search, page, request, branches);
  for (const way of ways) {
    const { source, isComplete, planner, shape } = way;
    const devices = pageStatement(request, page, source, reading.columns, selected);
    const statement = reading.statement(devices, projectId, { others, idOrder: idOrderOf(request), named });
    rows = await (way.isLookUp === true
      ? database.lookUp<FoundRow>('search.devices', statement)
      : database.rows<FoundRow>('search.devices', statement, {
          timeoutMs: LIMITS.searchTimeoutMs,
          ...(planner !== undefined && { planner }),
        }));
    shapes.push(shape);
    if (isComplete || rows.length > page.size) break;
  }
  return {
    found: request.toPage(rows),
    keyCount: names.length === 0 ? 0 : rows[0]?.keyCount,
    shape: shapes.join(', then '),
    estimates,
  };
}

function idOrderOf({ bounds }: Request): SqlFragment | undefined {
  return bounds && (bounds.descending ? sql`desc` : sql`asc`);
}

interface WayToRead {
  /** For the plan. */
  readonly shape: string;
  readonly source: Source;
  /** Else rows may be missing at the end, unless the page is full. */
  readonly isComplete: boolean;
  readonly planner?: PlannerMode;
  /** The best plan is the same for all values. */
  readonly isLookUp?: boolean;
}

/** Devices of a page that is read as quickly as rows by their keys. */
const FEW = 100;
/** How many devices are looked at along an index before a search is tried otherwise: some 50 ms. */
const LOOKS = 10_000;
/** How many are, of devices that all had to be sorted before: of a broad search, enough for a page. */
const TESTS = 2_000;

/** Ways to read a page, the most promising first; the last one is complete. */
async function waysToRead(
  { frequencies, looks = LOOKS }: SearchContext,
  database: StatementRunner,
  { filter, order }: DeviceSearch,
  page: PageRequest,
  { compileContext, bounds, keys, begin }: Request,
  branches: readonly Branch[],
): Promise<readonly WayToRead[]> {
  if (bounds !== undefined) {
    const limit = { size: page.size + 1, offset: page.offset };
    const source = inOrderOfIds(branches, bounds, limit, compileContext);
    const shape = branches.map((branch) => branch.shape).join(' or ');
    // The planner knows the devices' own fields well.
    if (shape === 'devices')
      return [{ shape, source, isComplete: true, isLookUp: alwaysHolds(filter) && page.size <= FEW }];
    return [{ shape, source, isComplete: true, planner: 'inIndexOrder' }];
  }
  if (branches.every(({ shape }) => shape === 'fewest')) {
    const byIdAlone = order.every((key) => 'attribute' in key || key.field === 'ID');
    const source = fromRareLists(branches, filter, compileContext, byIdAlone);
    return [{ shape: 'fewest', source, isComplete: true, planner: 'inIndexOrder' }];
  }
  const { projectId } = compileContext;
  const enough = page.size + page.offset;
  const along = (sorted: SortedList): WayToRead => {
    const source = alongIndex(sorted, looks + enough, filter, compileContext);
    return { shape: 'sorted', source, isComplete: false, planner: 'inIndexOrder' };
  };
  const wholeLists = { planner: 'wholeLists', isComplete: true } as const;
  const sets: WayToRead = { ...wholeLists, shape: 'sets', source: bySets(filter, compileContext) };
  const request = { order, keys, projectId, backward: page.backward, begin };
  const sorted = sortedListOf(request);
  if (sorted?.isTotal === true) return [along(sorted), sets];
  const group = firstGroupOf(request);
  if (group !== undefined) {
    const [size] = await frequencies.count(database, [{ select: group.devices }], TESTS);
    if (size?.isBound === true) return [along(group.sorted), sets];
  }
  if (sorted !== undefined) return [along(sorted), sets];
  // Attributes are sorted by what the documents say, so that these are read anyway.
  if (order.some((key) => 'attribute' in key)) return [sets];
  const some = bySetsThenTests(filter, Math.min(TESTS, looks) + enough, compileContext);
  return some === undefined ? [sets] : [{ ...wholeLists, shape: 'some', source: some, isComplete: false }, sets];
}

function orderKindOf([first]: readonly OrderKey[]): OrderKind {
  if (first === undefined || 'attribute' in first) return 'indexed';
  return ({ ID: 'id', DEVICE_SERIAL: 'indexed' } as const)[first.field as string] ?? 'other';
}

/**
 * A page for each parent, by its id, in one statement: each parent's rows are found by themselves, along the index of
 * its devices, so that the first few of a large cohort cost no more than those of a small one. A parent whose cursor
 * does not fit gets the error instead, since a cursor belongs to one parent and the others are not at fault.
 */
export async function searchDevicesWithin(
  context: SearchContext,
  asked: DeviceSearch & { readonly within: 'cohort' | 'group' },
  parentIds: readonly string[],
  page: PageRequest,
): Promise<ReadonlyMap<string, DevicePage | Error>> {
  const search = { ...asked, filter: normalForm(asked.filter) };
  const { attributeKeys, frequencies, projectId } = context;
  await checkPatterns(context.database, search.filter);
  const run = new SearchRun(context.report, 'search.devicesWithin');
  const database = run.watch(context.database);
  const keys = await attributeKeys.byNames(database, projectId, namesOf(search));
  warnAbout(context, search.filter, search.order, keys);
  const pages = new Map<string, DevicePage | Error>();
  const requests = new Map<string, Request>();
  for (const parentId of parentIds) {
    try {
      requests.set(parentId, readRequest(context, search, keys, page, parentId));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      pages.set(parentId, error);
    }
  }
  const [request] = requests.values();
  if (request === undefined) return pages;
  const { compileContext } = request;
  const { branches, estimates } = await chooseBranches(database, frequencies, search.filter, compileContext, 'indexed');
  const isRare = branches.every(({ shape }) => shape === 'fewest');
  const source: Source = isRare
    ? fromRareLists(branches, search.filter, compileContext, false)
    : { from: sql`device d`, conditions: [compileFilter(search.filter, compileContext)] };
  const ofParent = { ...source, conditions: [sql`${PARENT_COLUMNS[search.within]} = parent.id`, ...source.conditions] };
  const rows = await database.rows<FoundRow & { parentId: string }>(
    'search.devicesWithin',
    sql`select parent.id as "parentId", found.*
        from unnest(${[...requests.keys()]}::bigint[]) with ordinality as parent(id, n)
        cross join lateral (${pageStatement(request, page, ofParent, DeviceReading.ownColumns.columns, [sql`found.position`])}) found
        order by parent.n, found.position`,
    { timeoutMs: LIMITS.searchTimeoutMs },
  );
  run.end({ shape: isRare ? 'fewest' : 'devices', estimates, rows: rows.length });
  const rowsByParent = groupRows(rows, ({ parentId }) => parentId);
  for (const [parentId, own] of requests) pages.set(parentId, own.toPage(rowsByParent.get(parentId) ?? []));
  return pages;
}

/** The condition on `d` that a filter means in a project, for statements that select devices to change. */
export async function compileCondition(context: SearchContext, filter: Filter): Promise<SqlFragment> {
  const { attributeKeys, database, projectId, instant } = context;
  const keys = await attributeKeys.byNames(database, projectId, [...new Set(attributeNamesOf(filter))]);
  warnAbout(context, filter, [], keys);
  await checkPatterns(database, filter);
  return allOf([sql`d.project_id = ${projectId}`, compileFilter(filter, { projectId, keys, instant })]);
}

/** Every attribute name that a search speaks of. */
function namesOf({ filter, order }: DeviceSearch): string[] {
  return [...new Set([...attributeNamesOf(filter), ...orderedNamesOf(order)])];
}

/** A device and, as sort0, sort1, ..., where it stands under each sort key. */
type FoundRow = DeviceRow & Record<`sort${number}`, unknown> & { keyCount?: number };

/** A search with its page, order and cursors read. */
interface Request {
  readonly compileContext: CompileContext;
  readonly keys: readonly AttributeKey[];
  readonly order: readonly CompiledOrderKey[];
  readonly orderBy: SqlFragment;
  /** Where the page lies, by its cursors: conditions on `d`. */
  readonly position: readonly SqlFragment[];
  /** The same, where the order is by id. */
  readonly bounds: IdBounds | undefined;
  /** The sort values of the device before the page; undefined: it begins at the end of the list. */
  readonly begin: readonly SortValue[] | undefined;
  readonly toPage: (rows: readonly FoundRow[]) => DevicePage;
}

/** Throws BAD_USER_INPUT or CURSOR_MISMATCH for a cursor that does not fit this search of this parent. */
function readRequest(
  context: SearchContext,
  search: DeviceSearch,
  keys: readonly AttributeKey[],
  page: PageRequest,
  parentId: string,
): Request {
  const { projectId } = context;
  let digest: string | undefined;
  const digestNow = () => (digest ??= digestOf({ ...search, projectId, parentId }));
  const order = compileOrder(search.order, keys, projectId, page.backward);
  const forward = page.backward ? compileOrder(search.order, keys, projectId, false) : order;
  const reversed = page.backward ? order : compileOrder(search.order, keys, projectId, true);
  const after = readPosition(page.after, 'after', digestNow, order);
  const before = readPosition(page.before, 'before', digestNow, order);
  // The pages of one walk count relative times from the walk's beginning, which its cursors carry.
  const instant = after?.instant ?? before?.instant ?? context.instant;
  return {
    compileContext: { projectId, keys, instant },
    keys,
    order,
    orderBy: commaSeparated(order.flatMap((key) => key.orderBy)),
    position: [
      ...(after === undefined ? [] : [compileAfter(forward, after.values)]),
      ...(before === undefined ? [] : [compileAfter(reversed, before.values)]),
    ],
    bounds: boundsOf(search.order, page.backward, after?.values[0], before?.values[0]),
    begin: (page.backward ? before : after)?.values,
    toPage: (rows) => ({
      ...toPage<DeviceRow>(rows, page, (row) =>
        formatCursor(
          digestNow(),
          instant.getTime(),
          order.map((key, index) => key.read((row as FoundRow)[`sort${index}`])),
        ),
      ),
      instant,
    }),
  };
}

/** Rows of the page from a source: columns of the devices `d`, their sort keys, and what else is selected. */
function pageStatement(
  { compileContext: { projectId }, order, orderBy, position }: Request,
  page: PageRequest,
  source: Source,
  columns: SqlFragment,
  selected: readonly SqlFragment[],
): SqlFragment {
  const sortValues = order.map((key, index) => sql`${key.selected} as ${identifier(`sort${index}`)}`);
  const joins = join(
    order.flatMap((key) => key.join ?? []),
    sql` `,
  );
  const devices = (sorts: readonly SqlFragment[], from: SqlFragment) =>
    sql`select ${commaSeparated([columns, ...sorts, ...selected])} from ${from}`;
  if (source.isPage === true) {
    return sql`${devices(sortValues, sql`${source.from} ${joins}`)} order by ${source.orderBy ?? orderBy}`;
  }
  const ofProject = source.hasIdAlone === true ? [] : [sql`d.project_id = ${projectId}`];
  const conditions = allOf([...ofProject, ...source.conditions, ...position]);
  const limit = sql`limit ${integerLiteral(page.size + 1)} offset ${integerLiteral(page.offset)}`;
  if (source.orderBy !== undefined) {
    return sql`${devices(sortValues, sql`${source.from} ${joins}`)} where ${conditions}
               order by ${source.orderBy}, ${orderBy} ${limit}`;
  }
  // What is sorted is kept narrow: the columns are read of the page's devices alone, in the order that was found.
  const { testedLast } = source;
  const sorted = sql`select ${commaSeparated([sql`d.id`, ...sortValues])} from ${source.from} ${joins}
                     where ${conditions} order by ${orderBy}
                     ${testedLast === undefined ? limit : sql`limit ${integerLiteral(testedLast.looks)}`}`;
  const found = sql`(select s.*, row_number() over () as position from (${sorted}) s)`;
  const foundValues = order.map((_, index) => sql`found.${identifier(`sort${index}`)}`);
  const ofFound = devices(foundValues, fromFound(found, projectId));
  if (testedLast === undefined) return sql`${ofFound} order by found.position`;
  return sql`${ofFound} where ${testedLast.condition} order by found.position ${limit}`;
}

/** Between which ids the page lies; undefined where the order is not by id. */
function boundsOf(
  [first]: readonly OrderKey[],
  backward: boolean,
  after: SortValue | undefined,
  before: SortValue | undefined,
): IdBounds | undefined {
  if (first === undefined || !('field' in first) || first.field !== 'ID') return undefined;
  const isDescending = first.direction === 'DESC';
  const [above, below] = isDescending ? [before, after] : [after, before];
  return {
    ...(above !== undefined && { above: sql`${above}::bigint` }),
    ...(below !== undefined && { below: sql`${below}::bigint` }),
    descending: isDescending !== backward,
  };
}

function readPosition(
  cursor: string | undefined,
  field: string,
  digest: () => string,
  order: readonly CompiledOrderKey[],
): { instant: Date; values: SortValue[] } | undefined {
  if (cursor === undefined) return undefined;
  const { instantMs, values } = parseCursor(cursor, digest(), order.length, field);
  return {
    instant: new Date(instantMs),
    values: values.map((value, index) => {
      const key = order[index];
      if (key === undefined) throw badInput(field, 'not a cursor of this API');
      return key.parse(value, field);
    }),
  };
}
