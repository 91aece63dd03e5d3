import { hash } from 'node:crypto';
import type { Executor } from '../../database/query.js';
import { keptSizes } from '../kept-counts.js';
import { commaSeparated, identifier, integerLiteral, sql, type SqlFragment } from '../../database/sql.js';
import { LongRanges, type NumberRange } from './long-ranges.js';

/** How many devices a list has: exact unless `isBound`, then there are at least so many. */
export interface Frequency {
  readonly count: number;
  readonly isBound: boolean;
}

/** What is counted. */
export interface CountedList {
  /** A query for its device ids. */
  readonly select: SqlFragment;
  /** Numbers that the values lie between, of those that `numbers` names: new ranges come all the time, and others tell of them. */
  readonly range?: (NumberRange & { readonly numbers: string }) | undefined;
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
  readonly #longRanges = new LongRanges();

  /** Frequencies of lists, at least up to `bound`; one statement at most. */
  async count(executor: Executor, lists: readonly CountedList[], bound: number): Promise<readonly Frequency[]> {
    const known = lists.map((list) => this.#longRange(list, bound) ?? digestOf(list.select));
    const missing = new Map<string, CountedList>();
    known.forEach((digest, index) => {
      if (typeof digest === 'string' && !this.#isKnown(digest, bound)) missing.set(digest, lists[index]!);
    });
    if (missing.size > 0) await this.#countAll(executor, missing, bound);
    return known.map((one) => (typeof one === 'string' ? this.#counted.get(one)! : one));
  }

  /** The frequency of a range of which ranges within it tell that it goes beyond the bound. */
  #longRange({ range }: CountedList, bound: number): Frequency | undefined {
    const count = range === undefined ? 0 : this.#longRanges.leastOf(range.numbers, range, Date.now() - FRESH_MS);
    return count >= bound ? { count, isBound: true } : undefined;
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

  async #countAll(executor: Executor, lists: ReadonlyMap<string, CountedList>, bound: number): Promise<void> {
    const counts = [...lists.values()].map(
      ({ select }, index) =>
        sql`(select count(*)::integer from (${select} limit ${integerLiteral(bound)}) l) as ${identifier(`n${index}`)}`,
    );
    const [row] = await executor.rows<Record<string, number>>(
      'search.frequencies',
      sql`select ${commaSeparated(counts)}`,
    );
    const countedAtMs = Date.now();
    [...lists].forEach(([digest, { range }], index) => {
      const count = row?.[`n${index}`] ?? 0;
      this.#remember(digest, { count, isBound: count >= bound, countedAtMs });
      if (range !== undefined && count >= bound)
        this.#longRanges.remember(range.numbers, { range, count, countedAtMs });
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
