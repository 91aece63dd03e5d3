import { printable } from './printable.js';
import type { Shell } from './shell.js';

/** Rows for people and for `cut`: one a line, a tab between cells; null is a dash. */
export function writeTable({ stdout }: Shell, rows: readonly (readonly (string | null)[])[]): void {
  for (const row of rows) stdout.write(`${row.map((cell) => printable(cell ?? '-')).join('\t')}\n`);
}
