import type { Client, Submittable } from 'pg';

/** What of pg's connection a COPY needs; its types leave the last two out. */
interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** Loads rows in COPY's text format into a table; settles when the server has them. */
export async function copyRows(client: Client, target: string, rows: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let fault: Error | undefined;
    const copy = {
      submit: (connection: unknown) => (connection as CopyConnection).query(`copy ${target} from stdin`),
      handleCopyInResponse: (connection: CopyConnection) => {
        connection.sendCopyFromChunk(Buffer.from(rows));
        connection.endCopyFrom();
      },
      handleCommandComplete: () => undefined,
      handleError: (error: Error) => {
        fault = error;
      },
      handleReadyForQuery: () => (fault === undefined ? resolve() : reject(fault)),
    };
    client.query(copy as Submittable);
  });
}

/** One row in COPY's text format. */
export function copyLine(values: readonly CopyValue[]): string {
  return `${values.map(copyValue).join('\t')}\n`;
}

type CopyValue = string | number | boolean | Date | null | undefined;

function copyValue(value: CopyValue): string {
  if (value === null || value === undefined) return '\\N';
  if (value instanceof Date) return value.toISOString();
  return String(value).replace(/[\\\t\n\r]/g, (one) => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n' })[one] ?? '\\r');
}
