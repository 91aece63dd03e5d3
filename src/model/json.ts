/** A run of digits that a double might not hold. Most bodies have none, and are spared the second look. */
const MANY_DIGITS = /\d{16}/;

/** A string, or a number of at least 16 digits without fraction and exponent. Strings are matched to be passed over. */
const STRING_OR_LONG_INTEGER = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;

/**
 * JSON.parse that does not round in silence: an integer beyond 2^53 becomes Infinity, which no field accepts, so that
 * it is refused where its path is known. Throws SyntaxError for what is not JSON.
 */
export function parseJson(text: string): unknown {
  if (!MANY_DIGITS.test(text)) return JSON.parse(text) as unknown;
  const marked = text.replace(STRING_OR_LONG_INTEGER, (token, offset: number) => {
    if (token.startsWith('"')) return token;
    // The digits of a fraction or an exponent are not an integer of their own.
    if (/[.\deE+]/.test(text[offset - 1] ?? '')) return token;
    if (isExactInteger(BigInt(token))) return token;
    return token.startsWith('-') ? '-1e999' : '1e999';
  });
  return JSON.parse(marked) as unknown;
}

/** Whether a double holds this integer, and no neighbour of it is rounded to the same double. */
export function isExactInteger(value: bigint): boolean {
  const limit = 2n ** 53n;
  return value >= -limit && value <= limit;
}
