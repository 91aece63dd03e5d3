/**
 * What the indexes of trigrams (migrations/1763942400000-index-texts-by-trigrams.ts) can look for. They know texts by
 * groups of three characters: three letters or digits in a row, and the beginnings and ends of words.
 */
import { foldCase } from './compile-tests.js';
import { sql, type SqlFragment } from '../database/sql.js';

/**
 * Whether the index narrows a search for these literals: one of them has three letters or digits in a row, or two
 * beside a character that is neither. Only ASCII counts, because whether Postgres takes other letters for letters
 * depends on the locale of the database.
 */
export function canUseTrigrams(literals: readonly string[]): boolean {
  return literals.some((literal) => TRIGRAM.test(literal));
}

const TRIGRAM = /[a-z0-9]{3}|[a-z0-9]{2}[\0-/:-@[-`{-\x7f]|[\0-/:-@[-`{-\x7f][a-z0-9]{2}/i;

/**
 * A condition on a column that such an index serves, and that every text meets which has these literals in this order,
 * whatever their letter case. The left side is the expression of the index, to the letter.
 */
export function hasLiterals(value: SqlFragment, literals: readonly string[]): SqlFragment {
  return sql`${foldCase(value)} like ${foldCase(sql`${patternOf(literals)}::text`)}`;
}

/**
 * Long words stand by themselves. Their beginnings and ends would be trigrams too, common ones (` 0` begins every
 * padded number), and each trigram more is a list to look into; within short words they are all that there is.
 */
function patternOf(literals: readonly string[]): string {
  const pieces = literals.map((literal) =>
    literal.replaceAll(/[\\%_]/g, '\\$&').replaceAll(/[A-Za-z0-9]{3,}/g, '%$&%'),
  );
  return `%${pieces.join('%')}%`;
}
