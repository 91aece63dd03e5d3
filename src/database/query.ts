import { type DataSource, type QueryRunner, QueryFailedError } from 'typeorm';
import { mapDatabaseError, isRetryable } from './database-error.js';
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

/** How often a transaction that lost to another one is tried. */
const MAX_ATTEMPTS = 5;

export class Database implements Executor {
  readonly #dataSource: DataSource;
  readonly #onStatement: StatementListener | undefined;

  constructor(dataSource: DataSource, onStatement?: StatementListener) {
    this.#dataSource = dataSource;
    this.#onStatement = onStatement;
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
      const runner = this.#dataSource.createQueryRunner();
      try {
        await runner.query(beginText(options));
        const result = await work({ rows: (statement, fragment) => this.#run(runner, statement, fragment) });
        await runner.query('commit');
        return result;
      } catch (error) {
        await rollback(runner);
        if (isRetryable(error) && attempt < MAX_ATTEMPTS) continue;
        throw mapDatabaseError(error);
      } finally {
        await runner.release();
      }
    }
  }

  async #run<Row>(runner: QueryRunner, name: string, statement: SqlFragment): Promise<Row[]> {
    if (!/^[A-Za-z.]+$/.test(name)) throw new Error(`not a statement name of ours: ${name}`);
    const { text, values } = statement.compile();
    const named = `/* ${name} */ ${text}`;
    this.#onStatement?.(name, text);
    const result = await runner.query(named, values, true);
    return result.records as Row[];
  }
}

const IN_INDEX_ORDER = ['seqscan', 'hashjoin', 'sort'].map((way) => `set local enable_${way} = off`);

/** One trip for all that a transaction begins with. Only SET LOCAL leaves no state on a pooled connection. */
function beginText({ timeoutMs, inIndexOrder }: RunOptions): string {
  const settings = [
    ...(timeoutMs === undefined
      ? []
      : [sql`set local statement_timeout = ${integerLiteral(timeoutMs)}`.compile().text]),
    ...(inIndexOrder === true ? IN_INDEX_ORDER : []),
  ];
  return ['begin', ...settings].join('; ');
}

async function rollback(runner: QueryRunner): Promise<void> {
  try {
    await runner.query('rollback');
  } catch (error) {
    // The connection is gone, and the transaction with it; the first error is the one that matters.
    if (!(error instanceof QueryFailedError)) throw error;
  }
}
