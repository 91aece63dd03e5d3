/** Project, filter, order and page to device rows: for the whole project, or for many parents in one statement. */
import type { AttributeKey, AttributeKeys } from '../attributes/keys.js';
import { selectList } from '../database/columns.js';
import { DeviceEntity } from '../database/entities/device.entity.js';
import type { Database, Executor } from '../database/query.js';
import { groupRows } from '../database/rows-by-key.js';
import { allOf, commaSeparated, identifier, integerLiteral, join, sql, type SqlFragment } from '../database/sql.js';
import { AppError, badInput } from '../errors.js';
import { LIMITS } from '../model/limits.js';
import { attributeNamesOf, compileFilter } from './compile-filter.js';
import { digestOf, formatCursor, parseCursor } from './cursor.js';
import type { Filter } from './filter.js';
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
import type { SearchReport } from './search-report.js';
import {
  type Choice,
  chooseShape,
  compileShape,
  type DeviceBounds,
  directionOf,
  fromFound,
  type Shape,
} from './shapes/shape.js';
import { sortedListOf } from './shapes/sorted.js';

export type DeviceRow = DeviceEntity;

export interface SearchContext {
  readonly database: Database;
  readonly attributeKeys: AttributeKeys;
  readonly projectId: string;
  /** Start of the operation. */
  readonly instant: Date;
  /** Takes what is to be said beside the result. */
  readonly report?: SearchReport;
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

/** One page of all devices of the project for which the filter holds. */
export async function searchDevices(
  context: SearchContext,
  search: DeviceSearch,
  page: PageRequest,
): Promise<DevicePage> {
  await checkPatterns(context.database, search.filter);
  return context.database.transaction(
    'search.devices',
    async (transaction) => {
      const prepared = await prepare(transaction, context, search);
      const read = async (plan: PagePlan) =>
        transaction.rows<FoundRow>(
          'search.devices',
          sql`select ${plan.columns} from ${plan.from} ${plan.joins} where ${allOf(plan.conditions)} ${plan.tail}`,
        );
      const sorted = planPage(context, search, prepared, page, '', true);
      const rows = await read(sorted);
      if (!sorted.mayLackRows || rows.length > page.size) return sorted.toPage(rows);
      const plan = planPage(context, search, prepared, page, '');
      return plan.toPage(await read(plan));
    },
    PAGE_RUN,
  );
}

/**
 * A page for each parent, by its id, in one statement: each parent's rows are found by themselves, along the index of
 * its devices, so that the first few of a large cohort cost no more than those of a small one. A parent whose cursor
 * does not fit gets the error instead, since a cursor belongs to one parent and the others are not at fault.
 */
export async function searchDevicesWithin(
  context: SearchContext,
  search: DeviceSearch & { readonly within: 'cohort' | 'group' },
  parentIds: readonly string[],
  page: PageRequest,
): Promise<ReadonlyMap<string, DevicePage | Error>> {
  await checkPatterns(context.database, search.filter);
  const prepared = await prepare(context.database, context, search);
  const pages = new Map<string, DevicePage | Error>();
  const plans = new Map<string, PagePlan>();
  for (const parentId of parentIds) {
    try {
      plans.set(parentId, planPage(context, search, prepared, page, parentId));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      pages.set(parentId, error);
    }
  }
  const [plan] = plans.values();
  if (plan === undefined) return pages;
  const rows = await context.database.rows<FoundRow & { parentId: string }>(
    'search.devicesWithin',
    sql`select parent.id as "parentId", found.*
        from unnest(${[...plans.keys()]}::bigint[]) with ordinality as parent(id, n)
        cross join lateral (
          select ${plan.columns} from ${plan.from} ${plan.joins}
          where ${allOf([sql`${PARENT_COLUMNS[search.within]} = parent.id`, ...plan.conditions])} ${plan.tail}) found
        order by parent.n, found.position`,
    { timeoutMs: LIMITS.searchTimeoutMs },
  );
  const rowsByParent = groupRows(rows, ({ parentId }) => parentId);
  for (const [parentId, own] of plans) pages.set(parentId, own.toPage(rowsByParent.get(parentId) ?? []));
  return pages;
}

/** The condition on `d` that a filter means in a project, for statements that select devices to change. */
export async function compileCondition(context: SearchContext, filter: Filter): Promise<SqlFragment> {
  const keys = await loadKeys(context.database, context, attributeNamesOf(filter));
  await checkPatterns(context.database, filter);
  return allOf([
    sql`d.project_id = ${context.projectId}`,
    compileFilter(filter, { projectId: context.projectId, keys, instant: context.instant }),
  ]);
}

interface Prepared {
  readonly keys: readonly AttributeKey[];
  readonly choice: Choice;
}

async function prepare(
  transaction: Executor,
  context: SearchContext,
  { filter, order }: DeviceSearch,
): Promise<Prepared> {
  const keys = await loadKeys(transaction, context, [...attributeNamesOf(filter), ...orderedNamesOf(order)]);
  const { projectId, instant } = context;
  return { keys, choice: await chooseShape(transaction, filter, { projectId, keys, instant }, order) };
}

/** A page is read along indexes, and ends when it is full; the planner's estimates would often have it sort a list. */
const PAGE_RUN = { timeoutMs: LIMITS.searchTimeoutMs, inIndexOrder: true } as const;

function loadKeys(
  executor: Executor,
  { attributeKeys, projectId }: Pick<SearchContext, 'attributeKeys' | 'projectId'>,
  names: readonly string[],
) {
  return attributeKeys.byNames(executor, projectId, [...new Set(names)]);
}

/** A device and, as sort0, sort1, ..., where it stands under each sort key. */
type FoundRow = DeviceRow & Record<`sort${number}`, unknown>;

interface PagePlan {
  /** Rows were left out that come after all that were read. */
  readonly mayLackRows: boolean;
  readonly from: SqlFragment;
  readonly columns: SqlFragment;
  readonly joins: SqlFragment;
  readonly conditions: readonly SqlFragment[];
  /** Order and limit. */
  readonly tail: SqlFragment;
  readonly toPage: (rows: readonly FoundRow[]) => DevicePage;
}

/** Throws BAD_USER_INPUT or CURSOR_MISMATCH for a cursor that does not fit this search of this parent. */
function planPage(
  context: SearchContext,
  search: DeviceSearch,
  { keys, choice }: Prepared,
  page: PageRequest,
  parentId: string,
  maySort = false,
): PagePlan {
  const { projectId } = context;
  const digest = digestOf({ ...search, projectId, parentId });
  const order = compileOrder(search.order, keys, projectId, page.backward);
  const forward = page.backward ? compileOrder(search.order, keys, projectId, false) : order;
  const reversed = page.backward ? order : compileOrder(search.order, keys, projectId, true);
  const after = readPosition(page.after, 'after', digest, order);
  const before = readPosition(page.before, 'before', digest, order);
  // The pages of one walk count relative times from the walk's beginning, which its cursors carry.
  const instant = after?.instant ?? before?.instant ?? context.instant;
  const shape = compileShape(choice, search.filter, { projectId, keys, instant });
  const start = startPage(shape, order, {
    order: search.order,
    keys,
    projectId,
    backward: page.backward,
    after: after?.values[0],
    before: before?.values[0],
    maySort,
  });
  const selected = order.map((key, index) => sql`${key.selected} as ${identifier(`sort${index}`)}`);
  return {
    from: start.from,
    mayLackRows: start.mayLackRows,
    columns: commaSeparated([
      selectList(DeviceEntity, 'd'),
      ...selected,
      ...(search.within === undefined ? [] : [sql`row_number() over (order by ${start.orderBy}) as position`]),
    ]),
    joins: join(
      order.flatMap((key) => key.join ?? []),
      sql` `,
    ),
    conditions: [
      sql`d.project_id = ${projectId}`,
      ...shape.conditions,
      ...(after === undefined ? [] : [compileAfter(forward, after.values)]),
      ...(before === undefined ? [] : [compileAfter(reversed, before.values)]),
    ],
    tail: sql`order by ${start.orderBy} limit ${integerLiteral(page.size + 1)} offset ${integerLiteral(page.offset)}`,
    toPage: (rows) => ({
      ...toPage<DeviceRow>(rows, page, (row) =>
        formatCursor(
          digest,
          instant.getTime(),
          order.map((key, index) => key.read((row as FoundRow)[`sort${index}`])),
        ),
      ),
      instant,
    }),
  };
}

interface PageStart {
  readonly order: readonly OrderKey[];
  readonly keys: readonly AttributeKey[];
  readonly projectId: string;
  readonly backward: boolean;
  /** Of the first sort key, out of the cursors. */
  readonly after: SortValue | undefined;
  readonly before: SortValue | undefined;
  /** Devices without the first sort key may be left out. */
  readonly maySort: boolean;
}

/** What the page reads from, and in which order the rows come. */
function startPage(
  shape: Shape,
  compiled: readonly CompiledOrderKey[],
  { order, keys, projectId, backward, after, before, maySort }: PageStart,
): Pick<PagePlan, 'from' | 'mayLackRows'> & { orderBy: SqlFragment } {
  const byKeys = commaSeparated(compiled.flatMap((key) => key.orderBy));
  const bounds = boundsOf(order, backward, after, before);
  if (shape.name !== 'devices') {
    // The planner does not see through the fence that these ids come in order already.
    const orderBy = bounds.isById === true ? sql`found.device_id ${directionOf(bounds)}` : byKeys;
    return { from: shape.from(bounds), orderBy, mayLackRows: false };
  }
  const sorted = maySort
    ? sortedListOf({ order, keys, projectId, backward, from: backward ? before : after })
    : undefined;
  return sorted === undefined
    ? { from: shape.from(bounds), orderBy: byKeys, mayLackRows: false }
    : { from: fromFound(sorted.found, projectId), orderBy: sql`${sorted.orderBy}, ${byKeys}`, mayLackRows: true };
}

/** Between which ids the page lies, where the order is by id. */
function boundsOf(
  [first]: readonly OrderKey[],
  backward: boolean,
  after: SortValue | undefined,
  before: SortValue | undefined,
): DeviceBounds {
  if (first === undefined || !('field' in first) || first.field !== 'ID') return {};
  const isDescending = first.direction === 'DESC';
  const [above, below] = isDescending ? [before, after] : [after, before];
  return {
    ...(above !== undefined && { above: sql`${above}::bigint` }),
    ...(below !== undefined && { below: sql`${below}::bigint` }),
    descending: isDescending !== backward,
    isById: true,
  };
}

function readPosition(
  cursor: string | undefined,
  field: string,
  digest: string,
  order: readonly CompiledOrderKey[],
): { instant: Date; values: SortValue[] } | undefined {
  if (cursor === undefined) return undefined;
  const { instantMs, values } = parseCursor(cursor, digest, order.length, field);
  return {
    instant: new Date(instantMs),
    values: values.map((value, index) => {
      const key = order[index];
      if (key === undefined) throw badInput(field, 'not a cursor of this API');
      return key.parse(value, field);
    }),
  };
}
