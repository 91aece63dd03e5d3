import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { turns } from '../turns.js';
import { arrayLiteral } from './array-literal.js';
import { beginText, type PlannerMode, STATEMENT_TIMEOUT_MS } from './begin-text.js';
import { isRetryable, mapDatabaseError } from './database-error.js';
import { Gate } from './gate.js';
import { assertGoing, Lease, type OperationEnd } from './lease.js';
import { poolOf } from './pool-state.js';
import { LookUpLines } from './look-up-lines.js';
import { Postmaster } from './postmaster.js';
import { PreparedStatements } from './prepared-statements.js';
import { Pulse } from './pulse.js';
import { send, sendTogether } from './send.js';
import type { SqlFragment } from './sql.js';

/**
 * Told of every statement before it runs; for logs, metrics, traces and the tests that count statements. What it answers
 * is called when the statement has ended, with its fault if it failed.
 */
export type StatementListener = (name: string, text: string) => ((fault?: unknown) => void) | undefined;

/** Runs statements: a Database (each on its own) or a transaction. */
export interface Executor {
  /**
   * Rows of one statement. `name` is the function it serves; it leads the text as a comment, so that slow-query logs
   * point to code. Throws AppError for what a caller can act on, else the driver's error.
   */
  rows<Row>(name: string, statement: SqlFragment, options?: StatementOptions): Promise<Row[]>;
}

interface StatementOptions {
  /** Planned for its values each time. Absent: Postgres may keep one plan for all. */
  readonly plansForValues?: true;
}

/** Runs statements that find rows by their keys, and so are answered at once. */
export interface LookUps {
  /** As an Executor's `rows`, but that it may share a connection with others of its kind, which wait for it. */
  lookUp<Row>(name: string, statement: SqlFragment): Promise<Row[]>;
}

/** Runs the statements of one transaction. */
export interface Transaction extends Executor {
  /**
   * Sends a statement whose rows nobody waits for: what follows, the commit above all, goes out right behind it. If it
   * fails, the transaction does, with its error. Not the first statement of a transaction.
   */
  send(name: string, statement: SqlFragment): void;
}

/** Runs statements each on its own, limited if need be. */
export type StatementRunner = Pick<Database, 'rows' | 'lookUp'>;

interface RunOptions extends StatementOptions {
  /**
   * Longest time of one statement, in milliseconds. Over it: TIMEOUT, and the statement is cancelled. More than half a
   * minute is time that the work has for itself, beyond what its operation has.
   */
  readonly timeoutMs?: number;
  readonly planner?: PlannerMode;
}

/** Of a statement outside of a transaction, which finds rows by key. */
const LOOK_UP_TIMEOUT_MS = 5_000;
/** How long after its time the database may tell that it has cancelled a statement. */
const GRACE_MS = 1_000;
/** How often a transaction that lost to another one is tried. */
const MAX_ATTEMPTS = 8;
/** Longest pause before a further attempt, doubled each time; drawn by chance, so that two that met do not meet again. */
const FIRST_PAUSE_MS = 10;

/** Connections that searches and changes leave to look-ups by key: keys of requests, rows of fields, readiness. */
const RESERVED_CONNECTIONS = 3;
/** Connections that operations leave to those who come: even stuck look-ups keep nobody from showing his key. */
const RESERVED_FOR_KEYS = 1;
/** Whose look-ups those of the gateway itself are; not the name of any owner. */
const NOBODY = 'nobody';
/** How long a search or change waits for its turn before it is UNAVAILABLE. */
const PATIENCE_MS = 4_000;
/** How long the database may keep silent when it is asked whether it is there. */
const ANSWER_WITHIN_MS = 2_000;

