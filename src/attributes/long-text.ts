/**
 * Characters of a text that the search index keeps in `value`; what is beyond is in `rest`. Postgres limits an index
 * entry to 2,704 bytes, and 600 characters of at most 4 bytes leave room for the other columns.
 */
export const INDEXED_CHARACTERS = 600;

/** Splits a text into the indexed beginning and the rest, null if there is none. Never cuts a surrogate pair. */
export function splitText(text: string): { value: string; rest: string | null } {
  if (text.length <= INDEXED_CHARACTERS) return { value: text, rest: null };
  const characters = [...text];
  if (characters.length <= INDEXED_CHARACTERS) return { value: text, rest: null };
  return {
    value: characters.slice(0, INDEXED_CHARACTERS).join(''),
    rest: characters.slice(INDEXED_CHARACTERS).join(''),
  };
}
