/** Look-ups that share connections. */
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../../src/database/data-source.js';
import { Database } from '../../../src/database/query.js';
import { sql } from '../../../src/database/sql.js';
import { AppError } from '../../../src/errors.js';
import { createFleet, type Fleet } from '../../support/fleet.js';

const POOL_SIZE = 8;

let fleet: Fleet;
let dataSource: DataSource;
let database: Database;
beforeAll(async () => {
  fleet = await createFleet();
  const { url } = fleet.dataSource.options as { url: string };
  dataSource = await createDataSource({ url, poolSize: POOL_SIZE }).initialize();
});
beforeEach(() => {
  database = new Database(dataSource, { preparesStatements: true });
});
afterAll(async () => {
  await dataSource?.destroy();
  await fleet?.stop();
});

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function pidOf(of: Database): Promise<number> {
  const [row] = await of.lookUp<{ pid: number }>('test.pid', sql`select pg_backend_pid() as pid`);
  return row!.pid;
}
const sleep = (of: Database, seconds: number) =>
  of.lookUp<{ pid: number }>('test.sleep', sql`select pg_backend_pid() as pid from pg_sleep(${seconds})`);
const ownedBy = (owner: string, signal?: AbortSignal) => database.forOperation({ owner, signal });

/** Of the statement that sleeps, once it is at it. */
async function sleeper(): Promise<number> {
  for (;;) {
    const [found] = await fleet.rows<{ pid: number }>(
      sql`select pid from pg_stat_activity where query like '/* test.sleep */%' and state = 'active'`,
    );
    if (found !== undefined) return found.pid;
  }
}

test('of one owner are sent on one connection, a few at a time', async () => {
  const pids = await Promise.all(Array.from({ length: 16 }, () => pidOf(ownedBy('one'))));
  const times = new Map<number, number>();
  for (const pid of pids) times.set(pid, (times.get(pid) ?? 0) + 1);
  expect([...times.values()]).toEqual([8, 8]);
});

test('of different owners do not share', async () => {
  const [one, other, nobodys] = await Promise.all([pidOf(ownedBy('one')), pidOf(ownedBy('other')), pidOf(database)]);
  expect(new Set([one, other, nobodys]).size).toBe(3);
});

test('each answers for itself: with its rows, with none, or with its error', async () => {
  const owned = ownedBy('one');
  const divide = (by: number) => owned.lookUp('test.divide', sql`select 6 / ${by}::integer as result`);
  const found = await Promise.allSettled([
    divide(1),
    divide(0),
    divide(3),
    owned.lookUp('test.none', sql`select 1 as one where ${false}`),
    owned.lookUp('test.insert', sql`update project set name = name where slug = ${'no-such'}`),
    owned.lookUp('test.unreadable', sql`select 1 as one, ${'{"a": 1}'}::jsonb as document, null as nothing`),
  ]);
  expect(found).toEqual([
    { status: 'fulfilled', value: [{ result: 6 }] },
    { status: 'rejected', reason: expect.objectContaining({ message: 'division by zero' }) },
    { status: 'fulfilled', value: [{ result: 2 }] },
    { status: 'fulfilled', value: [] },
    { status: 'fulfilled', value: [] },
    { status: 'fulfilled', value: [{ one: 1, document: { a: 1 }, nothing: null }] },
  ]);
});

test('do not line up behind one that is slow', async () => {
  const slow = sleep(ownedBy('one'), 2);
  const pid = await sleeper();
  await pause(20);
  expect(await pidOf(ownedBy('one'))).not.toBe(pid);
  expect(await slow).toEqual([{ pid }]);
});

test('go on when one of them is given up by its client', async () => {
  const leaving = new AbortController();
  const [left, stayed] = [sleep(ownedBy('one', leaving.signal), 0.5), sleep(ownedBy('one'), 0)];
  const pid = await sleeper();
  leaving.abort();
  expect(await code(left)).toBe('TIMEOUT');
  expect(await stayed).toEqual([{ pid }]);
});

test('are cancelled when the client of the only one leaves', async () => {
  const leaving = new AbortController();
  const left = sleep(ownedBy('one', leaving.signal), 30);
  const pid = await sleeper();
  leaving.abort();
  expect(await code(left)).toBe('TIMEOUT');
  const isGone = async () => (await fleet.rows(sql`select 1 from pg_stat_activity where pid = ${pid}`)).length === 0;
  while (!(await isGone())) await pause(10);
  expect(await pidOf(ownedBy('one'))).not.toBe(pid);
});

test('end with their operation, whatever the database does', async () => {
  const owned = database.forOperation({ owner: 'one', timeoutMs: 300 });
  const [late, other] = [sleep(owned, 1), sleep(ownedBy('one'), 0)];
  expect(await code(late)).toBe('TIMEOUT');
  expect(await code(pidOf(owned))).toBe('TIMEOUT');
  expect(await code(other)).toBe('no error');
});

test('are all UNAVAILABLE when their connection breaks, and the next has a new one', async () => {
  const lost = [sleep(ownedBy('one'), 30), sleep(ownedBy('one'), 0), pidOf(ownedBy('one'))];
  const pid = await sleeper();
  await fleet.rows(sql`select pg_terminate_backend(${pid}::integer)`);
  expect(await Promise.all(lost.map(code))).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE']);
  expect(await pidOf(ownedBy('one'))).not.toBe(pid);
});

test('give their connections back', async () => {
  await Promise.all(Array.from({ length: 100 }, (_, index) => pidOf(ownedBy(`owner ${index % 5}`))));
  // As many transactions at once as there are connections.
  const pids = await Promise.all(
    Array.from({ length: POOL_SIZE }, () =>
      database.transaction('test.all', (transaction) => transaction.rows('test.pause', sql`select pg_sleep(0.05)`)),
    ),
  );
  expect(pids).toHaveLength(POOL_SIZE);
});
