import { AppError } from '../errors.js';
import { LinkedList } from '../linked-list.js';

/** Places that are kept for those who have none. A gate with few places keeps fewer. */
const KEPT_FOR_OTHERS = 2;

interface Waiting {
  readonly owner: string | undefined;
  readonly enter: () => void;
}

/**
 * Lets so many pieces of work run at once; others wait in line. Throws UNAVAILABLE for work whose turn does not come in
 * time: it has not begun.
 *
 * An owner is whoever must not keep others waiting by asking much. The next place goes to the owner with the fewest, and
 * one who has a place gets no further one of the last two: whoever comes meanwhile finds them free. Work without an owner
 * goes by its place in line alone.
 */
export class Gate {
  readonly #patienceMs: number;
  readonly #kept: number;
  readonly #waiting = new LinkedList<Waiting>();
  readonly #places = new Map<string, number>();
  #free: number;

  constructor(size: number, patienceMs: number) {
    this.#free = size;
    this.#kept = Math.min(KEPT_FOR_OTHERS, Math.floor((size - 1) / 2));
    this.#patienceMs = patienceMs;
  }

  async pass<T>(work: () => Promise<T>, owner?: string): Promise<T> {
    if (this.#mayEnter(owner)) this.#take(owner);
    else await this.#turn(owner);
    try {
      return await work();
    } finally {
      this.#giveBack(owner);
      this.#admit();
    }
  }

  #mayEnter(owner: string | undefined): boolean {
    return this.#free > (this.#placesOf(owner) > 0 ? this.#kept : 0);
  }

  #placesOf(owner: string | undefined): number {
    return owner === undefined ? 0 : (this.#places.get(owner) ?? 0);
  }

  #take(owner: string | undefined): void {
    this.#free -= 1;
    if (owner !== undefined) this.#places.set(owner, this.#placesOf(owner) + 1);
  }

  #giveBack(owner: string | undefined): void {
    this.#free += 1;
    if (owner === undefined) return;
    const left = this.#placesOf(owner) - 1;
    if (left === 0) this.#places.delete(owner);
    else this.#places.set(owner, left);
  }

  /** Lets in whoever waits and may. */
  #admit(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#take(next.owner);
      next.enter();
    }
  }

  /** Of those with the fewest places the one who came first; undefined if none of them may enter. */
  #next(): Waiting | undefined {
    let best: Waiting | undefined;
    for (const one of this.#waiting.values()) {
      if (best === undefined || this.#placesOf(one.owner) < this.#placesOf(best.owner)) best = one;
    }
    return best !== undefined && this.#mayEnter(best.owner) ? best : undefined;
  }

  /** Settles when a place was taken for him. */
  #turn(owner: string | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.remove(entry);
        reject(new AppError('UNAVAILABLE', 'The server is busy with other searches and changes.'));
      }, this.#patienceMs);
      const enter = () => {
        clearTimeout(timer);
        this.#waiting.remove(entry);
        resolve();
      };
      const entry = this.#waiting.add({ owner, enter });
    });
  }
}
