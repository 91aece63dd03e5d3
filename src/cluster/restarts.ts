/** A worker that lived longer has died of something else than the one before. */
const STABLE_AFTER_MS = 60_000;
const FIRST_PAUSE_MS = 200;
const MOST_IN_A_ROW = 6;

/** When a worker that died is started again: later each time, and not for ever. */
export class Restarts {
  #inARow = 0;

  /** The pause before the next start, in milliseconds; undefined if it has died too often soon after its start. */
  pauseAfter(livedMs: number): number | undefined {
    this.#inARow = livedMs < STABLE_AFTER_MS ? this.#inARow + 1 : 1;
    return this.#inARow > MOST_IN_A_ROW ? undefined : FIRST_PAUSE_MS * 2 ** (this.#inARow - 1);
  }
}
