import { INDEXED_CHARACTERS } from '../attributes/long-text.js';
import { allOf, anyOf, sql, type SqlFragment } from '../database/sql.js';
import { caseVariants, hasCaseVariants, type PostingScope, prefixedPostings } from './case-variants.js';
import type { TextPatternTest, TextTest, ValueTest } from './filter.js';
import { requiredLiterals } from './required-literals.js';
import { canUseTrigrams, hasLiterals } from './trigrams.js';

/** Postings of texts that an index finds: all that meet the tests, and some that do not. */
export interface TextCandidates {
  /** What follows FROM: yields postings `p`, each at most once. */
  readonly from: SqlFragment;
  /** On `p`. */
  readonly condition: SqlFragment;
}

/**
 * How to find the postings of texts that meet all tests where the index of values cannot serve the tests as they are:
 * pieces of texts, expressions, and whatever takes no account of letter case. The statement repeats the tests, and says
 * which project's and keys' postings it wants. Undefined if no index helps, or none is needed because a test with letter
 * case says how the text begins.
 */
export function textCandidates(
  tests: readonly ValueTest[],
  ignoreCase: boolean,
  scope: PostingScope,
): TextCandidates | undefined {
  const list = tests.find((test) => test.operator === 'in');
  const prefix = tests.filter(isPattern).find((test) => test.operator === 'startsWith');
  if (!ignoreCase && (list !== undefined || (prefix !== undefined && prefix.value.length < INDEXED_CHARACTERS))) {
    return undefined;
  }
  if (list !== undefined) {
    const texts = list.values.filter((value) => typeof value === 'string');
    const condition = equalsOneOf(texts, scope);
    return condition === undefined ? undefined : { from: POSTINGS, condition };
  }
  const patterns = tests.filter(isPattern).filter((test) => canUseTrigrams(requiredLiterals(test)));
  const mayWalk = ignoreCase && prefix !== undefined && prefix.value !== '' && hasCaseVariants(prefix.value);
  if (mayWalk && patterns.every((test) => test === prefix)) {
    return { from: prefixedPostings(prefix.value, scope), condition: sql`true` };
  }
  return patterns.length === 0 ? undefined : { from: POSTINGS, condition: allOf(patterns.map(mayMeet)) };
}

/**
 * The same for serials: a condition on `serial`, the column, that an index serves. Undefined if there is none.
 */
export function serialCandidates(
  serial: SqlFragment,
  tests: readonly TextTest[],
  ignoreCase: boolean,
): SqlFragment | undefined {
  const list = tests.find((test) => test.operator === 'in');
  if (list !== undefined) {
    const { values } = list;
    if (!ignoreCase || values.length > MAX_LOOKS || !values.every((value) => canUseTrigrams([value]))) return undefined;
    return anyOf(values.map((value) => hasLiterals(serial, [value])));
  }
  const literals = tests.filter(isPattern).map(requiredLiterals).filter(canUseTrigrams);
  return literals.length === 0 ? undefined : allOf(literals.map((one) => hasLiterals(serial, one)));
}

const POSTINGS = sql`posting_text p`;

function isPattern(test: ValueTest): test is TextPatternTest {
  return ['contains', 'startsWith', 'endsWith', 'matches'].includes(test.operator);
}

function mayMeet(test: TextPatternTest): SqlFragment {
  const found = hasLiterals(sql`p.value`, requiredLiterals(test));
  return test.operator === 'startsWith' && isShort(test.value) ? found : orIsLong(found);
}

/** Each other text is a look into the index of trigrams by itself. */
const MAX_LOOKS = 50;

/** Equality without letter case. */
function equalsOneOf(texts: readonly string[], scope: PostingScope): SqlFragment | undefined {
  const walked = texts.filter(hasCaseVariants);
  const others = texts.filter((text) => !hasCaseVariants(text));
  if (others.length > MAX_LOOKS || !others.every((text) => canUseTrigrams([text]))) return undefined;
  const looks = others.map((text) => hasLiterals(sql`p.value`, [text]));
  return anyOf([
    ...(walked.length === 0 ? [] : [sql`p.value = any(array(${caseVariants(walked, scope)}))`]),
    ...(others.every(isShort) ? looks : looks.map(orIsLong)),
  ]);
}

/** Whether an operand lies within the indexed beginning, even if it folds to twice as many characters (İ does). */
function isShort(operand: string): boolean {
  return operand.length * 2 <= INDEXED_CHARACTERS;
}

/** A literal may lie beyond the indexed beginning; few texts are so long, and they have an index of their own. */
function orIsLong(condition: SqlFragment): SqlFragment {
  return anyOf([condition, sql`p.rest is not null`]);
}
