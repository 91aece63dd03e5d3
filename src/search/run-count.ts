import type { PlannerMode } from '../database/begin-text.js';
import type { StatementRunner } from '../database/query.js';
import type { SqlFragment } from '../database/sql.js';
import { LIMITS } from '../model/limits.js';

/** Rows of a statement that goes through many values and answers few rows, within the time of a search. */
export function runCount<Row>(
  runner: StatementRunner,
  name: string,
  statement: SqlFragment,
  planner: PlannerMode = 'counting',
): Promise<Row[]> {
  return runner.rows<Row>(name, statement, { timeoutMs: LIMITS.searchTimeoutMs, planner });
}
