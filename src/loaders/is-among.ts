import { sql, type SqlFragment } from '../database/sql.js';

const TYPES = { bigint: sql`bigint`, text: sql`text`, uuid: sql`uuid` } as const;

/**
 * Whether a column is one of these keys. Of a single key Postgres keeps the plan of the look-up; a list of which it does not
 * know the length it plans each time (docs/adr/0018-prepared-statements.md).
 */
export function isAmong(column: SqlFragment, keys: readonly string[], type: keyof typeof TYPES): SqlFragment {
  const typeName = TYPES[type];
  if (keys.length === 1) return sql`${column} = ${keys[0]}::${typeName}`;
  return sql`${column} = any(${keys}::${typeName}[])`;
}
