import { commaSeparated, sql, type SqlFragment } from './sql.js';

export interface ValueColumn {
  readonly name: SqlFragment;
  readonly type: SqlFragment;
  /** May be shorter than other columns: null for the rows after. */
  readonly values: readonly unknown[];
}

/** What stands in FROM for rows of values. One row is written as plain values, which are planned in half the time. */
export function valueRows(alias: SqlFragment, columns: readonly ValueColumn[]): SqlFragment {
  if (columns.every(({ values }) => values.length <= 1)) {
    const fields = columns.map(({ name, type, values }) => sql`${values[0] ?? null}::${type} as ${name}`);
    return sql`(select ${commaSeparated(fields)}) as ${alias}`;
  }
  const arrays = columns.map(({ type, values }) => sql`${values}::${type}[]`);
  return sql`unnest(${commaSeparated(arrays)}) as ${alias}(${commaSeparated(columns.map(({ name }) => name))})`;
}
