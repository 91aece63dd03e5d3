import { hash } from 'node:crypto';
import type { Executor } from '../../database/query.js';
import { keptSizes } from '../kept-counts.js';
import { commaSeparated, identifier, integerLiteral, sql, type SqlFragment } from '../../database/sql.js';

/** How many devices a list has: exact unless `isBound`, then there are at least so many. */
export interface Frequency {
  readonly count: number;
  readonly isBound: boolean;
}

interface Counted extends Frequency {
  readonly countedAtMs: number;
}

/** A fleet's frequencies shift slowly, and one that is out of date makes a search slower, never wrong. */
const FRESH_MS = 60_000;
/** Some hundred bytes each. */
const MAX_REMEMBERED = 20_000;

/**
 * Frequencies of values, counted along their index up to a bound and remembered for a minute. The planner cannot tell
 * them: all keys share one value column, and it estimates a value over their mixture.
 */
export class Frequencies {
  /** By digest of the statement; the oldest first. */
  readonly #counted = new Map<string, Counted>();

  /** Frequencies of lists, each the text of a query for its device ids, at least up to `bound`; one statement at most. */
  async count(executor: Executor, lists: readonly SqlFragment[], bound: number): Promise<readonly Frequency[]> {
    const digests = lists.map(digestOf);
    const missing = new Map<string, SqlFragment>();
    lists.forEach((list, index) => {
      const digest = digests[index]!;
      if (!this.#isKnown(digest, bound)) missing.set(digest, list);
    });
    if (missing.size > 0) await this.#countAll(executor, missing, bound);
    return digests.map((digest) => this.#counted.get(digest)!);
  }

  /** Devices of the project, from the counts that are kept. */
  async ofProject(executor: Executor, projectId: string): Promise<number> {
    const digest = `project ${projectId}`;
    const known = this.#counted.get(digest);
    if (known !== undefined && known.countedAtMs >= Date.now() - FRESH_MS) return known.count;
    const [row] = await executor.rows<{ n: string }>(
      'search.projectSize',
      sql`select sum(k.n) as n from (${keptSizes(projectId, undefined)}) k`,
    );
    const count = Number(row?.n ?? 0);
    this.#remember(digest, { count, isBound: false, countedAtMs: Date.now() });
    return count;
  }

  #isKnown(digest: string, bound: number): boolean {
    const counted = this.#counted.get(digest);
    if (counted === undefined || counted.countedAtMs < Date.now() - FRESH_MS) return false;
    return !counted.isBound || counted.count >= bound;
  }

  async #countAll(executor: Executor, lists: ReadonlyMap<string, SqlFragment>, bound: number): Promise<void> {
    const counts = [...lists.values()].map(
      (list, index) =>
        sql`(select count(*)::integer from (${list} limit ${integerLiteral(bound)}) l) as ${identifier(`n${index}`)}`,
    );
    const [row] = await executor.rows<Record<string, number>>(
      'search.frequencies',
      sql`select ${commaSeparated(counts)}`,
    );
    const countedAtMs = Date.now();
    [...lists.keys()].forEach((digest, index) => {
      const count = row?.[`n${index}`] ?? 0;
      this.#remember(digest, { count, isBound: count >= bound, countedAtMs });
    });
  }

  #remember(digest: string, counted: Counted): void {
    this.#counted.delete(digest);
    this.#counted.set(digest, counted);
    for (const oldest of this.#counted.keys()) {
      if (this.#counted.size <= MAX_REMEMBERED) break;
      this.#counted.delete(oldest);
    }
  }
}

/** Operands may be long, so that they are not kept. */
function digestOf(list: SqlFragment): string {
  const { text, values } = list.compile();
  return hash('sha256', JSON.stringify([text, values]), 'base64');
}
