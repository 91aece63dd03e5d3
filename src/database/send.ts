/** How statements go out on a connection. */
import type { PoolClient, QueryResultRow } from 'pg';
import { streamOf } from './lease.js';
import { PreparedQuery, toWireValues } from './prepared-query.js';

/** Rows of a statement; prepared under a name, if there is one. */
export async function send<Row>(
  client: PoolClient,
  text: string,
  values: readonly unknown[],
  preparedName: string | undefined,
): Promise<Row[]> {
  const wireValues = preparedName === undefined ? undefined : toWireValues(values);
  if (preparedName === undefined || wireValues === undefined) {
    const named = preparedName === undefined ? {} : { name: preparedName };
    return (await client.query<Row & QueryResultRow>({ ...named, text, values: [...values] })).rows;
  }
  return new Promise((resolve, reject) => {
    client.query(
      new PreparedQuery<Row>(client, preparedName, text, wireValues, (fault, rows) =>
        rows === undefined ? reject(fault as Error) : resolve(rows),
      ),
    );
  });
}

/**
 * What is sent before other callbacks run leaves in one system call, which takes as long as to plan a statement. pg does
 * the same for the messages of one query.
 */
export function sendTogether(client: PoolClient): void {
  const stream = streamOf(client);
  stream.cork();
  process.nextTick(() => stream.uncork());
}
