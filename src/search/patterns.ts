import { databaseErrorCode } from '../database/database-error.js';
import type { Database } from '../database/query.js';
import { commaSeparated, sql } from '../database/sql.js';
import { AppError, badInput } from '../errors.js';
import { LIMITS } from '../model/limits.js';
import { compileTextTest } from './compile-tests.js';
import type { Filter, TextPatternTest } from './filter.js';

type Pattern = Extract<TextPatternTest, { operator: 'matches' }> & { readonly ignoreCase: boolean };

/**
 * Refuses a bad regular expression with its path. Only the database knows its own dialect, and it would not look at an
 * expression at all where no value is tested; so all are tried on an empty text first.
 */
export async function checkPatterns(database: Database, filter: Filter): Promise<void> {
  const patterns = patternsOf(filter);
  if (patterns.length === 0 || (await areValid(database, patterns))) return;
  for (const pattern of patterns) {
    if (!(await areValid(database, [pattern]))) throw badInput(pattern.path, 'not a valid regular expression');
  }
}

/** How Postgres gives up on an expression for which it would need more memory than it ever takes. */
const TOO_COMPLEX = new Set(['XX000', '53200']);

async function areValid(database: Database, patterns: readonly Pattern[]): Promise<boolean> {
  // By the same means as the search itself: an expression may be too complex for the letters of one collation alone.
  const tests = patterns.map((pattern) => compileTextTest({ value: sql`''` }, pattern, pattern.ignoreCase));
  try {
    // Within the time of a search: an expression can be made so that reading it alone takes long.
    await database.rows('search.checkPatterns', sql`select ${commaSeparated(tests)}`, {
      timeoutMs: LIMITS.searchTimeoutMs,
    });
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'BAD_USER_INPUT') return false;
    if (TOO_COMPLEX.has(databaseErrorCode(error) ?? '')) return false;
    throw error;
  }
}

function patternsOf(filter: Filter): Pattern[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.flatMap(patternsOf);
    case 'not':
      return patternsOf(filter.part);
    case 'attribute':
    case 'text':
      return filter.tests.flatMap((test) =>
        test.operator === 'matches' ? [{ ...test, ignoreCase: filter.ignoreCase }] : [],
      );
    default:
      return [];
  }
}
