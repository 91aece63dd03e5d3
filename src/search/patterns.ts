import type { Database } from '../database/query.js';
import { sql } from '../database/sql.js';
import { AppError, badInput } from '../errors.js';
import type { Filter } from './filter.js';

interface Pattern {
  readonly value: string;
  readonly path: string;
}

/**
 * Refuses a bad regular expression with its path. Only the database knows its own dialect, and it would not look at an
 * expression at all where no value is tested; so each one is tried on an empty text first.
 */
export async function checkPatterns(database: Database, filter: Filter): Promise<void> {
  for (const { value, path } of patternsOf(filter)) {
    try {
      await database.rows('search.checkPattern', sql`select '' ~ ${value}::text`);
    } catch (error) {
      if (error instanceof AppError && error.code === 'BAD_USER_INPUT')
        throw badInput(path, 'not a valid regular expression');
      throw error;
    }
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
      return filter.tests.flatMap((test) => (test.operator === 'matches' ? [test] : []));
    default:
      return [];
  }
}
