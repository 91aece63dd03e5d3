/** Longest JSON of one part of an entry that is kept with long texts; beyond it, texts and lists are cut to little. */
const LONG = 64 * 1024;

interface Limits {
  readonly characters: number;
  readonly elements: number;
}

const GENEROUS: Limits = { characters: 1_024, elements: 1_000 };
const STRICT: Limits = { characters: 64, elements: 100 };

/**
 * A value as JSON that fits an entry of the audit log: what is left out of a text, a list or an object is said in its
 * place. A change may hold megabytes, and a page shows hundreds of entries.
 */
export function shortenedJson(value: object): string {
  // The round trip turns dates into texts and leaves out what is undefined.
  const plain: unknown = JSON.parse(JSON.stringify(value));
  const text = JSON.stringify(cut(plain, GENEROUS));
  return text.length <= LONG ? text : JSON.stringify(cut(plain, STRICT));
}

function cut(value: unknown, limits: Limits): unknown {
  if (typeof value === 'string') return cutText(value, limits.characters);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const kept: unknown[] = value.slice(0, limits.elements).map((one) => cut(one, limits));
    return kept.length < value.length ? [...kept, `… ${value.length - kept.length} more`] : kept;
  }
  const entries = Object.entries(value);
  const kept = entries
    .slice(0, limits.elements)
    .map(([name, one]) => [cutText(name, limits.characters), cut(one, limits)]);
  const left = entries.length - kept.length;
  // fromEntries makes own properties even of names such as __proto__.
  return Object.fromEntries(left > 0 ? [...kept, ['…', `${left} more`]] : kept);
}

function cutText(text: string, characters: number): string {
  const short = text.length <= characters ? text : `${text.slice(0, characters)}… (${text.length} characters)`;
  // Neither half of a surrogate pair nor NUL is text to Postgres.
  return short.toWellFormed().replaceAll('\0', '\uFFFD');
}
