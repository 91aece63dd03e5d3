import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { arrayLiteral } from './array-literal.js';
import { isRetryable, mapDatabaseError } from './database-error.js';
import { Gate } from './gate.js';
import { integerLiteral, sql, type SqlFragment } from './sql.js';

/** Told of every statement before it runs; for logs, metrics and the tests that count statements. */
export type StatementListener = (name: string, text: string) => void;

/** Runs statements: a Database (each on its own) or a transaction. */
export interface Executor {
  /**
   * Rows of one statement. `name` is the function it serves; it leads the text as a comment, so that slow-query logs
   * point to code. Throws AppError for what a caller can act on, else the driver's error.
   */
  rows<Row>(name: string, statement: SqlFragment): Promise<Row[]>;
}

interface RunOptions {
  /** Longest time of one statement, in milliseconds. Over it: TIMEOUT, and the statement is cancelled. */
  readonly timeoutMs?: number;
  /** The planner is to read along indexes and stop early, whatever it estimates. */
  readonly inIndexOrder?: boolean;
}

/** Of one statement of a transaction that asks for no other. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** Of the wait for one lock; callers get TIMEOUT before common proxies cut at 10 s. */
const LOCK_TIMEOUT_MS = 5_000;

/** How often a transaction that lost to another one is tried. */
const MAX_ATTEMPTS = 8;
/** Longest pause before a further attempt, doubled each time; drawn by chance, so that two that met do not meet again. */
const FIRST_PAUSE_MS = 10;

/** Connections that searches and changes leave to look-ups by key: keys of requests, rows of fields, readiness. */
const RESERVED_CONNECTIONS = 3;
/** How long a search or change waits for its turn before it is UNAVAILABLE. */
const PATIENCE_MS = 4_000;

export class Database implements Executor {
  readonly #dataSource: DataSource;
  readonly #onStatement: StatementListener | undefined;
  /** Whatever may take long goes through here, so that what is quick never waits for it. */
  readonly #gate: Gate;

  constructor(dataSource: DataSource, onStatement?: StatementListener) {
    this.#dataSource = dataSource;
    this.#onStatement = onStatement;
    const poolSize = dataSource.options.type === 'postgres' ? (dataSource.options.poolSize ?? 10) : 10;
    this.#gate = new Gate(Math.max(1, poolSize - RESERVED_CONNECTIONS), PATIENCE_MS);
  }

  async rows<Row>(name: string, statement: SqlFragment, options: RunOptions = {}): Promise<Row[]> {
    // Only SET LOCAL limits a statement without leaving state on a pooled connection, and it needs a transaction.
    if (options.timeoutMs !== undefined || options.inIndexOrder === true) {
      return this.transaction(name, (transaction) => transaction.rows<Row>(name, statement), options);
    }
    const runner = this.#dataSource.createQueryRunner();
    try {
      return await this.#run<Row>(runner, name, statement);
    } catch (error) {
      throw mapDatabaseError(error);
    } finally {
      await runner.release();
    }
  }

  /**
   * Runs `work` in one transaction and commits what it did, or nothing. A transaction that lost to another one
   * (serialization failure, deadlock, a row made meanwhile) is run again, so `work` must have no effects elsewhere.
   */
  async transaction<T>(
    name: string,
    work: (transaction: Executor) => Promise<T>,
    options: RunOptions = {},
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#gate.pass(() => this.#attempt(work, options));
      } catch (error) {
        if (!isRetryable(error) || attempt === MAX_ATTEMPTS) throw mapDatabaseError(error);
      }
      await sleep(Math.random() * FIRST_PAUSE_MS * 2 ** attempt);
    }
  }

  async #attempt<T>(work: (transaction: Executor) => Promise<T>, options: RunOptions): Promise<T> {
    const runner = this.#dataSource.createQueryRunner();
    try {
      await runner.query(beginText(options));
      const result = await work({ rows: (name, statement) => this.#run(runner, name, statement) });
      await runner.query('commit');
      return result;
    } catch (error) {
      await rollback(runner);
      throw error;
    } finally {
      await runner.release();
    }
  }

  async #run<Row>(runner: QueryRunner, name: string, statement: SqlFragment): Promise<Row[]> {
    if (!/^[A-Za-z.]+$/.test(name)) throw new Error(`not a statement name of ours: ${name}`);
    const { text, values } = statement.compile();
    const named = `/* ${name} */ ${text}`;
    this.#onStatement?.(name, text);
    const parameters = values.map((value) => (Array.isArray(value) ? (arrayLiteral(value) ?? value) : value));
    const result = await runner.query(named, parameters, true);
    return result.records as Row[];
  }
}

/** One trip for all that a transaction begins with. Only SET LOCAL leaves no state on a pooled connection. */
function beginText({ timeoutMs = STATEMENT_TIMEOUT_MS, inIndexOrder = false }: RunOptions): string {
  const limits = sql`begin; set local statement_timeout = ${integerLiteral(timeoutMs)};
             set local lock_timeout = ${integerLiteral(Math.min(timeoutMs, LOCK_TIMEOUT_MS))}`.compile().text;
  return inIndexOrder ? `${limits}; ${IN_INDEX_ORDER}` : limits;
}

const IN_INDEX_ORDER = ['seqscan', 'hashjoin', 'sort'].map((way) => `set local enable_${way} = off`).join('; ');

/** Never throws: the first error is the one that matters, and a connection that is gone took its transaction along. */
async function rollback(runner: QueryRunner): Promise<void> {
  await runner.query('rollback').catch(() => undefined);
}
