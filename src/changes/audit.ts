/** The one place that writes the audit log, in the transaction of the change (docs/adr/0015-audit-trail.md). */
import type { Database, Transaction } from '../database/query.js';
import { sql, type SqlFragment } from '../database/sql.js';
import { toGlobalId } from '../model/global-id.js';
import type { AuditFacts, ChangeContext } from './change-context.js';
import { shortenedJson } from './shortened-json.js';

/** What an object was or is. Of what it refers to, the ids are known; the statement looks their names up. */
export interface AuditedState {
  readonly values: Readonly<Record<string, unknown>>;
  readonly cohortId?: string;
  readonly groupId?: string;
  readonly releaseId?: string;
}

export interface AuditEntry {
  /** Name of the mutation. */
  readonly operation: string;
  readonly kind: 'Device' | 'Cohort' | 'Group' | 'Deployment' | 'ApiKey' | 'Project';
  /** Internal id, and serial, slug or name. Absent for a change of many. */
  readonly object?: { readonly id: string; readonly name: string };
  readonly before?: AuditedState;
  readonly after?: AuditedState;
  /** Which devices were meant, as the caller said it. */
  readonly selector?: object;
  readonly matchedCount?: number;
  readonly changedCount?: number;
}

type AuditContext = Pick<ChangeContext, 'projectId' | 'actor' | 'audit'>;

/** Whoever changes as this role does so by itself, as often as it reports. */
const DEVICE_ROLE: string = 'DEVICE';

/** Whether a change leaves an entry; with `isReport` one that tells what devices reported. */
export function isAudited({ audit }: AuditContext, isReport = false): boolean {
  if (audit === undefined) return false;
  if (audit.role === DEVICE_ROLE) return audit.reports === 'all';
  return !isReport || audit.reports !== 'none';
}

/**
 * Writes the entry behind what the transaction has done so far, without a round trip of its own: it stays or goes with
 * the change. To be called only if something changed, and after a statement that was awaited.
 */
export function writeAudit(transaction: Transaction, context: AuditContext, entry: AuditEntry): void {
  if (isAudited(context)) transaction.send('changes.audit', insertEntry(context, context.audit!, entry));
}

/** The same as a common table expression of a change's own statement. */
export function auditExpression(context: AuditContext, entry: AuditEntry): SqlFragment[] {
  return isAudited(context) ? [sql`audited as (${insertEntry(context, context.audit!, entry)})`] : [];
}

interface AuditedChange<Result> {
  readonly work: (context: { database: Transaction; projectId: string }) => Promise<Result>;
  /** Null if nothing changed. */
  readonly entryOf: (result: Result) => Omit<AuditEntry, 'operation'> | null;
}

/** For changes that are made elsewhere, such as those of keys: one transaction with its entry. */
export async function audited<Result>(
  context: AuditContext & { readonly database: Database },
  operation: string,
  { work, entryOf }: AuditedChange<Result>,
): Promise<Result> {
  const { database, projectId } = context;
  return database.transaction(`changes.${operation}`, async (transaction) => {
    const result = await work({ database: transaction, projectId });
    const entry = entryOf(result);
    if (entry !== null) writeAudit(transaction, context, { operation, ...entry });
    return result;
  });
}

/**
 * The same for a change of one object that only the statement can tell: `states` is a query for the object's `id`, `before` and
 * `after`, without a row if nothing changed.
 */
export function auditExpressionOf(
  context: AuditContext,
  { operation, kind, name }: Pick<AuditEntry, 'operation' | 'kind'> & { readonly name: string },
  states: SqlFragment,
): SqlFragment[] {
  const facts = context.audit;
  if (facts === undefined || !isAudited(context)) return [];
  // As toGlobalId makes it.
  const globalId = sql`translate(rtrim(encode(convert_to(${`${kind}:`} || s.id::text, 'UTF8'), 'base64'), '='), '+/', '-_')`;
  return [
    sql`audited as (
      insert into audit_log (project_id, at, principal, principal_id, role, operation, kind, object_id, object_name,
                             before, after, request_id)
      select ${context.projectId}::integer, ${new Date()}::timestamptz, ${context.actor}::text, ${facts.principalId ?? null}::text,
             ${facts.role}::text, ${operation}::text, ${kind}::text, ${globalId}, ${name}::text,
             s.before, s.after, ${facts.requestId}::text
      from (${states}) s)`,
  ];
}

function insertEntry({ projectId, actor }: AuditContext, facts: AuditFacts, entry: AuditEntry): SqlFragment {
  const { operation, kind, object, selector } = entry;
  return sql`insert into audit_log (project_id, at, principal, principal_id, role, operation, kind, object_id, object_name,
                                    before, after, selector, matched_count, changed_count, request_id)
             values (${projectId}, ${new Date()}, ${actor}, ${facts.principalId ?? null}, ${facts.role}, ${operation}, ${kind},
                     ${object === undefined ? null : toGlobalId(kind, object.id)}, ${object?.name ?? null},
                     ${stateOf(projectId, entry.before)}, ${stateOf(projectId, entry.after)},
                     ${selector === undefined ? null : shortenedJson(selector)}::jsonb,
                     ${entry.matchedCount ?? null}, ${entry.changedCount ?? null}, ${facts.requestId})`;
}

function stateOf(projectId: string, state: AuditedState | undefined): SqlFragment {
  if (state === undefined) return sql`null::jsonb`;
  const { values, cohortId, groupId, releaseId } = state;
  const cohort = sql`jsonb_build_object('cohort',
    (select c.slug from cohort c where c.project_id = ${projectId} and c.id = ${cohortId ?? null}))`;
  const group = sql`jsonb_build_object('group',
    (select g.name from device_group g where g.project_id = ${projectId} and g.id = ${groupId ?? null}))`;
  const release = sql`jsonb_build_object('lastSeenRelease',
    (select jsonb_build_object('version', r.version, 'revision', r.revision)
     from release r where r.project_id = ${projectId} and r.id = ${releaseId ?? null}))`;
  const referred = [
    ...(cohortId === undefined ? [] : [cohort]),
    ...(groupId === undefined ? [] : [group]),
    ...(releaseId === undefined ? [] : [release]),
  ];
  return referred.reduce((whole, part) => sql`${whole} || ${part}`, sql`${shortenedJson(values)}::jsonb`);
}
