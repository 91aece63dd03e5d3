import { Client } from 'pg';

export interface TestDatabase {
  readonly url: string;
  /** Ends open connections to it, too. */
  drop(): Promise<void>;
}

let count = 0;

/**
 * A database of its own with the migrated, empty schema; one per test file is enough. Rows of other files are never
 * seen, so none need be cleaned up.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { TEST_SERVER_URL: serverUrl, TEST_TEMPLATE: template } = process.env;
  if (serverUrl === undefined || template === undefined) throw new Error('the global setup of Jest has not run');
  count += 1;
  // Every file has its own registry of modules, so the count alone would repeat within a worker.
  const name = template.replace(/template$/, `${process.pid}_${Date.now()}_${count}`);
  await administer(serverUrl, async (client) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await client.query(`create database ${name} template ${template}`);
        return;
      } catch (fault) {
        // 55006: a process of the server, such as autovacuum, looks into the template just now.
        if (!(fault instanceof Error && 'code' in fault && fault.code === '55006') || attempt === 20) throw fault;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  });
  const url = new URL(serverUrl);
  url.pathname = name;
  return {
    url: url.href,
    drop: () =>
      administer(serverUrl, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      }),
  };
}

async function administer(serverUrl: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
