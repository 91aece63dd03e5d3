/** Members of a filter's objects that say of what an operator speaks. */
const NO_OPERATORS: ReadonlySet<string> = new Set(['name', 'scope', 'source', 'ignoreCase']);
/** Members that hold further filters. */
const LISTS_OF_FILTERS: ReadonlySet<string> = new Set(['and', 'or', 'attributes']);

/**
 * How many operators a filter has, in itself and in the filters within it. Counts, and judges nothing: what is no filter at
 * all is the parser's to refuse.
 */
export function filterTerms(filter: object): number {
  let terms = 0;
  for (const [name, value] of Object.entries(filter)) {
    if (NO_OPERATORS.has(name)) continue;
    if (LISTS_OF_FILTERS.has(name) && Array.isArray(value)) {
      for (const one of value) if (isFilter(one)) terms += filterTerms(one);
    } else {
      terms += isFilter(value) ? filterTerms(value) : 1;
    }
  }
  return terms;
}

function isFilter(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
