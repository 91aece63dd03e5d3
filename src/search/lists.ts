/** The lists of cohorts, groups and releases: short tables with one order each, paged by the same cursors. */
import { selectList } from '../database/columns.js';
import { CohortEntity } from '../database/entities/cohort.entity.js';
import { DeviceGroupEntity } from '../database/entities/device-group.entity.js';
import { ReleaseEntity } from '../database/entities/release.entity.js';
import type { Database } from '../database/query.js';
import { allOf, anyOf, commaSeparated, identifier, integerLiteral, sql, type SqlFragment } from '../database/sql.js';
import { LIMITS } from '../model/limits.js';
import { compileTextTest } from './compile-tests.js';
import { digestOf, formatCursor, parseCursor } from './cursor.js';
import type { Filter } from './filter.js';
import { compileAfter, compileColumn, type OrderColumn } from './order.js';
import { type Page, type PageRequest, toPage } from './page.js';
import { checkPatterns } from './patterns.js';

interface ListKind<Row> {
  readonly entity: new () => Row;
  readonly table: SqlFragment;
  readonly order: readonly (OrderColumn & { readonly descending: boolean })[];
  /** Columns that can be filtered, by the argument's name. */
  readonly filters: Readonly<Record<string, SqlFragment>>;
}

function column(name: string, type: OrderColumn['type'], descending: boolean) {
  return { column: sql`l.${identifier(name)}`, type, nullable: false, descending };
}

export const COHORT_LIST: ListKind<CohortEntity> = {
  entity: CohortEntity,
  table: identifier('cohort'),
  order: [column('slug', 'text', false)],
  filters: { name: sql`l.name`, slug: sql`l.slug` },
};

export const GROUP_LIST: ListKind<DeviceGroupEntity> = {
  entity: DeviceGroupEntity,
  table: identifier('device_group'),
  order: [column('name', 'text', false)],
  filters: { name: sql`l.name` },
};

export const RELEASE_LIST: ListKind<ReleaseEntity> = {
  entity: ReleaseEntity,
  table: identifier('release'),
  order: [column('created_at', 'time', true), column('id', 'id', true)],
  filters: { version: sql`l.version` },
};

interface ListContext {
  readonly database: Database;
  readonly projectId: string;
}

/** Filters of the list's columns, by the argument's name; an absent one holds for all. */
export type ListFilters = Readonly<Record<string, Filter>>;

export async function pageOfList<Row>(
  { database, projectId }: ListContext,
  kind: ListKind<Row>,
  filters: ListFilters,
  page: PageRequest,
): Promise<Page<Row>> {
  const condition = await compileList(database, projectId, kind, filters);
  const inSense = (backward: boolean) =>
    kind.order.map((key) => compileColumn(key, { descending: key.descending !== backward, nullsFirst: false }));
  const order = inSense(page.backward);
  const digest = digestOf({ filter: { kind: 'and', parts: [] }, filters, list: kind.entity.name, projectId });
  const position = (cursor: string, field: string) => {
    const { values } = parseCursor(cursor, digest, order.length, field);
    return order.map((key, index) => key.parse(values[index], field));
  };
  const rows = await database.rows<Row & Record<`sort${number}`, unknown>>(
    'search.list',
    sql`select ${commaSeparated([
      selectList(kind.entity, 'l'),
      ...order.map((key, index) => sql`${key.selected} as ${identifier(`sort${index}`)}`),
    ])}
        from ${kind.table} l
        where ${allOf([
          condition,
          ...(page.after === undefined ? [] : [compileAfter(inSense(false), position(page.after, 'after'))]),
          ...(page.before === undefined ? [] : [compileAfter(inSense(true), position(page.before, 'before'))]),
        ])}
        order by ${commaSeparated(order.flatMap((key) => key.orderBy))} limit ${integerLiteral(page.size + 1)}`,
    { timeoutMs: LIMITS.searchTimeoutMs },
  );
  return toPage<Row>(rows, page, (row) =>
    formatCursor(
      digest,
      0,
      order.map((key, index) => key.read((row as Record<string, unknown>)[`sort${index}`])),
    ),
  );
}

export async function countList<Row>(
  { database, projectId }: ListContext,
  kind: ListKind<Row>,
  filters: ListFilters,
): Promise<number> {
  const condition = await compileList(database, projectId, kind, filters);
  const [row] = await database.rows<{ count: number }>(
    'search.countList',
    sql`select count(*)::integer as count from ${kind.table} l where ${condition}`,
    { timeoutMs: LIMITS.searchTimeoutMs },
  );
  return row?.count ?? 0;
}

async function compileList<Row>(
  database: Database,
  projectId: string,
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
