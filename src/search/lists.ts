/** The lists of cohorts, groups and releases: short tables with one order each, paged by the same cursors. */
import { selectList } from '../database/columns.js';
import { CohortEntity } from '../database/entities/cohort.entity.js';
import { DeviceGroupEntity } from '../database/entities/device-group.entity.js';
import { ReleaseEntity } from '../database/entities/release.entity.js';
import { allOf, anyOf, commaSeparated, identifier, sql, type SqlFragment } from '../database/sql.js';
import { LIMITS } from '../model/limits.js';
import { compileTextTest } from './compile-tests.js';
import { digestOf, formatCursor, parseCursor } from './cursor.js';
import { EVERYTHING, type Filter } from './filter.js';
import {
  type FirstDevices,
  type FirstDevicesPage,
  type FoundDevices,
  MEMBERS,
  selectFirstDevices,
  toFirstDevices,
} from './first-devices.js';
import { compileAfter, compileColumn, type OrderColumn } from './order.js';
import { type Page, type PageRequest, toPage } from './page.js';
import { checkPatterns } from './patterns.js';
import type { SearchContext } from './search.js';
import { SearchRun } from './search-run.js';

interface ListKind<Row> {
  readonly entity: new () => Row;
  readonly table: SqlFragment;
  readonly order: readonly (OrderColumn & { readonly descending: boolean })[];
  /** Columns that can be filtered, by the argument's name. */
  readonly filters: Readonly<Record<string, SqlFragment>>;
  /** As whose the numbers of devices are kept. */
  readonly counted: 'COHORT' | 'GROUP' | 'RELEASE';
  /** Absent: its devices are no list. */
  readonly members?: (typeof MEMBERS)[keyof typeof MEMBERS];
}

function column(name: string, type: OrderColumn['type'], descending: boolean) {
  return { column: sql`l.${identifier(name)}`, type, nullable: false, descending };
}

export const COHORT_LIST: ListKind<CohortEntity> = {
  entity: CohortEntity,
  table: identifier('cohort'),
  order: [column('slug', 'text', false)],
  filters: { name: sql`l.name`, slug: sql`l.slug` },
  counted: 'COHORT',
  members: MEMBERS.cohort,
};

export const GROUP_LIST: ListKind<DeviceGroupEntity> = {
  entity: DeviceGroupEntity,
  table: identifier('device_group'),
  order: [column('name', 'text', false)],
  filters: { name: sql`l.name` },
  counted: 'GROUP',
  members: MEMBERS.group,
};

export const RELEASE_LIST: ListKind<ReleaseEntity> = {
  entity: ReleaseEntity,
  table: identifier('release'),
  order: [column('created_at', 'time', true), column('id', 'id', true)],
  filters: { version: sql`l.version` },
  counted: 'RELEASE',
};

type ListContext = Pick<SearchContext, 'database' | 'projectId' | 'report'>;

/** Rows of a page that is read at once. */
const FEW = 100;

/** What of each row is read with it. */
export interface ReadWithList {
  readonly deviceCount?: boolean;
  /** Of a list that has them, and for a size that is read with it. */
  readonly devices?: FirstDevices;
}

/** What came with a row. */
export interface WithDevices {
  readonly deviceCount?: number;
  readonly firstDevices?: FirstDevicesPage;
}

/** Filters of the list's columns, by the argument's name; an absent one holds for all. */
export type ListFilters = Readonly<Record<string, Filter>>;

