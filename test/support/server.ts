import { randomBytes } from 'node:crypto';
import { Pool } from 'pg';
import { startApp } from '../../src/app.js';
import { hashSecret } from '../../src/auth/secrets.js';
import { parseConfig } from '../../src/config.js';
import { bindingOf } from './bound-to-project.js';
import { createTestDatabase } from './database.js';
import { graphql, type GraphqlAnswer } from './graphql-client.js';

type Variables = Record<string, unknown>;
type Role = 'READER' | 'WRITER' | 'ADMIN';

/** Whoever sends operations with one key. */
export interface TestClient {
  readonly key: string;
  graphql(query: string, variables?: Variables): Promise<GraphqlAnswer>;
  /** The data of an operation; an answer with errors fails the test. */
  ask<Data = Record<string, unknown>>(query: string, variables?: Variables): Promise<Data>;
  /** The one error of an operation that must fail. */
  refusal(query: string, variables?: Variables): Promise<Refusal>;
}

/** A project of its own, so that tests that share a server do not see each other's rows; the client is its admin. */
export interface TestProject extends TestClient {
  readonly id: string;
  /** A client with a new key of this project, made without the API. */
  client(role: Role, dates?: { expiresAt?: Date; revokedAt?: Date }): Promise<TestClient>;
}

export interface TestServer extends TestClient {
  /** Address without a slash at its end. */
  readonly url: string;
  readonly endpoint: string;
  readonly databaseUrl: string;
  /** Names of the statements that ran since the test emptied it. */
  readonly statements: string[];
  createProject(): Promise<TestProject>;
  /** Rows of a statement with which a test looks or prepares. */
  sql<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Keeps everybody from a table until the answer is called. */
  lockTable(table: string): Promise<() => Promise<void>>;
  /** All rows of all tables, but for what reading changes too. */
  dump(): Promise<Record<string, unknown[] | null>>;
  stop(): Promise<void>;
}

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** The whole application on a clone of the migrated database, with other settings where a test needs them. */
export async function startServer(settings: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const testDatabase = await createTestDatabase();
  const pool = new Pool({ connectionString: testDatabase.url, max: 3 });
  // Dropping the database ends its connections.
  pool.on('error', () => undefined);
  const statements: string[] = [];
  const unbound = new Set<string>();
  const key = newKey();
  const app = await startApp(
    parseConfig({
      DATABASE_URL: testDatabase.url,
      PORT: '0',
      FLEETGRAPH_ADMIN_KEY: key,
      FLEETGRAPH_DEMO: 'false',
      LOG_LEVEL: 'silent',
      // As on the embedded database, which nobody needs to set.
      DATABASE_PREPARED_STATEMENTS: 'true',
      // The whole suite can be run on graphql-js's own execution.
      FLEETGRAPH_PLANNED_EXECUTION: process.env['FLEETGRAPH_TEST_PLANNED'] ?? 'true',
      ...settings,
    }),
    {
      onStatement(name, text) {
        statements.push(name);
        for (const fault of bindingOf(name, text).faults) unbound.add(`${name}: ${fault}`);
      },
    },
  );
  const endpoint = `${app.url}/graphql`;

  const rowsOf = async <Row>(text: string, values: readonly unknown[] = []) =>
    (await pool.query(text, [...values])).rows as Row[];

  async function createClient(projectId: string, role: Role, dates: { expiresAt?: Date; revokedAt?: Date } = {}) {
    const secret = newKey();
    await rowsOf(
      `insert into api_key (project_id, name, role, secret_hash, created_at, expires_at, revoked_at)
       values ($1, $2, $3, $4, now(), $5, $6)`,
      [projectId, `the ${role}`, role, hashSecret(secret), dates.expiresAt ?? null, dates.revokedAt ?? null],
    );
    return clientOf(endpoint, secret);
  }

  let projects = 0;
  let dumpStatement: string | undefined;
  return {
    ...clientOf(endpoint, key),
    url: app.url,
    endpoint,
    databaseUrl: testDatabase.url,
    statements,
    sql: rowsOf,
    async createProject() {
      projects += 1;
      const [project] = await rowsOf<{ id: string }>(
        `with made as (insert into project (slug, name, created_at) values ($1, $1, now()) returning id),
              cohort as (insert into cohort (project_id, name, slug, is_default, created_at, updated_at)
                         select id, 'default', 'default', true, now(), now() from made)
         select id::text from made`,
        [`project-${projects}`],
      );
      const { id } = project!;
      const client = (role: Role, dates?: { expiresAt?: Date; revokedAt?: Date }) => createClient(id, role, dates);
      return { ...(await client('ADMIN')), id, client };
    },
    async lockTable(table) {
      const client = await pool.connect();
      await client.query(`begin; lock table ${table} in access exclusive mode`);
      return async () => {
        await client.query('rollback');
        client.release();
      };
    },
    async dump() {
      dumpStatement ??= dumpStatementFor(
        await rowsOf<{ name: string }>(
          `select table_name as name from information_schema.tables
           where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
        ),
      );
      const [row] = await rowsOf<{ dump: Record<string, unknown[]> }>(dumpStatement);
      return row!.dump;
    },
    async stop() {
      await app.stop();
      await pool.end();
      await testDatabase.drop();
      // Looked at in every test of a server, so in every shape that a statement takes.
      expect([...unbound]).toEqual([]);
    },
  };
}

/** One statement, since many tests look before and after. */
function dumpStatementFor(tables: readonly { readonly name: string }[]): string {
  const parts = tables.map(
    ({ name }) => `'${name}', (select jsonb_agg(r.row order by r.row) from (${rowsStatement(name)}) r)`,
  );
  return `select jsonb_build_object(${parts.join(', ')}) as dump`;
}

function rowsStatement(table: string): string {
  // Kept changes of counts are folded in the background; their sum is what counts.
  if (table === 'device_count') {
    return `select jsonb_build_object('project_id', project_id, 'kind', kind, 'owner_id', owner_id, 'count', sum(delta)) as row
            from device_count group by project_id, kind, owner_id having sum(delta) <> 0`;
  }
  return `select to_jsonb(t) - 'last_used_at' as row from "${table}" t`;
}

function newKey(): string {
  return `fg_test_${randomBytes(18).toString('base64url')}`;
}

/** Sends operations to an endpoint with a key. */
export function clientOf(endpoint: string, key: string): TestClient {
  const send = (query: string, variables?: Variables) => graphql(endpoint, key, query, variables);
  return {
    key,
    graphql: send,
    async ask<Data>(query: string, variables?: Variables): Promise<Data> {
      const { body } = await send(query, variables);
      expect(body.errors).toBeUndefined();
      return body.data as Data;
    },
    async refusal(query, variables) {
      return refusalOf(await send(query, variables));
    },
  };
}

/** The one error of an answer, whose request id must be that of the header. */
export function refusalOf({ status, headers, body }: GraphqlAnswer): Refusal {
  expect(body.errors).toHaveLength(1);
  const { message, extensions } = body.errors![0]!;
  expect(extensions.requestId).toMatch(/./);
  expect(headers.get('x-request-id')).toBe(extensions.requestId);
  return { status, code: extensions.code, field: extensions.field, message, extensions };
}
