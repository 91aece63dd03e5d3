import type { PoolClient } from 'pg';
import type { AppError } from '../errors.js';
import { assertGoing, clientLeft, type Lease, type OperationEnd, outOfTime } from './lease.js';
import type { Pulse, Waiting } from './pulse.js';

/** Look-ups that may be on one connection at a time. */
const MOST_AT_ONCE = 8;
/** Behind a look-up that has taken this long nobody lines up. */
const SLOW_MS = 10;

/** Lends a connection until what `use` gives has settled. Rejects if there is none. */
type Lend = (use: (lease: Lease) => Promise<void>) => Promise<void>;

/**
 * Connections that look-ups of one owner share: each is sent at once, behind those that are not answered yet. What the
 * system does for each packet and each turn of a process is then done for several, and it is most of what a look-up takes.
 */
export class LookUpLines {
  readonly #pulse: Pulse;
  /** As many as there are connections, at most. */
  #lines: readonly LookUpLine[] = [];

  constructor(pulse: Pulse) {
    this.#pulse = pulse;
  }

  /** Sends a look-up on a connection of the owner's, or on a further one if those are busy. */
  run<T>(owner: string, lend: Lend, end: OperationEnd, send: (client: PoolClient) => Promise<T>): Promise<T> {
    let line = this.#lines.find((one) => one.owner === owner && one.isFree());
    if (line === undefined) {
      const opened = new LookUpLine(owner, this.#pulse, lend, () => {
        this.#lines = this.#lines.filter((one) => one !== opened);
      });
      this.#lines = [...this.#lines, opened];
      line = opened;
    }
    return line.run(end, send);
  }
}

class LookUpLine {
  readonly owner: string;
  readonly #pulse: Pulse;
  readonly #lease: Promise<Lease>;
  readonly #onEmpty: () => void;
  #giveBack: () => void = () => undefined;
  #inFlight = 0;
  /** When the look-up that is answered next became the next. */
  #headSince = performance.now();

  constructor(owner: string, pulse: Pulse, lend: Lend, onEmpty: () => void) {
    this.owner = owner;
    this.#pulse = pulse;
    this.#onEmpty = onEmpty;
    this.#lease = new Promise((resolve, reject) => {
      lend((lease) => {
        resolve(lease);
        return new Promise((giveBack) => (this.#giveBack = giveBack));
      }).catch(reject);
    });
  }

  /** Whether there is a place, behind nothing slow. */
  isFree(): boolean {
    return this.#inFlight < MOST_AT_ONCE && performance.now() - this.#headSince < SLOW_MS;
  }

  async run<T>(end: OperationEnd, send: (client: PoolClient) => Promise<T>): Promise<T> {
    this.#inFlight += 1;
    let lease: Lease;
    let answer: Promise<T>;
    try {
      lease = await this.#lease;
      // Much may have happened while it waited for the connection.
      assertGoing(end);
      answer = send(lease.client);
    } catch (error) {
      this.#leave();
      throw error;
    }
    return this.#answerOrEnd(lease, end, answer);
  }

  #answerOrEnd<T>(lease: Lease, end: OperationEnd, answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(end, (fault) => {
        // Else the answer still has to come, for those behind it.
        if (this.#inFlight === 1) {
          this.#onEmpty();
          lease.giveUp(fault);
        }
        reject(fault);
      });
      const unwatch = this.#pulse.watch(waiter);
      const settle = () => {
        unwatch();
        lease.renew();
        this.#leave();
      };
      answer.then(
        (value) => {
          settle();
          resolve(value);
        },
        (error: unknown) => {
          settle();
          reject(lease.explain(error));
        },
      );
    });
  }

  #leave(): void {
    this.#inFlight -= 1;
    this.#headSince = performance.now();
    if (this.#inFlight > 0) return;
    this.#onEmpty();
    this.#giveBack();
  }
}

/** Waits for an answer for as long as its operation goes on. That the database is there, the connection's lease looks after. */
class Waiter implements Waiting {
  readonly since = Infinity;
  readonly #end: OperationEnd;
  readonly #giveUp: (fault: AppError) => void;

  constructor(end: OperationEnd, giveUp: (fault: AppError) => void) {
    this.#end = end;
    this.#giveUp = giveUp;
  }

  check(now: number): void {
    if (this.#end.signal?.aborted === true) this.#giveUp(clientLeft());
    else if (now >= this.#end.deadline) this.#giveUp(outOfTime());
  }

  giveUp(): void {}
}
