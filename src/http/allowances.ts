import { AppError } from '../errors.js';
import { LinkedList } from '../linked-list.js';

export interface AllowanceOptions {
  /** Points that come back in a second; 0: no limit. */
  readonly perSecond: number;
  /** Points that can be saved up. */
  readonly burst: number;
  /** Operations of one credential at once; 0: no limit. */
  readonly concurrent: number;
  /** Points of what one credential has under way at once; further operations wait. One alone may have more. */
  readonly pointsAtOnce: number;
}

/** A request of a credential, from its arrival on. */
export interface Place {
  /** Settles when there is room for an operation of so many points beside the credential's others. Once for each place. */
  enter(points: number): Promise<void>;
  /** Gives the place back, never while `enter` is waited for. May be called again. */
  end(): void;
}

interface Account {
  points: number;
  /** When `points` was right. */
  atMs: number;
  running: number;
  pointsRunning: number;
  /** In the order in which they came. */
  readonly waiting: LinkedList<{ readonly points: number; readonly goOn: () => void }>;
}

/** Above it, accounts that are as if new are forgotten. */
const MOST_ACCOUNTS = 10_000;

/**
 * What each credential may still ask of this process: a token bucket of points, and a number of operations at once.
 *
 * A bucket may go below zero: an operation starts as long as anything is left and is paid for afterwards. So the dearest
 * operation needs no larger bucket, and no mixture of two settings can shut it out for ever.
 */
export class Allowances {
  readonly #options: AllowanceOptions;
  readonly #now: () => number;
  readonly #accounts = new Map<string, Account>();

  /** `now` counts milliseconds and never goes back. */
  constructor(options: AllowanceOptions, now: () => number = () => performance.now()) {
    this.#options = options;
    this.#now = now;
  }

  /** Throws RATE_LIMITED with the seconds to wait if not one point is left, else takes the points. */
  charge(credential: string, points: number): void {
    const { perSecond } = this.#options;
    if (perSecond === 0) return;
    const account = this.#accountOf(credential);
    if (account.points < 1) {
      const seconds = Math.max(1, Math.ceil((1 - account.points) / perSecond));
      throw new AppError('RATE_LIMITED', `This key has used up its points; some are back in ${seconds} s.`, {
        details: { retryAfter: seconds },
      });
    }
    account.points -= points;
  }

  /** A place among the credential's operations. Throws RATE_LIMITED if too many are there already. */
  begin(credential: string): Place {
    const { concurrent, pointsAtOnce } = this.#options;
    const account = this.#accountOf(credential);
    if (concurrent > 0 && account.running >= concurrent) {
      throw new AppError('RATE_LIMITED', `This key has ${concurrent} operations running; wait for one to end.`);
    }
    account.running += 1;
    let own = 0;
    let hasEnded = false;
    return {
      async enter(points) {
        own = points;
        // Behind those who wait already, or the dearest would wait for ever.
        if (!account.waiting.isEmpty || !hasRoom(account, points, pointsAtOnce)) {
          await new Promise<void>((goOn) => void account.waiting.add({ points, goOn }));
        } else {
          account.pointsRunning += points;
        }
      },
      end() {
        if (hasEnded) return;
        hasEnded = true;
        account.running -= 1;
        account.pointsRunning -= own;
        for (let next = account.waiting.first; next !== undefined; next = account.waiting.first) {
          if (!hasRoom(account, next.points, pointsAtOnce)) break;
          account.waiting.shift();
          account.pointsRunning += next.points;
          next.goOn();
        }
      },
    };
  }

  #accountOf(credential: string): Account {
    const { perSecond, burst } = this.#options;
    const now = this.#now();
    const known = this.#accounts.get(credential);
    if (known !== undefined) {
      known.points = Math.min(burst, known.points + ((now - known.atMs) / 1_000) * perSecond);
      known.atMs = now;
      return known;
    }
    if (this.#accounts.size >= MOST_ACCOUNTS) this.#forgetIdle(now);
    const account: Account = { points: burst, atMs: now, running: 0, pointsRunning: 0, waiting: new LinkedList() };
    this.#accounts.set(credential, account);
    return account;
  }

  #forgetIdle(now: number): void {
    const { perSecond, burst } = this.#options;
    for (const [credential, { points, atMs, running }] of this.#accounts) {
      const isFull = perSecond === 0 || points + ((now - atMs) / 1_000) * perSecond >= burst;
      if (isFull && running === 0) this.#accounts.delete(credential);
    }
  }
}

function hasRoom({ pointsRunning }: Account, points: number, most: number): boolean {
  return pointsRunning === 0 || pointsRunning + points <= most;
}
