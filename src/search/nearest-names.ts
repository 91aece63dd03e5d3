import { setImmediate } from 'node:timers/promises';
import type { Database } from '../database/query.js';
import { integerLiteral, sql } from '../database/sql.js';
import { LONGEST_ALIKE, mostAlike, toKnownName } from './name-likeness.js';

/** Names of a project that are looked at, the first in order; a fleet has some hundreds. */
const MOST_KNOWN = 5_000;
/** Names for which others are looked for: who mistypes more has another trouble. */
const MOST_ASKED = 5;
/** Whoever mistyped a name is not to wait long for advice. */
const TIMEOUT_MS = 1_000;

/**
 * For the first five names, up to three attribute names of the project that are like each; none for names that are too
 * long to compare. One statement, or none.
 */
export async function nearestNames(
  database: Database,
  projectId: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const wanted = names.filter((name) => name.length <= LONGEST_ALIKE).slice(0, MOST_ASKED);
  if (wanted.length === 0) return new Map();
  const rows = await database.rows<{ name: string }>(
    'search.knownNames',
    // The inner limit bounds what is read, also where most names are too long.
    sql`select known.name from (
          select distinct k.name from attribute_key k where k.project_id = ${projectId}
          order by k.name limit ${integerLiteral(MOST_KNOWN)}) known
        where length(known.name) <= ${integerLiteral(LONGEST_ALIKE)}`,
    { timeoutMs: TIMEOUT_MS },
  );
  const known = rows.map(({ name }) => toKnownName(name));
  const nearest = new Map<string, readonly string[]>();
  for (const name of wanted) {
    nearest.set(name, mostAlike(name, known));
    // Thousands of names made to be hard to compare take some milliseconds each time: others have their turn between.
    await setImmediate();
  }
  return nearest;
}
