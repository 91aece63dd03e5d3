/** Runs after failures too. If Jest is killed, the guard of the embedded Postgres does the same without it. */
export default async function globalTeardown(): Promise<void> {
  await globalThis.endTestRun?.();
}
