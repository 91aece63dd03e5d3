import { type Connection, type PoolClient, Query } from 'pg';

/** What a statement answers with, as the database described it on a connection. */
interface RowShape {
  readonly names: readonly string[];
  readonly parsers: readonly ((text: string) => unknown)[];
  /** A row of nothing, to be copied: all rows then have one layout in memory. */
  readonly blank: Readonly<Record<string, null>>;
}

const NO_COLUMNS: RowShape = { names: [], parsers: [], blank: {} };

/** By connection and name: what a prepared statement answers with cannot change, or it fails. */
const shapes = new WeakMap<PoolClient, Map<string, RowShape>>();

/** Parts of pg's connection that its types leave out. */
interface PreparingConnection extends Pick<Connection, 'stream'> {
  readonly parsedStatements: Readonly<Record<string, string>>;
  readonly submittedNamedStatements: Record<string, string>;
  parse(statement: { readonly name: string; readonly text: string }): void;
  bind(portal: { readonly statement: string; readonly values: readonly WireValue[] }): void;
  describe(target: { readonly type: 'P' }): void;
}

type TypeId = Parameters<PoolClient['getTypeParser']>[0];

interface RowDescription {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: TypeId }[];
}

type WireValue = string | Buffer | null;

/** Execute all rows of the unnamed portal, and sync: what every statement ends with. */
const EXECUTE_AND_SYNC = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0x53, 0, 0, 0, 4]);

/**
 * A statement under a name, as pg's own Query would run it, but that the database is asked only once on each connection what
 * it answers with: to describe it took each look-up as long as to execute it.
 *
 * The rows are those of the whole answer. Values are as `toWireValues` gives them.
 */
export class PreparedQuery<Row> {
  readonly name: string;
  readonly text: string;
  readonly values: readonly WireValue[];
  /** Called by pg where it gives up on a query. */
  readonly callback: (fault: unknown, rows?: Row[]) => void;
  readonly #client: PoolClient;
  readonly #rows: Row[] = [];
  #shape: RowShape | undefined;
  #fault: unknown;

  constructor(
    client: PoolClient,
    name: string,
    text: string,
    values: readonly WireValue[],
    callback: (fault: unknown, rows?: Row[]) => void,
  ) {
    this.#client = client;
    this.name = name;
    this.text = text;
    this.values = values;
    this.callback = callback;
  }

  submit(bare: Connection): null {
    const connection = bare as unknown as PreparingConnection;
    const { name, text, values } = this;
    this.#shape = shapes.get(this.#client)?.get(name);
    connection.stream.cork();
    if (connection.parsedStatements[name] === undefined && connection.submittedNamedStatements[name] === undefined) {
      connection.parse({ name, text });
      connection.submittedNamedStatements[name] = text;
    }
    connection.bind({ statement: name, values });
    if (this.#shape === undefined) connection.describe({ type: 'P' });
    connection.stream.write(EXECUTE_AND_SYNC);
    connection.stream.uncork();
    return null;
  }

  handleRowDescription({ fields }: RowDescription): void {
    this.#keepShape({
      names: fields.map(({ name }) => name),
      parsers: fields.map(({ dataTypeID }) => this.#client.getTypeParser(dataTypeID, 'text')),
      blank: Object.fromEntries(fields.map(({ name }) => [name, null])),
    });
  }

  #keepShape(shape: RowShape): void {
    this.#shape = shape;
    const ofClient = shapes.get(this.#client) ?? new Map<string, RowShape>();
    shapes.set(this.#client, ofClient.set(this.name, shape));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    if (this.#fault !== undefined) return;
    const { names, parsers, blank } = this.#shape!;
    const row: Record<string, unknown> = { ...blank };
    try {
      for (let index = 0; index < fields.length; index += 1) {
        const text = fields[index]!;
        if (text !== null) row[names[index]!] = parsers[index]!(text);
      }
    } catch (fault) {
      // Told at the end: the connection must first be done with the answer.
      this.#fault = fault;
      return;
    }
    this.#rows.push(row as Row);
  }

  handleCommandComplete(): void {
    // One that answers with no rows at all is described by no message that reaches a query.
    if (this.#shape === undefined) this.#keepShape(NO_COLUMNS);
  }

  handleEmptyQuery(): void {}

  handleError(fault: unknown): void {
    this.callback(fault);
  }

  handleReadyForQuery(): void {
    if (this.#fault === undefined) this.callback(null, this.#rows);
    else this.callback(this.#fault);
  }
}

// On a connection that pipelines, pg takes none but its own class, whose constructor costs more than all the above.
Object.setPrototypeOf(PreparedQuery.prototype, Query.prototype as object);

/** As pg writes parameters; undefined if there is one that has to be left to pg. */
export function toWireValues(values: readonly unknown[]): WireValue[] | undefined {
  const wireValues: WireValue[] = [];
  for (const value of values) {
    const wireValue = toWireValue(value);
    if (wireValue === undefined) return undefined;
    wireValues.push(wireValue);
  }
  return wireValues;
}

function toWireValue(value: unknown): WireValue | undefined {
  if (typeof value === 'string' || value === null || Buffer.isBuffer(value)) return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (!(value instanceof Date)) return undefined;
  const text = value.toISOString();
  // Years of more or less than four digits are written otherwise.
  return /^\d{4}-/.test(text) ? text : undefined;
}
