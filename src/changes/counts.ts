import type { Executor } from '../database/query.js';
import { sql, type SqlFragment } from '../database/sql.js';

export type CountedKind = 'COHORT' | 'GROUP' | 'RELEASE';

interface Counted {
  readonly cohortId: string;
  readonly groupId: string | null;
  readonly lastSeenReleaseId: string | null;
}

/** Sums up who gained and lost devices, to be written as a few rows in the transaction of the change (ADR 0004). */
export class CountChanges {
  readonly #deltas = new Map<string, { kind: CountedKind; ownerId: string; delta: number }>();

  /** A device was as `before` (null: it is new) and is as `after` (null: it is gone). */
  move(before: Counted | null, after: Counted | null): void {
    this.#change('COHORT', before?.cohortId, after?.cohortId);
    this.#change('GROUP', before?.groupId, after?.groupId);
    this.#change('RELEASE', before?.lastSeenReleaseId, after?.lastSeenReleaseId);
  }

  #change(kind: CountedKind, from: string | null | undefined, to: string | null | undefined): void {
    if (from === to) return;
    if (from !== null && from !== undefined) this.#add(kind, from, -1);
    if (to !== null && to !== undefined) this.#add(kind, to, 1);
  }

  #add(kind: CountedKind, ownerId: string, change: number): void {
    const key = `${kind}/${ownerId}`;
    const delta = (this.#deltas.get(key)?.delta ?? 0) + change;
    this.#deltas.set(key, { kind, ownerId, delta });
  }

  /** Common table expressions that write them. */
  writes(projectId: string): SqlFragment[] {
    const deltas = [...this.#deltas.values()].filter(({ delta }) => delta !== 0);
    if (deltas.length === 0) return [];
    return [
      sql`counts as (
        insert into device_count (project_id, kind, owner_id, delta)
        select ${projectId}::integer, kind, owner_id, delta
        from unnest(${deltas.map((one) => one.kind)}::text[], ${deltas.map((one) => one.ownerId)}::bigint[],
                    ${deltas.map((one) => one.delta)}::bigint[]) as new(kind, owner_id, delta))`,
    ];
  }
}

/**
 * The same for set-based changes, as the body of a common table expression: `changes` yields rows (owner_id, delta),
 * where owner_id may be null, which counts for nobody.
 */
export function insertCounts(projectId: string, kind: CountedKind, changes: SqlFragment): SqlFragment {
  return sql`insert into device_count (project_id, kind, owner_id, delta)
             select ${projectId}::integer, ${kind}::text, owner_id, sum(delta) from (${changes}) as c(owner_id, delta)
             where owner_id is not null group by owner_id having sum(delta) <> 0`;
}

/** Folding starts beyond this many rows for one owner. */
const FOLD_ABOVE = 50;

/**
 * Replaces the changes kept for each owner by their sum. Exact while others write: it removes only the rows it saw and
 * adds only their sum, in one statement. Two folders at once wait for each other on the rows; the second finds none.
 * Owners that came to nothing, such as deleted cohorts, keep no row.
 */
export async function foldCounts(executor: Executor): Promise<void> {
  await executor.rows(
    'changes.foldCounts',
    sql`with crowded as (
          select project_id, kind, owner_id from device_count
          group by project_id, kind, owner_id
          having count(*) > ${FOLD_ABOVE}::integer or (count(*) > 1 and sum(delta) = 0)),
        removed as (
          delete from device_count c using crowded o
          where c.project_id = o.project_id and c.kind = o.kind and c.owner_id = o.owner_id
          returning c.project_id, c.kind, c.owner_id, c.delta)
        insert into device_count (project_id, kind, owner_id, delta)
        select project_id, kind, owner_id, sum(delta) from removed
        group by project_id, kind, owner_id having sum(delta) <> 0`,
  );
}
