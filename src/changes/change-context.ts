import type { SearchContext } from '../search/search.js';

/** What a change needs to know: a search's context, and who makes it. */
export interface ChangeContext extends SearchContext {
  /** Name of the key or person; kept as `registeredBy` of new devices. */
  readonly actor: string;
}