/** What all users of one pool have in common. */
interface Shared {
  /** Whatever may take long goes through here, so that what is quick never waits for it. */
  readonly gate: Gate;
  /** For all that operations do, what is quick too. */
  readonly operations: Gate;
  /** Absent: statements are parsed and planned each time. */
  readonly prepared: { readonly lookUps: PreparedStatements; readonly others: PreparedStatements } | undefined;
  readonly lines: LookUpLines;
  readonly postmaster: Postmaster;
  readonly pulse: Pulse;
  /** The database as no operation's, for work that outlives the one that began it. */
  readonly ofNobody: Database;
}

interface DatabaseOptions {
  readonly onStatement?: StatementListener;
  /**
   * Whether statements that come again are prepared, once on each connection, which saves most of the time of a look-up. Not
   * behind a pooler that gives the statements of one client to several connections.
   */
  readonly preparesStatements?: boolean;
}

interface OperationLimits {
  /** Aborted when nobody waits for the answer any more: its statements are cancelled, but for a commit. */
  readonly signal?: AbortSignal | undefined;
  /** Longest time of all its statements together, in milliseconds. Over it: TIMEOUT, and the statement is cancelled. */
  readonly timeoutMs?: number | undefined;
  /** Whose it is: he shares the connections with others. Absent: nobody's in particular. */
  readonly owner?: string | undefined;
}

export class Database implements Executor, LookUps {
  readonly #dataSource: DataSource;
  readonly #options: DatabaseOptions;
  readonly #shared: Shared;
  readonly #end: { signal?: AbortSignal | undefined; deadline: number } = { deadline: Infinity };
  #owner: string | undefined;

  constructor(dataSource: DataSource, options: DatabaseOptions = {}, shared?: Shared) {
    this.#dataSource = dataSource;
    this.#options = options;
    this.#shared = shared ?? this.#createShared();
  }

  /** The same database for the statements of one operation, whose time begins now. */
  forOperation({ signal, timeoutMs = Infinity, owner }: OperationLimits): Database {
    const bound = new Database(this.#dataSource, this.#options, this.#shared);
    bound.#end.signal = signal;
    bound.#end.deadline = performance.now() + timeoutMs;
    bound.#owner = owner;
    return bound;
  }

  /** The same database for work that others may wait for too, which does not end with one operation. */
  get ofNobody(): Database {
    return this.#shared.ofNobody;
  }

  /** Whether it is not that of an operation, but of the gateway itself. */
  get #isOfNobody(): boolean {
    return this.#shared.ofNobody === this;
  }

  async rows<Row>(name: string, statement: SqlFragment, options: RunOptions = {}): Promise<Row[]> {
    if (Object.keys(options).length > 0) return this.#retry(() => this.#limited<Row>(name, statement, options));
    try {
      return await this.#leased(LOOK_UP_TIMEOUT_MS, this.#end, ({ client }) =>
        this.#query<Row>(client, name, statement, this.#shared.prepared?.lookUps),
      );
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }

