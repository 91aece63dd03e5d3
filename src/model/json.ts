/** A run of digits that a double might not hold. Most bodies have none, and are spared the second look. */
const MANY_DIGITS = /\d{16}/;

/**
 * A string, or all characters of a number. Written so that each character is read once, whatever the text: a search for
 * the end of a number from each of its digits would take hours for a body of nothing but digits, and so would one for
 * the end of a string from each of its escaped quotes.
 */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\[^])*"?|-?\d[\d.eE+-]*/g;

/** An integer that a double might not hold. Leading zeros are no JSON, and stay what they are. */
const LONG_INTEGER = /^-?[1-9]\d{15,}$/;

/** Characters of the longest integer that may be exact: a sign and the 16 digits of 2^53. */
const EXACT_LENGTH = 17;

/**
 * JSON.parse that does not round in silence: an integer beyond 2^53 becomes Infinity, which no field accepts, so that
 * it is refused where its path is known. Throws SyntaxError for what is not JSON.
 */
export function parseJson(text: string): unknown {
  if (!MANY_DIGITS.test(text)) return JSON.parse(text) as unknown;
  const marked = text.replace(STRING_OR_NUMBER, (token) => {
    if (!LONG_INTEGER.test(token)) return token;
    if (token.length <= EXACT_LENGTH && isExactInteger(BigInt(token))) return token;
    return token.startsWith('-') ? '-1e999' : '1e999';
  });
  return JSON.parse(marked) as unknown;
}

/** Whether a double holds this integer, and no neighbour of it is rounded to the same double. */
export function isExactInteger(value: bigint): boolean {
  const limit = 2n ** 53n;
  return value >= -limit && value <= limit;
}
