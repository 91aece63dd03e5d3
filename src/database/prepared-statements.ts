interface Bounds {
  /** Of all its names, which differ by it from others'. */
  readonly prefix: string;
  /** Texts that may have a name: each connection keeps its own parse of each. */
  readonly most: number;
  /** The same of one statement, of which clients may choose the texts: others need names too. */
  readonly mostOfOne: number;
  /** How often a text must have come before it gets a name. */
  readonly sightings: number;
}

/** Texts that have no name yet, of which it is known how often they came. */
const MOST_SEEN = 500;

/** Names under which connections keep statements. One text has one name in all of them. */
export class PreparedStatements {
  readonly #bounds: Bounds;
  readonly #names = new Map<string, string>();
  readonly #countOfNames = new Map<string, number>();
  readonly #seen = new Map<string, number>();

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** Undefined: to be sent without a name, since it is rare or there are too many already. */
  nameOf(statement: string, text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= this.#bounds.most) return known;
    const names = this.#countOfNames.get(statement) ?? 0;
    if (names >= this.#bounds.mostOfOne) return undefined;
    const sightings = (this.#seen.get(text) ?? 0) + 1;
    if (sightings < this.#bounds.sightings) {
      if (this.#seen.size >= MOST_SEEN) this.#seen.clear();
      this.#seen.set(text, sightings);
      return undefined;
    }
    this.#seen.delete(text);
    const name = `${this.#bounds.prefix}.${statement}.${this.#names.size}`;
    this.#names.set(text, name);
    this.#countOfNames.set(statement, names + 1);
    return name;
  }
}
