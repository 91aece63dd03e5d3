import type { TextPatternTest } from './filter.js';

/**
 * Texts that every text which meets the test has in it, in this order and without overlap; letter case as in the
 * operand. An index can look for them. None where nothing can be told with certainty.
 *
 * Of an expression only ASCII characters are told: with `ignoreCase` others have variants that do not fold to the same
 * (K to k, but ſ not to s).
 */
export function requiredLiterals(test: TextPatternTest): readonly string[] {
  if (test.operator === 'matches') return literalsOfExpression(test.value) ?? [];
  return test.value === '' ? [] : [test.value];
}

/**
 * Reads as much of Postgres's advanced regular expressions as is needed to find the characters that must occur: those
 * that stand outside of groups and brackets and are not optional. Undefined if it cannot tell, among them whatever
 * Postgres refuses.
 */
function literalsOfExpression(expression: string): string[] | undefined {
  // Embedded options change what characters mean. (The parser of filters refuses them; so does this on its own.)
  if (/^\(\?[a-z]/i.test(expression)) return undefined;
  const literals: string[] = [];
  let run = '';
  let at = skipComments(expression, 0);
  while (at < expression.length) {
    const atom = readAtom(expression, at);
    if (atom === undefined) return undefined;
    // A comment may stand between an atom and its quantifier.
    at = skipComments(expression, atom.end);
    const quantifier = match(QUANTIFIER, expression, at);
    if (atom.literal !== undefined && (quantifier === '' || isAtLeastOnce(quantifier))) run += atom.literal;
    if (atom.literal === undefined || quantifier !== '') {
      literals.push(run);
      run = '';
    }
    at = skipComments(expression, at + quantifier.length);
  }
  literals.push(run);
  return literals.filter((literal) => literal !== '');
}

interface Atom {
  /** The one character for which it stands; absent if it is not certain. */
  readonly literal?: string;
  readonly end: number;
}

const QUANTIFIER = /(?:[*+?]|\{\d+(?:,\d*)?\})\??/y;
const COMMENTS = /(?:\(\?#[^)]*(?:\)|$))*/y;

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function skipComments(expression: string, at: number): number {
  return at + match(COMMENTS, expression, at).length;
}

function isAtLeastOnce(quantifier: string): boolean {
  return /^(?:\+|\{0*[1-9])/.test(quantifier);
}

/** The atom that begins at a place: undefined for an alternation, and for what no expression can have there. */
function readAtom(expression: string, at: number): Atom | undefined {
  const character = expression[at]!;
  switch (character) {
    case '|':
    case ')':
    case '*':
    case '+':
    case '?':
      return undefined;
    case '{':
      // Without a digit it is a character like others.
      return /\d/.test(expression[at + 1] ?? '') ? undefined : { literal: character, end: at + 1 };
    case '(':
      return atomUntil(endOfGroup(expression, at));
    case '[':
      return atomUntil(endOfBrackets(expression, at));
    case '\\':
      return readEscape(expression, at);
    case '.':
    case '^':
    case '$':
      return { end: at + 1 };
    default:
      return { ...(isPlain(character) && { literal: character }), end: at + 1 };
  }
}

function atomUntil(end: number | undefined): Atom | undefined {
  return end === undefined ? undefined : { end };
}

/** Printable ASCII. */
function isPlain(character: string): boolean {
  return character >= ' ' && character <= '~';
}

/** Classes, constraints and control characters: escapes that end with their letter. */
const SHORT_ESCAPE = /[aAbBdDefmMnrsStvwWyYZ]/;

function readEscape(expression: string, at: number): Atom | undefined {
  const character = expression[at + 1];
  if (character === undefined) return undefined;
  if (!/[A-Za-z0-9]/.test(character)) return { ...(isPlain(character) && { literal: character }), end: at + 2 };
  if (SHORT_ESCAPE.test(character)) return { end: at + 2 };
  // Back references, and characters by number: how many digits belong to them does not matter to what is left out.
  if (/[0-9xuU]/.test(character)) return { end: at + 2 + match(DIGITS, expression, at + 2).length };
  return undefined;
}

const DIGITS = /[0-9A-Fa-f]*/y;

/** Behind the `)` that belongs to the `(` at a place: of a group, captured or not, or of a lookaround. */
function endOfGroup(expression: string, start: number): number | undefined {
  let depth = 0;
  let at: number | undefined = start;
  while (at !== undefined && at < expression.length) {
    const inside = skipComments(expression, at);
    const character: string | undefined = expression[inside];
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth === 0) return inside + 1;
    if (character === '[') at = endOfBrackets(expression, inside);
    else if (character === '\\') at = readEscape(expression, inside)?.end;
    else at = inside + 1;
  }
  return undefined;
}

/** Behind the `]` that belongs to the `[` at a place. */
function endOfBrackets(expression: string, start: number): number | undefined {
  // A `]` right at the beginning is one of the characters.
  let at: number | undefined = start + match(BRACKETS_BEGIN, expression, start).length;
  while (at !== undefined && at < expression.length) {
    const character: string = expression[at]!;
    const next = expression[at + 1] ?? '';
    if (character === ']') return at + 1;
    if (character === '[' && /[.=:]/.test(next)) {
      // [.x.], [=x=] and [:alpha:]
      const end: number = expression.indexOf(`${next}]`, at + 2);
      at = end === -1 ? undefined : end + 2;
    } else if (character === '\\') at = readEscape(expression, at)?.end;
    else at += 1;
  }
  return undefined;
}

const BRACKETS_BEGIN = /\[\^?\]?/y;
