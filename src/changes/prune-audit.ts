import type { Executor } from '../database/query.js';
import { sql } from '../database/sql.js';

/** Entries that one statement deletes, so that no lock is held for long. */
const PIECE = 1_000;

/**
 * Deletes the entries of the audit log from before that time, project by project and piece by piece. Several processes
 * may do so at once: each takes what no other is at.
 */
export async function pruneAuditLog(executor: Executor, before: Date): Promise<void> {
  const projects = await executor.rows<{ id: string }>('changes.pruneProjects', sql`select id::text from project`);
  for (const { id } of projects) {
    let deleted: number;
    do {
      const rows = await executor.rows(
        'changes.pruneAuditLog',
        sql`delete from audit_log a using (
              select o.id from audit_log o where o.project_id = ${id} and o.at < ${before}
              order by o.at, o.id limit ${PIECE} for update skip locked) old
            where a.project_id = ${id} and a.id = old.id returning 1`,
      );
      deleted = rows.length;
    } while (deleted === PIECE);
  }
}
