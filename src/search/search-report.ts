/** A likely mistake in a search that is legal all the same. */
export interface SearchWarning {
  readonly code: 'UNKNOWN_ATTRIBUTE' | 'TYPE_NEVER_SEEN';
  readonly message: string;
  /** Where the name stands in the arguments of its field. */
  readonly path?: string;
  /** Of the attribute. */
  readonly name: string;
  /** With TYPE_NEVER_SEEN: of the values that there are. */
  readonly types?: readonly string[];
  /** The name is known, but only in these scopes and from these sources. */
  readonly scopes?: readonly string[];
  readonly sources?: readonly string[];
}

/** How one search, count, facet or statistics was carried out. */
export interface PlanEntry {
  /** Name of its statement, such as `search.devices`. */
  readonly search: string;
  readonly shape: string;
  readonly estimates: readonly PlanEstimate[];
  readonly rows: number;
  readonly ms: number;
  readonly statements: number;
}

interface PlanEstimate {
  /** As describeTerm tells it. */
  readonly term: string;
  /** Devices or postings that the term was taken to have. */
  readonly count: number;
  /** Whether the count is true, or a bound at which counting ended, or an estimate. */
  readonly exact: boolean;
}

/** Of either kind; an operation can ask for thousands. */
const MOST_KEPT = 100;

/**
 * What the searches of one operation have to say beside their results. They put it in as they run; the answer's
 * extensions are made of it in the end.
 */
export class SearchReport {
  /** Whether anybody will see the plan: it need not be measured otherwise. */
  readonly wantsPlan: boolean;
  /** By their text: a page and its count warn of the same. */
  readonly #warnings = new Map<string, SearchWarning>();
  readonly #plans: PlanEntry[] = [];
  #hasMoreWarnings = false;

  constructor({ wantsPlan }: { readonly wantsPlan: boolean }) {
    this.wantsPlan = wantsPlan;
  }

  /** Keeps equal warnings once, and the first hundred. */
  warn(warning: SearchWarning): void {
    const text = JSON.stringify(warning);
    if (this.#warnings.has(text)) return;
    if (this.#warnings.size < MOST_KEPT) this.#warnings.set(text, warning);
    else this.#hasMoreWarnings = true;
  }

  /** Keeps the first hundred, where they are wanted. */
  plan(entry: PlanEntry): void {
    if (this.wantsPlan && this.#plans.length < MOST_KEPT) this.#plans.push(entry);
  }

  get warnings(): readonly SearchWarning[] {
    return [...this.#warnings.values()];
  }

  /** Whether there were more warnings than are kept. */
  get hasMoreWarnings(): boolean {
    return this.#hasMoreWarnings;
  }

  get plans(): readonly PlanEntry[] {
    return this.#plans;
  }
}