  async lookUp<Row>(name: string, statement: SqlFragment): Promise<Row[]> {
    try {
      assertGoing(this.#end);
      this.#shared.pulse.assertAnswering();
      const rows = await this.#shared.lines.run(
        this.#isOfNobody ? NOBODY : (this.#owner ?? ''),
        // The connection outlives the look-up that needed it first.
        (use) => this.#admitted(LOOK_UP_TIMEOUT_MS, { deadline: Infinity }, use),
        this.#end,
        (client) => this.#query<Row>(client, name, statement, this.#shared.prepared?.lookUps),
      );
      await this.#turn();
      return rows;
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }

  /**
   * Rows of one statement that changes something and is a transaction by itself: one round trip, and its plan is kept. Not for
   * statements that wait for locks: they would wait for as long as a look-up may take, and then nobody knows what was made.
   */
  async change<Row>(name: string, statement: SqlFragment): Promise<Row[]> {
    return this.#retry(() =>
      this.#leased(LOOK_UP_TIMEOUT_MS, this.#end, (lease) => {
        lease.commitsByItself();
        return this.#query<Row>(lease.client, name, statement, this.#shared.prepared?.lookUps);
      }),
    );
  }

  /**
   * Runs `work` in one transaction and commits what it did, or nothing. A transaction that lost to another one
   * (serialization failure, deadlock, a row made meanwhile) is run again, so `work` must have no effects elsewhere.
   */
  async transaction<T>(
    name: string,
    work: (transaction: Transaction) => Promise<T>,
    options: RunOptions = {},
  ): Promise<T> {
    const began = performance.now();
    const hasOwnTime = (options.timeoutMs ?? 0) > STATEMENT_TIMEOUT_MS;
    const end = hasOwnTime ? { signal: this.#end.signal, deadline: Infinity } : this.#end;
    try {
      return await this.#retry(() => this.#attempt(work, options, end));
    } finally {
      if (hasOwnTime) this.#end.deadline += performance.now() - began;
    }
  }

  #createShared(): Shared {
    const { options } = this.#dataSource;
    if (options.type !== 'postgres') throw new Error(`not a Postgres: ${options.type}`);
    const postmaster = new Postmaster(options.url ?? '');
    const poolSize = options.poolSize ?? 10;
    const pulse = new Pulse(() => postmaster.isAnswering(ANSWER_WITHIN_MS));
    return {
      gate: new Gate(Math.max(1, poolSize - RESERVED_CONNECTIONS), PATIENCE_MS),
      operations: new Gate(Math.max(2, poolSize - RESERVED_FOR_KEYS), PATIENCE_MS),
      prepared: this.#options.preparesStatements === true ? createPrepared() : undefined,
      lines: new LookUpLines(pulse),
      postmaster,
      pulse,
      ofNobody: this,
    };
  }

  /** Gives `work` a connection until it is done, or until it has to end. */
  async #leased<T>(limitMs: number, end: OperationEnd, work: (lease: Lease) => Promise<T>): Promise<T> {
    const result = await this.#admitted(limitMs, end, work);
    await this.#turn();
    return result;
  }

  /** What is made of many rows keeps everybody waiting. */
  #turn(): Promise<void> | undefined {
    return this.#owner === undefined ? undefined : turns.wait(this.#owner);
  }

  #admitted<T>(limitMs: number, end: OperationEnd, work: (lease: Lease) => Promise<T>): Promise<T> {
    const lend = () => this.#lend(limitMs, end, work);
    return this.#isOfNobody ? lend() : this.#shared.operations.pass(lend, this.#owner);
  }

  async #lend<T>(limitMs: number, end: OperationEnd, work: (lease: Lease) => Promise<T>): Promise<T> {
    const { postmaster, pulse } = this.#shared;
    assertGoing(end);
    pulse.assertAnswering();
    const lease = new Lease(await poolOf(this.#dataSource).connect(), postmaster, limitMs, end);
    const unwatch = pulse.watch(lease);
    try {
      // Much may have happened while it waited for the connection.
      assertGoing(end);
      return await work(lease);
    } catch (error) {
      throw lease.explain(error);
    } finally {
      unwatch();
      await lease.release();
    }
  }

  async #retry<T>(attemptOnce: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#shared.gate.pass(attemptOnce, this.#owner);
      } catch (error) {
        if (!isRetryable(error) || attempt === MAX_ATTEMPTS) throw mapDatabaseError(error);
      }
      await sleep(Math.random() * FIRST_PAUSE_MS * 2 ** attempt);
    }
  }

  /** Begin goes out with the first statement, and commit right behind the last. */
  async #attempt<T>(
    work: (transaction: Transaction) => Promise<T>,
    options: RunOptions,
    end: OperationEnd,
  ): Promise<T> {
    return this.#leased(limitOf(options), end, async (lease) => {
      const { client } = lease;
      const sent: Promise<unknown>[] = [];
      const keep = <Answer>(answer: Promise<Answer>): Promise<Answer> => {
        sent.push(answer);
        // Looked at when the transaction ends.
        answer.catch(() => undefined);
        return answer;
      };
      // Nothing is answered, and so nothing more sent, before it is certain that there is a transaction to roll back.
      let isCertain = false;
      sendTogether(client);
      const begun = keep(client.query(beginText(options)));
      const run = async <Row>(
        name: string,
        statement: SqlFragment,
        { plansForValues }: StatementOptions = {},
      ): Promise<Row[]> => {
        lease.renew();
        const prepared = plansForValues === true ? undefined : this.#shared.prepared?.others;
        const [, rows] = await Promise.all([begun, this.#query<Row>(client, name, statement, prepared)]);
        isCertain = true;
        return rows;
      };
      try {
        const result = await work({
          rows: run,
          send: (name, statement) => {
            if (!isCertain) throw new Error(`${name} is the first statement of its transaction, and must be awaited`);
            sendTogether(client);
            void keep(run(name, statement));
          },
        });
        lease.commits();
        const ended = keep(client.query('commit'));
        await Promise.all(sent);
        // Of a transaction of which a statement has failed it is a rollback.
        if ((await ended).command !== 'COMMIT') throw new Error('work went on after a statement of it had failed');
        return result;
      } catch (error) {
        // Never throws: the first error is the one that matters, and a connection that is gone took its transaction along.
        await client.query('rollback').catch(() => undefined);
        // Whatever came after one that failed has failed by it.
        const first = (await Promise.allSettled(sent)).find((one) => one.status === 'rejected');
        throw first === undefined ? error : first.reason;
      }
    });
  }

  /**
   * One statement in a transaction of its own, in one round trip: all is sent before the first answer is read. Only SET
   * LOCAL limits a statement without leaving state on a pooled connection, and it needs a transaction.
   */
  async #limited<Row>(name: string, statement: SqlFragment, options: RunOptions): Promise<Row[]> {
    return this.#leased(limitOf(options), this.#end, async ({ client }) => {
      sendTogether(client);
      const [begun, found, ended] = await Promise.allSettled([
        client.query(beginText({ ...options, plansForValues: true })),
        this.#query<Row>(client, name, statement, this.#shared.prepared?.others),
        // Of a statement that failed it ends the transaction all the same.
        client.query('commit'),
      ]);
      if (begun.status === 'rejected') throw begun.reason;
      if (found.status === 'rejected') throw found.reason;
      if (ended.status === 'rejected') throw ended.reason;
      return found.value;
    });
  }

  /** Sends a statement under its name; to be prepared, if that is wanted. */
  #query<Row>(
    client: PoolClient,
    name: string,
    statement: SqlFragment,
    prepared: PreparedStatements | undefined,
  ): Promise<Row[]> {
    if (!/^[A-Za-z.]+$/.test(name)) throw new Error(`not a statement name of ours: ${name}`);
    const { text: bareText, values: given } = statement.compile();
    const onEnd = this.#options.onStatement?.(name, bareText);
    const text = `/* ${name} */ ${bareText}`;
    const values = given.map((value) => (Array.isArray(value) ? (arrayLiteral(value) ?? value) : value));
    const answer = send<Row>(client, text, values, prepared?.nameOf(name, text));
    if (onEnd !== undefined) void answer.then(() => onEnd(), onEnd);
    return answer;
  }
}

/** How long we wait for the answer to one statement, the database being the first to give up. */
function limitOf({ timeoutMs = STATEMENT_TIMEOUT_MS }: RunOptions): number {
  return timeoutMs + GRACE_MS;
}

/**
 * Of look-ups Postgres keeps the plan too. What searches and changes are best done by depends on their values and on the
 * settings of the moment, so only their parse is kept; callers choose their texts, so those must come again.
 */
function createPrepared(): NonNullable<Shared['prepared']> {
  return {
    lookUps: new PreparedStatements({ prefix: 'kept', most: 200, mostOfOne: 40, sightings: 2 }),
    others: new PreparedStatements({ prefix: 'parsed', most: 50, mostOfOne: 30, sightings: 3 }),
  };
}
