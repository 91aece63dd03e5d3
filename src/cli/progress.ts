import type { Shell } from './shell.js';

const RETURN_AND_CLEAR = '\r\u001b[K';
/** Faster than this nobody reads, and writing would take longer than the work. */
const INTERVAL_MS = 100;

/** One line at a terminal that is written over and over; nothing elsewhere, where it would fill a log. */
export class Progress {
  readonly #output: Shell['stderr'];
  #shownAtMs = -Infinity;
  #isShown = false;

  constructor(output: Shell['stderr']) {
    this.#output = output;
  }

  show(text: string): void {
    const nowMs = performance.now();
    if (this.#output.isTTY !== true || nowMs - this.#shownAtMs < INTERVAL_MS) return;
    this.#shownAtMs = nowMs;
    this.#isShown = true;
    this.#output.write(`${RETURN_AND_CLEAR}${text}`);
  }

  /** Before anything else is written. */
  clear(): void {
    if (this.#isShown) this.#output.write(RETURN_AND_CLEAR);
    this.#isShown = false;
  }
}
