import { LinkedList } from './linked-list.js';

/** How long the event loop may be kept by what is resolved before others come in between. */
const SLICE_MS = 2;

/**
 * Turns at the one event loop of the process. Work is done in pieces, such as to read a body or to answer with the rows of a
 * statement. After each slice of time whoever else has come goes in between, owner by owner: the requests of one credential,
 * however large or many, do not keep others waiting for longer than a piece.
 *
 * Fields of which batches are loaded must not wait one by one, or each is loaded by itself.
 */
export class Turns {
  readonly #waiting = new Map<string, LinkedList<() => void>>();
  #began: number | undefined;

  /** Undefined: go on at once. Else settles when it is the owner's turn. */
  wait(owner: string): Promise<void> | undefined {
    const own = this.#waiting.get(owner);
    // Who has pieces in line puts further ones behind them.
    if (own === undefined && !this.#isOver()) return undefined;
    const line = own ?? new LinkedList();
    this.#waiting.set(owner, line);
    return new Promise((resolve) => void line.add(resolve));
  }

  /** Whether the slice is used up. The first to ask in a round of the event loop begins one. */
  #isOver(): boolean {
    const now = performance.now();
    if (this.#began === undefined) {
      this.#began = now;
      setImmediate(() => {
        this.#began = undefined;
        this.#release();
      });
    }
    return now - this.#began >= SLICE_MS;
  }

  /** Lets go on, one after the other, until the slice is used up. */
  #release(): void {
    if (this.#waiting.size === 0 || this.#isOver()) return;
    const [owner, own] = this.#waiting.entries().next().value!;
    const next = own.shift()!;
    // To the end of the line, if he has more.
    this.#waiting.delete(owner);
    if (!own.isEmpty) this.#waiting.set(owner, own);
    next();
    // Behind all that now goes on: ticks come when there are no more microtasks.
    queueMicrotask(() => process.nextTick(() => this.#release()));
  }
}

/** There is one event loop, and so one line. */
export const turns = new Turns();
