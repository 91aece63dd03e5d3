/** What a transaction begins with: limits, and what the planner is told. */

/**
 * What the planner is told where its estimates are known to mislead it.
 *
 * - `inIndexOrder`: read along indexes and stop early.
 * - `wholeLists`: compare lists as a whole; most of what is read is wanted, so no look-ups one by one.
 * - `counting`: many values are gone through and few rows answered.
 */
export type PlannerMode = 'inIndexOrder' | 'wholeLists' | 'counting';

interface BeginOptions {
  /** Longest time of one statement, in milliseconds. */
  readonly timeoutMs?: number;
  readonly planner?: PlannerMode;
  /**
   * Plans are not kept. Not where rows are written: Postgres would plan the look-up of a foreign key for each of them anew,
   * which takes as long as a third of the write.
   */
  readonly plansForValues?: true;
}

/** Of one statement of a transaction that asks for no other. */
export const STATEMENT_TIMEOUT_MS = 30_000;
/** Of the wait for one lock; callers get TIMEOUT before common proxies cut at 10 s. */
const LOCK_TIMEOUT_MS = 5_000;

/** One trip for all of it. Local settings leave no state on a pooled connection. */
export function beginText({ timeoutMs = STATEMENT_TIMEOUT_MS, planner, plansForValues }: BeginOptions): string {
  const settings = {
    statement_timeout: String(timeoutMs),
    lock_timeout: String(Math.min(timeoutMs, LOCK_TIMEOUT_MS)),
    ...(plansForValues === true && { plan_cache_mode: 'force_custom_plan' }),
    // Costs that are made high to keep the planner from a way make it compile, which takes longer than it saves.
    ...(planner !== undefined && { jit: 'off' }),
    ...(planner !== undefined && PLANNER_SETTINGS[planner]),
  };
  // One statement for all: each has an answer of its own.
  const set = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', true)`);
  return `begin; select ${set.join(', ')}`;
}

/** More memory to sort and hash in halved the time of percentiles of half a million numbers. */
const COUNTING = { work_mem: '32MB' };
const PLANNER_SETTINGS: Readonly<Record<PlannerMode, Readonly<Record<string, string>>>> = {
  inIndexOrder: { enable_seqscan: 'off', enable_hashjoin: 'off', enable_sort: 'off', enable_memoize: 'off' },
  wholeLists: { ...COUNTING, enable_nestloop: 'off' },
  counting: COUNTING,
};
