/** Tests of one value as SQL conditions. All are two-valued where the value is not null. */
import { assertNever } from '../errors.js';
import { allOf, FALSE, sql, type SqlFragment } from '../database/sql.js';
import type { PostingKind } from '../attributes/postings.js';
import { INDEXED_CHARACTERS, splitText } from '../attributes/long-text.js';
import type { AttributeValue } from '../model/attribute-value.js';
import type { TextTest, TimeTest, ValueTest } from './filter.js';

/** A text as the database keeps it: whole in one column, or its indexed beginning and the rest. */
export interface TextColumn {
  readonly value: SqlFragment;
  readonly rest?: SqlFragment;
}

/**
 * Letter case folds by ICU's root locale, the same on every server, whatever the database's own locale. Lower case alone
 * depends on what stands around: a sigma at the end of a word has a form of its own, which a longer text with the same
 * beginning has not; so the two forms count as one. The result compares by code point, like all text here.
 */
export function foldCase(text: SqlFragment): SqlFragment {
  return sql`(translate(lower(${text} collate "und-x-icu"), 'ς', 'σ') collate "C")`;
}

/** Whether one text meets a test. */
export function compileTextTest(column: TextColumn, test: TextTest | ValueTest, ignoreCase: boolean): SqlFragment {
  if (test.operator === 'in') {
    const texts = (test.values as readonly AttributeValue[]).filter((one) => typeof one === 'string');
    return texts.length === 0 ? FALSE : equalsOneOf(column, texts, ignoreCase);
  }
  if (typeof test.value === 'number') return FALSE;
  const operand = sql`${test.value}::text`;
  const text = ignoreCase ? foldCase(whole(column)) : whole(column);
  const wanted = ignoreCase ? foldCase(operand) : operand;
  switch (test.operator) {
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return ignoreCase
        ? sql`${text} ${COMPARISONS[test.operator]} ${wanted}`
        : compareText(column, test.operator, test.value);
    // Functions that take the operand literally: LIKE would read % and _ in it as wildcards.
    case 'contains':
      return sql`strpos(${text}, ${wanted}) > 0`;
    case 'startsWith':
      // The indexed beginning decides unless the operand is as long; an index can be used for it alone.
      return !ignoreCase && column.rest !== undefined && test.value.length < INDEXED_CHARACTERS
        ? beginsWith(column.value, test.value)
        : sql`starts_with(${text}, ${wanted})`;
    case 'endsWith':
      return sql`right(${text}, length(${wanted})) = ${wanted}`;
    case 'matches':
      // The collation decides what a letter is ([[:alpha:]], \w) and how case folds.
      return ignoreCase
        ? sql`(${whole(column)} collate "und-x-icu") ~* ${operand}`
        : sql`(${whole(column)} collate "und-x-icu") ~ ${operand}`;
    default:
      return assertNever(test);
  }
}

/** Whether one value of an attribute, kept in a table of this kind, meets a test. Types never mix: then FALSE. */
export function compileValueTest(
  kind: PostingKind,
  column: TextColumn,
  test: ValueTest,
  ignoreCase: boolean,
): SqlFragment {
  switch (kind) {
    case 'text':
      return compileTextTest(column, test, ignoreCase);
    case 'number':
      return compileNumberTest(column.value, test);
    case 'boolean': {
      if (test.operator !== 'in') return FALSE;
      const wanted = test.values.filter((one) => typeof one === 'boolean');
      if (wanted.length === 0) return FALSE;
      return wanted.length === 1
        ? sql`${column.value} = ${wanted[0]}::boolean`
        : sql`${column.value} = any(${wanted}::boolean[])`;
    }
  }
}

export function compileTimeTest(column: SqlFragment, test: TimeTest, instant: Date): SqlFragment {
  switch (test.operator) {
    case 'since':
      return sql`${column} >= ${new Date(test.at)}::timestamptz`;
    case 'until':
      return sql`${column} < ${new Date(test.at)}::timestamptz`;
    case 'withinLast':
      return sql`${column} >= ${new Date(instant.getTime() - test.durationMs)}::timestamptz`;
    case 'olderThan':
      return sql`${column} < ${new Date(instant.getTime() - test.durationMs)}::timestamptz`;
    default:
      return assertNever(test);
  }
}

const COMPARISONS = { gt: sql`>`, gte: sql`>=`, lt: sql`<`, lte: sql`<=` } as const;

function compileNumberTest(value: SqlFragment, test: ValueTest): SqlFragment {
  switch (test.operator) {
    case 'in': {
      const numbers = test.values.filter((one) => typeof one === 'number');
      if (numbers.length === 0) return FALSE;
      return numbers.length === 1
        ? sql`${value} = ${numbers[0]}::double precision`
        : sql`${value} = any(${numbers}::double precision[])`;
    }
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return typeof test.value === 'number'
        ? sql`${value} ${COMPARISONS[test.operator]} ${test.value}::double precision`
        : FALSE;
    default:
      return FALSE;
  }
}

/** As a range, which is all that an index needs to look at. */
function beginsWith(value: SqlFragment, prefix: string): SqlFragment {
  const next = nextPrefix(prefix);
  const from = sql`${value} >= ${prefix}::text`;
  return next === undefined ? from : allOf([from, sql`${value} < ${next}::text`]);
}

/** The first text, by code points, after all that begin with the prefix; undefined if there is none. */
function nextPrefix(prefix: string): string | undefined {
  const characters = [...prefix];
  for (let last = characters.pop(); last !== undefined; last = characters.pop()) {
    const point = last.codePointAt(0)!;
    if (point === LAST_CODE_POINT) continue;
    // Surrogates are no characters.
    return characters.join('') + String.fromCodePoint(point === 0xd7_ff ? 0xe0_00 : point + 1);
  }
  return undefined;
}

const LAST_CODE_POINT = 0x10_ff_ff;

function whole({ value, rest }: TextColumn): SqlFragment {
  return rest === undefined ? value : sql`(${value} || coalesce(${rest}, ''))`;
}

function equalsOneOf(column: TextColumn, texts: readonly string[], ignoreCase: boolean): SqlFragment {
  if (ignoreCase) {
    const wanted = sql`select ${foldCase(sql`one`)} from unnest(${texts}::text[]) as wanted(one)`;
    return sql`${foldCase(whole(column))} = any(array(${wanted}))`;
  }
  if (column.rest === undefined) return sql`${column.value} = any(${texts}::text[])`;
  const split = texts.map(splitText);
  const beginnings = split.map(({ value }) => value);
  const beginning =
    beginnings.length === 1
      ? sql`${column.value} = ${beginnings[0]}::text`
      : sql`${column.value} = any(${beginnings}::text[])`;
  // A text shorter than the indexed beginning cannot have a rest, so the index alone decides.
  if (texts.every((text) => text.length < INDEXED_CHARACTERS)) return beginning;
  return allOf([beginning, sql`${whole(column)} = any(${texts}::text[])`]);
}

/**
 * Comparing the indexed beginning decides unless the operand is as long; then the rest decides among equals. Written
 * as a comparison of rows, which is what an index on the beginning can use.
 */
function compareText({ value, rest }: TextColumn, operator: keyof typeof COMPARISONS, text: string): SqlFragment {
  const comparison = COMPARISONS[operator];
  if (rest === undefined || text.length < INDEXED_CHARACTERS) return sql`${value} ${comparison} ${text}::text`;
  const split = splitText(text);
  return sql`(${value}, coalesce(${rest}, '')) ${comparison} (${split.value}::text, ${split.rest ?? ''}::text)`;
}