export async function pageOfList<Row>(
  context: ListContext,
  kind: ListKind<Row>,
  filters: ListFilters,
  page: PageRequest,
  reads: ReadWithList = {},
): Promise<Page<Row & WithDevices>> {
  const { projectId } = context;
  const condition = await compileList(context, kind, filters);
  const inSense = (backward: boolean) =>
    kind.order.map((key) => compileColumn(key, { descending: key.descending !== backward, nullsFirst: false }));
  const order = inSense(page.backward);
  const digest = () => digestOf({ filter: EVERYTHING, filters, list: kind.entity.name, projectId });
  const position = (cursor: string, field: string) => {
    const { values } = parseCursor(cursor, digest(), order.length, field);
    return order.map((key, index) => key.parse(values[index], field));
  };
  const positions = [
    ...(page.after === undefined ? [] : [compileAfter(inSense(false), position(page.after, 'after'))]),
    ...(page.before === undefined ? [] : [compileAfter(inSense(true), position(page.before, 'before'))]),
  ];
  const run = new SearchRun(context.report, 'search.devicesWithin');
  const database = run.watch(context.database);
  // The beginning of a whole list has few texts, so that they are kept prepared, and is read as quickly as rows by their keys.
  const isLookUp = positions.length === 0 && Object.keys(filters).length === 0 && page.size <= FEW;
  const statement = sql`
    select ${commaSeparated([
      selectList(kind.entity, 'l'),
      ...order.map((key, index) => sql`${key.selected} as ${identifier(`sort${index}`)}`),
      ...selectWithList(projectId, kind, reads),
    ])}
    from ${kind.table} l
    where ${allOf([condition, ...positions])}
    order by ${commaSeparated(order.flatMap((key) => key.orderBy))} limit ${page.size + 1}::bigint`;
  const rows = await (isLookUp
    ? database.lookUp<FoundRow<Row>>('search.list', statement)
    : database.rows<FoundRow<Row>>('search.list', statement, { timeoutMs: LIMITS.searchTimeoutMs }));
  if (kind.members !== undefined && reads.devices !== undefined) {
    const { within } = kind.members;
    for (const row of rows) {
      row.firstDevices = toFirstDevices(row.foundDevices, { projectId, within, parentId: row.id }, reads.devices);
    }
    const found = rows.reduce((count, { foundDevices }) => count + (foundDevices?.length ?? 0), 0);
    run.end({ shape: 'devices', estimates: [], rows: found });
  }
  return toPage<Row & WithDevices>(rows, page, (row) =>
    formatCursor(
      digest(),
      0,
      order.map((key, index) => key.read((row as FoundRow<Row>)[`sort${index}`])),
    ),
  );
}

type FoundRow<Row> = Row &
  Record<`sort${number}`, unknown> & {
    readonly id: string;
    readonly foundDevices: FoundDevices;
    firstDevices?: FirstDevicesPage;
  };

function selectWithList<Row>(
  projectId: string,
  { counted, members }: ListKind<Row>,
  { deviceCount = false, devices }: ReadWithList,
): SqlFragment[] {
  const count = sql`(select coalesce(sum(n.delta), 0)::integer from device_count n
                     where n.project_id = ${projectId} and n.kind = ${counted} and n.owner_id = l.id) as "deviceCount"`;
  return [
    ...(deviceCount ? [count] : []),
    ...(members === undefined || devices === undefined
      ? []
      : [sql`${selectFirstDevices(projectId, members, devices)} as "foundDevices"`]),
  ];
}

export async function countList<Row>(context: ListContext, kind: ListKind<Row>, filters: ListFilters): Promise<number> {
  const condition = await compileList(context, kind, filters);
  const [row] = await context.database.rows<{ count: number }>(
    'search.countList',
    sql`select count(*)::integer as count from ${kind.table} l where ${condition}`,
    { timeoutMs: LIMITS.searchTimeoutMs },
  );
  return row?.count ?? 0;
}

async function compileList<Row>(
  { database, projectId }: ListContext,
  kind: ListKind<Row>,
  filters: ListFilters,
): Promise<SqlFragment> {
  const conditions: SqlFragment[] = [];
  for (const [name, filter] of Object.entries(filters)) {
    const text = kind.filters[name];
    if (text === undefined) throw new Error(`this list cannot be filtered by ${name}`);
    await checkPatterns(database, filter);
    conditions.push(compileTextFilter(filter, text));
  }
  return allOf([sql`l.project_id = ${projectId}`, ...conditions]);
}

/** A filter of one text that is always there. */
function compileTextFilter(filter: Filter, text: SqlFragment): SqlFragment {
  switch (filter.kind) {
    case 'and':
      return allOf(filter.parts.map((part) => compileTextFilter(part, text)));
    case 'or':
      return anyOf(filter.parts.map((part) => compileTextFilter(part, text)));
    case 'not':
      return sql`not (${compileTextFilter(filter.part, text)})`;
    case 'text':
      return allOf(filter.tests.map((test) => compileTextTest({ value: text }, test, filter.ignoreCase)));
    case 'present':
      return sql`${text} is not null`;
    default:
      throw new Error(`a filter of one text cannot be of kind ${filter.kind}`);
  }
}
