/**
 * An array as Postgres writes it, for a parameter. The driver does the same, but takes several times as long, which for
 * the thousands of values of one change is as long as their insertion.
 *
 * Undefined for elements other than texts, numbers, booleans, times and null: those are left to the driver.
 */
export function arrayLiteral(values: readonly unknown[]): string | undefined {
  let literal = '{';
  for (const value of values) {
    if (literal.length > 1) literal += ',';
    if (typeof value === 'string') literal += quote(value);
    else if (typeof value === 'number' || typeof value === 'boolean') literal += String(value);
    else if (value === null) literal += 'NULL';
    else if (value instanceof Date) literal += `"${value.toISOString()}"`;
    else return undefined;
  }
  return `${literal}}`;
}

const SPECIAL = /["\\]/;
const ALL_SPECIAL = /["\\]/g;

function quote(text: string): string {
  return SPECIAL.test(text) ? `"${text.replace(ALL_SPECIAL, '\\$&')}"` : `"${text}"`;
}
