/** Texts that have a name. Look-ups have some dozens, but for lists of columns that a caller chooses. */
const MOST_TEXTS = 200;

/** Names under which connections keep statements. One text has one name in all of them. */
export class PreparedStatements {
  readonly #names = new Map<string, string>();

  /** Undefined: to be sent without a name, since there are too many already. */
  nameOf(statement: string, text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MOST_TEXTS) return known;
    const name = `${statement}.${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }
}
