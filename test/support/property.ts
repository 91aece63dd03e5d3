/**
 * How often and from which seed properties are tried: always the same, so that a run can be trusted. TEST_SEED=7 tries
 * other inputs, TEST_RUNS=20 twenty times as many; a failure prints the seed and the smallest input that fails.
 */
export const SEED = Number(process.env['TEST_SEED'] ?? 20_251_121);

const FACTOR = Number(process.env['TEST_RUNS'] ?? 1);

export function runs(count: number): { numRuns: number; seed: number } {
  return { numRuns: Math.ceil(count * FACTOR), seed: SEED };
}

/** Time for properties that ask a database, whatever TEST_RUNS says. */
export const PROPERTY_TIMEOUT_MS = 120_000 * FACTOR;
