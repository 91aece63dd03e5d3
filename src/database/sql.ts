/**
 * SQL as a value. The only maker of SQL text: literal parts come from this program's source, everything else travels
 * as a parameter. A fragment is an instance of a class with a private member, so nothing that a caller sends (JSON is
 * plain objects) can pose as one; a string in a hole is a value, never text.
 */
export class SqlFragment {
  readonly #texts: readonly string[];
  readonly #holes: readonly unknown[];
  /** The whole text, once it is known to have no values. */
  #constant: string | undefined;

  constructor(texts: readonly string[], holes: readonly unknown[]) {
    this.#texts = texts;
    this.#holes = holes;
  }

  /** The text with `$1`, `$2`, ... numbered in order of appearance, and the values to send with it. */
  compile(): { text: string; values: unknown[] } {
    const values: unknown[] = [];
    const text = this.#write(values);
    return { text, values };
  }

  #write(values: unknown[]): string {
    if (this.#constant !== undefined) return this.#constant;
    const before = values.length;
    let text = this.#texts[0] ?? '';
    this.#holes.forEach((hole, index) => {
      if (hole instanceof SqlFragment) text += hole.#write(values);
      else text += `$${values.push(hole)}`;
      text += this.#texts[index + 1] ?? '';
    });
    if (values.length === before) this.#constant = text;
    return text;
  }
}

/** Builds a fragment: holes that are fragments are nested, all others become parameters. */
export function sql(texts: TemplateStringsArray, ...holes: readonly unknown[]): SqlFragment {
  for (const hole of holes) {
    // An absent value would silently become NULL, which is neither true nor false in a condition.
    if (hole === undefined) throw new Error(`undefined in SQL after: ${texts.join('?').slice(0, 200)}`);
  }
  return new SqlFragment(texts, holes);
}

/** A quoted identifier from a name of this program's own: an entity's column or property. */
export function identifier(name: string): SqlFragment {
  if (!/^[a-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`not an identifier of ours: ${name}`);
  return new SqlFragment([`"${name}"`], []);
}

/**
 * A whole number as literal text, where a parameter would keep the planner from a better plan or is not allowed
 * (SET LOCAL). Refuses anything that is not a safe integer.
 */
export function integerLiteral(value: number): SqlFragment {
  if (!Number.isSafeInteger(value)) throw new Error(`not a whole number: ${value}`);
  return new SqlFragment([String(value)], []);
}

export function join(parts: readonly SqlFragment[], separator: SqlFragment): SqlFragment {
  if (parts.length <= 1) return parts[0] ?? empty;
  const texts = [''];
  const holes: SqlFragment[] = [];
  for (const part of parts) {
    if (holes.length > 0) {
      holes.push(separator);
      texts.push('');
    }
    holes.push(part);
    texts.push('');
  }
  return new SqlFragment(texts, holes);
}

const empty = new SqlFragment([''], []);
const TRUE = new SqlFragment(['true'], []);
export const FALSE = new SqlFragment(['false'], []);

const AND = new SqlFragment([' and '], []);
const OR = new SqlFragment([' or '], []);
const COMMA = new SqlFragment([', '], []);

/** `and` of no conditions is true. */
export function allOf(conditions: readonly SqlFragment[]): SqlFragment {
  if (conditions.length === 0) return TRUE;
  return conditions.length === 1 ? conditions[0]! : sql`(${join(conditions, AND)})`;
}

/** `or` of no conditions is false. */
export function anyOf(conditions: readonly SqlFragment[]): SqlFragment {
  if (conditions.length === 0) return FALSE;
  return conditions.length === 1 ? conditions[0]! : sql`(${join(conditions, OR)})`;
}

export function commaSeparated(parts: readonly SqlFragment[]): SqlFragment {
  return join(parts, COMMA);
}
