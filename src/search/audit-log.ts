/** The audit log as its readers see it: newest first, paged by cursors. */
import { selectList } from '../database/columns.js';
import { AuditEntryEntity } from '../database/entities/audit-entry.entity.js';
import type { Database } from '../database/query.js';
import { allOf, commaSeparated, integerLiteral, sql, type SqlFragment } from '../database/sql.js';
import { badInput } from '../errors.js';
import { LIMITS } from '../model/limits.js';
import { parseText } from '../model/text.js';
import { digestOf, formatCursor, parseCursor } from './cursor.js';
import { compileAfter, compileColumn } from './order.js';
import { type Page, type PageRequest, toPage } from './page.js';

/** What is asked of entries; all that is given must hold. */
export interface AuditFilter {
  readonly principal?: string;
  readonly operation?: string;
  /** Global id, serial, slug or name. */
  readonly object?: string;
  /** Inclusive. */
  readonly since?: Date;
  /** Exclusive. */
  readonly until?: Date;
}

interface LogContext {
  readonly database: Database;
  readonly projectId: string;
}

/** Absent: the whole log. Throws BAD_USER_INPUT with the path: null would silently widen what is found. */
export function parseAuditFilter(input: unknown, field = 'filter'): AuditFilter {
  if (input === undefined) return {};
  const given = Object.entries(input ?? {}).filter(([, value]) => value !== undefined);
  if (given.length === 0) throw badInput(field, 'would hold for everything; leave it out instead');
  for (const [name, value] of given) {
    if (value === null) throw badInput(`${field}.${name}`, 'must not be null; leave it out instead');
    if (!(value instanceof Date)) parseText(value, `${field}.${name}`);
  }
  return Object.fromEntries(given) as AuditFilter;
}

const ORDER = [
  { column: sql`l.at`, type: 'time', nullable: false } as const,
  { column: sql`l.id`, type: 'id', nullable: false } as const,
].map((column) => compileColumn(column, { descending: true, nullsFirst: false }));

export async function pageOfAuditLog(
  { database, projectId }: LogContext,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<AuditEntryEntity>> {
  const digest = digestOf({ filter: { kind: 'and', parts: [] }, list: 'auditLog', asked: filter, projectId });
  const conditions = [compileFilter(projectId, filter)];
  if (page.after !== undefined) {
    const { values } = parseCursor(page.after, digest, ORDER.length, 'after');
    conditions.push(
      compileAfter(
        ORDER,
        ORDER.map((key, index) => key.parse(values[index], 'after')),
      ),
    );
  }
  const rows = await database.rows<AuditEntryEntity>(
    'search.auditLog',
    sql`select ${selectList(AuditEntryEntity, 'l')} from audit_log l where ${allOf(conditions)}
        order by ${commaSeparated(ORDER.flatMap((key) => key.orderBy))} limit ${integerLiteral(page.size + 1)}`,
    { timeoutMs: LIMITS.searchTimeoutMs },
  );
  return toPage(rows, page, ({ at, id }) => formatCursor(digest, 0, [at.getTime(), id]));
}

export async function countAuditLog({ database, projectId }: LogContext, filter: AuditFilter): Promise<number> {
  const [row] = await database.rows<{ count: number }>(
    'search.countAuditLog',
    sql`select count(*)::integer as count from audit_log l where ${compileFilter(projectId, filter)}`,
    { timeoutMs: LIMITS.searchTimeoutMs },
  );
  return row?.count ?? 0;
}

function compileFilter(projectId: string, { principal, operation, object, since, until }: AuditFilter): SqlFragment {
  return allOf([
    sql`l.project_id = ${projectId}`,
    ...(principal === undefined ? [] : [sql`l.principal = ${principal}`]),
    ...(operation === undefined ? [] : [sql`l.operation = ${operation}`]),
    ...(object === undefined ? [] : [sql`(l.object_name = ${object} or l.object_id = ${object})`]),
    ...(since === undefined ? [] : [sql`l.at >= ${since}`]),
    ...(until === undefined ? [] : [sql`l.at < ${until}`]),
  ]);
}
