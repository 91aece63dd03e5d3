import { Client } from 'pg';
import { createTestDatabase } from '../support/database.js';
import { type Gateway, startGateway } from '../support/gateway-process.js';
import type { GraphqlAnswer } from '../support/graphql-client.js';

const MOST_GROWTH_BYTES = 200 * 1024 * 1024;

/** A server that is attacked: a process of its own, so that its memory is its own and nothing sent to it blocks the sender. */
export interface Target extends Gateway {
  readonly databaseUrl: string;
  /** Rows of a statement with which a test prepares. */
  sql<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** What somebody else asks meanwhile. Fails if it is not answered within a second. */
  normalQuery(): Promise<void>;
  /** Fails unless the server answers a normal query and has not grown by 200 MB. */
  expectUnharmed(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one with a single device, `d`. */
export async function startTarget(settings: Readonly<Record<string, string>> = {}): Promise<Target> {
  const database = await createTestDatabase();
  const gateway = await startGateway({ DATABASE_URL: database.url, LOG_LEVEL: 'error', ...settings });
  const client = new Client({ connectionString: database.url });
  await client.connect();

  async function normalQuery(): Promise<void> {
    const response = await fetch(gateway.endpoint, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ devices(filter: {deviceSerial: {eq: "d"}}) { nodes { deviceSerial } } }' }),
      signal: AbortSignal.timeout(1_000),
    });
    const answer = (await response.json()) as GraphqlAnswer['body'];
    expect(answer).toMatchObject({ data: { devices: { nodes: [{ deviceSerial: 'd' }] } } });
  }

  await gateway.ask('mutation { createDevice(input: {deviceSerial: "d"}) { created } }');
  for (let warmUp = 0; warmUp < 50; warmUp += 1) await normalQuery();
  const residentBefore = gateway.residentBytes();
  return {
    ...gateway,
    databaseUrl: database.url,
    sql: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await client.query(text, [...values])).rows as Row[],
    normalQuery,
    async expectUnharmed() {
      await normalQuery();
      expect(gateway.residentBytes() - residentBefore).toBeLessThan(MOST_GROWTH_BYTES);
    },
    async stop() {
      await client.end();
      gateway.signal('SIGTERM');
      await gateway.gone;
      await database.drop();
    },
  };
}
