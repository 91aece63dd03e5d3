import { AppError } from '../errors.js';
import { LinkedList } from '../linked-list.js';

/** Work that has a connection and may be waiting for the database. */
export interface Waiting {
  /** When it last had an answer, or began; by `performance.now`. */
  readonly since: number;
  /** Called several times a second: it ends itself when it is over its own time. */
  check(now: number): void;
  /** Ends it now with this error. */
  giveUp(fault: AppError): void;
}

const CHECK_INTERVAL_MS = 200;
/** Whoever waits longer makes us ask whether the database answers at all. */
const ASK_AFTER_MS = 2_000;

/**
 * Notices that the database has stopped to answer, as a frozen machine or a cut cable does: no connection breaks then,
 * and no limit that the database keeps is kept. From that moment on all work is ended with UNAVAILABLE, and new work
 * refused at once, until the database answers again.
 */
export class Pulse {
  readonly #isAnswering: () => Promise<boolean>;
  readonly #waiting = new LinkedList<Waiting>();
  #timer: NodeJS.Timeout | undefined;
  #isAsking = false;
  #isLost = false;
  #answeredAt = 0;

  constructor(isAnswering: () => Promise<boolean>) {
    this.#isAnswering = isAnswering;
  }

  /** Throws UNAVAILABLE while the database is known not to answer. */
  assertAnswering(): void {
    if (this.#isLost) throw silent();
  }

  /** Until what it answers with is called. */
  watch(work: Waiting): () => void {
    const entry = this.#waiting.add(work);
    this.#timer ??= setInterval(() => {
      // After a pause of this process answers may have come that are only read after the timers.
      setImmediate(() => this.#check());
    }, CHECK_INTERVAL_MS).unref();
    return () => this.#waiting.remove(entry);
  }

  #check(): void {
    if (this.#waiting.isEmpty && !this.#isLost) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const now = performance.now();
    let mustAsk = this.#isLost;
    for (const work of this.#waiting.values()) {
      work.check(now);
      mustAsk ||= now - Math.max(work.since, this.#answeredAt) > ASK_AFTER_MS;
    }
    if (mustAsk && !this.#isAsking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    this.#isLost = !(await this.#isAnswering());
    this.#isAsking = false;
    if (this.#isLost) for (const work of this.#waiting.values()) work.giveUp(silent());
    else this.#answeredAt = performance.now();
  }
}

function silent(): AppError {
  return new AppError('UNAVAILABLE', 'The database does not answer at the moment.');
}
