import type { DataSource } from 'typeorm';
import { AppError } from '../../../src/errors.js';
import { createDataSource } from '../../../src/database/data-source.js';
import { LostRace } from '../../../src/database/database-error.js';
import { Database, type Executor } from '../../../src/database/query.js';
import { commaSeparated, sql } from '../../../src/database/sql.js';
import { createFleet, type Fleet } from '../../support/fleet.js';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await createFleet();
});
afterAll(() => fleet.stop());

const run = (executor: Executor, statement: ReturnType<typeof sql>) => executor.rows('test.run', statement);
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

describe('rows', () => {
  test('leads each statement with the name of the function it serves', async () => {
    const [row] = await fleet.database.rows<{ query: string }>(
      'test.named',
      sql`select query from pg_stat_activity where pid = pg_backend_pid()`,
    );
    expect(row!.query).toMatch(/^\/\* test\.named \*\/ select /);
  });

  test.each(['test.x */ drop table device; /*', 'test run', ''])('refuses %j as a name', async (name) => {
    await expect(fleet.database.rows(name, sql`select 1`)).rejects.toThrow('not a statement name');
  });

  test('cancels a statement over its time, tells TIMEOUT, and leaves no limit on the connection', async () => {
    const slow = sql`select pg_sleep(30)`;
    expect(await code(fleet.database.rows('test.slow', slow, { timeoutMs: 50 }))).toBe('TIMEOUT');
    const limits = await Promise.all(
      Array.from({ length: 10 }, () =>
        fleet.database.rows<{ limit: string }>('test.limit', sql`select current_setting('statement_timeout') as limit`),
      ),
    );
    expect(new Set(limits.flat().map(({ limit }) => limit))).toEqual(new Set(['0']));
  });

  test.each([
    ['22021', sql`select ${'a\0b'}::text`, 'BAD_USER_INPUT'],
    ['2201B', sql`select 'a' ~ ${'('}::text`, 'BAD_USER_INPUT'],
    ['22P02', sql`select ${'x'}::bigint`, 'BAD_USER_INPUT'],
    ['22003', sql`select ${'99999999999999999999'}::bigint`, 'BAD_USER_INPUT'],
    ['22008', sql`select '2026-01-01'::timestamptz + interval '999999 years'`, 'BAD_USER_INPUT'],
    ['23505', sql`insert into project (slug, name, created_at) values ('main', 'x', now())`, 'CONFLICT'],
  ])('tells of SQLSTATE %s in words for the caller, without SQL', async (_, statement, expected) => {
    const error = await run(fleet.database, statement).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe(expected);
    expect((error as AppError).message).not.toMatch(/select|insert|project|\$1|22|23505/);
  });

  test('leaves an unforeseen error as it is, to be hidden behind a request id', async () => {
    await expect(run(fleet.database, sql`select * from no_such_table`)).rejects.not.toBeInstanceOf(AppError);
  });

  test('tells UNAVAILABLE when the connection breaks, and goes on with a new one', async () => {
    const { url } = fleet.dataSource.options as { url: string };
    const dataSource = createDataSource({ url, poolSize: 1 });
    await dataSource.initialize();
    try {
      const database = new Database(dataSource);
      const [self] = await database.rows<{ pid: number }>('test.pid', sql`select pg_backend_pid() as pid`);
      const asleep = code(database.rows('test.sleep', sql`select pg_sleep(30)`));
      await run(fleet.database, sql`select pg_terminate_backend(${self!.pid}::integer)`);
      expect(await asleep).toBe('UNAVAILABLE');
      // The pool may need a moment to see that the connection has ended.
      let after = await code(run(database, sql`select 1`));
      for (let attempt = 0; attempt < 100 && after === 'UNAVAILABLE'; attempt += 1) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        after = await code(run(database, sql`select 1`));
      }
      expect(after).toBe('no error');
    } finally {
      await dataSource.destroy();
    }
  });

  test('tells UNAVAILABLE within the time for connecting while all connections are busy', async () => {
    const { url } = fleet.dataSource.options as { url: string };
    const dataSource = createDataSource({ url, poolSize: 1 });
    await dataSource.initialize();
    const database = new Database(dataSource);
    const [self] = await database.rows<{ pid: number }>('test.pid', sql`select pg_backend_pid() as pid`);
    const asleep = code(database.rows('test.sleep', sql`select pg_sleep(30)`));
    expect(await code(run(database, sql`select 1`))).toBe('UNAVAILABLE');
    await run(fleet.database, sql`select pg_cancel_backend(${self!.pid}::integer)`);
    expect(await asleep).toBe('TIMEOUT');
    await dataSource.destroy();
  });
});

describe('prepared statements', () => {
  const twice = (database: Database, value: number) =>
    database.rows<{ doubled: number; pid: number }>(
      'test.twice',
      sql`select ${value}::integer * 2 as doubled, pg_backend_pid() as pid`,
    );
  const prepared = (database: Database) =>
    database.rows<{ name: string; calls: number }>(
      'test.prepared',
      sql`select name, generic_plans + custom_plans as calls from pg_prepared_statements`,
    );
  let dataSource: DataSource;
  let database: Database;
  beforeEach(async () => {
    const { url } = fleet.dataSource.options as { url: string };
    dataSource = createDataSource({ url, poolSize: 1 });
    await dataSource.initialize();
    database = new Database(dataSource, { preparesStatements: true });
  });
  afterEach(() => dataSource.destroy());

  test('are parsed once on each connection, whatever the values', async () => {
    const found = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map((value) => twice(database, value)));
    expect(found.map(([row]) => row!.doubled)).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18]);
    const names = (await prepared(database)).map(({ name }) => name);
    expect(names.filter((name) => name.includes('test.twice'))).toHaveLength(1);
  });

  test('keep their plans within transactions, but for those that are planned for their values', async () => {
    const mode = sql`select current_setting('plan_cache_mode') as mode`;
    expect(await database.rows('test.mode', mode, { plansForValues: true })).toEqual([{ mode: 'force_custom_plan' }]);
    for (let round = 0; round < 5; round += 1) {
      await database.transaction('test.modes', async (transaction) => {
        expect(await transaction.rows('test.kept', sql`select ${round}::integer as n`)).toEqual([{ n: round }]);
        const forValues = sql`select ${round}::integer + 1 as n`;
        expect(await transaction.rows('test.anew', forValues, { plansForValues: true })).toEqual([{ n: round + 1 }]);
        // What looks after foreign keys is planned as this says, for each row.
        expect(await transaction.rows('test.mode', mode)).toEqual([{ mode: 'auto' }]);
      });
    }
    const names = (await prepared(database)).map(({ name }) => name);
    expect(names.filter((name) => name.includes('test.kept'))).toHaveLength(1);
    expect(names.filter((name) => name.includes('test.anew'))).toHaveLength(0);
  });

  test('are made again on a new connection', async () => {
    const [first] = await twice(database, 1);
    await fleet.database.rows('test.end', sql`select pg_terminate_backend(${first!.pid})`);
    while ((await code(twice(database, 1))) !== 'no error') await new Promise((resume) => setTimeout(resume, 10));
    expect((await twice(database, 21))[0]!.doubled).toBe(42);
  });

  test('that fail can be tried again', async () => {
    const divide = (by: number) => database.rows('test.divide', sql`select 1 / ${by}::integer as result`);
    await expect(divide(0)).rejects.toThrow('division by zero');
    expect(await divide(1)).toEqual([{ result: 1 }]);
    const broken = () => database.rows('test.broken', sql`select no_such_column`);
    await expect(broken()).rejects.toThrow('no_such_column');
    await expect(broken()).rejects.toThrow('no_such_column');
  });

  test('are bounded in number', async () => {
    for (let count = 0; count < 300; count += 1) {
      await database.rows('test.many', sql`select ${commaSeparated(Array.from({ length: count + 1 }, () => sql`1`))}`);
    }
    expect((await prepared(database)).length).toBeLessThanOrEqual(201);
  });

  test('of a text that is looked up and searched for are two', async () => {
    const statement = sql`select 1 as one`;
    for (let count = 0; count < 5; count += 1) {
      expect(await database.rows('test.both', statement)).toEqual([{ one: 1 }]);
      expect(await database.rows('test.both', statement, { timeoutMs: 1_000 })).toEqual([{ one: 1 }]);
      expect(await database.rows('test.both', sql`select ${count}::integer as one`, { timeoutMs: 1_000 })).toEqual([
        { one: count },
      ]);
    }
    const names = (await prepared(database)).map(({ name }) => name).filter((name) => name.includes('test.both'));
    expect(names.toSorted()).toEqual(['kept.test.both.0', 'parsed.test.both.0', 'parsed.test.both.1']);
  });

  test('are not made unless that is set', async () => {
    await twice(fleet.database, 1);
    expect(await prepared(fleet.database)).toEqual([]);
  });
});

describe('a change in one statement', () => {
  const insert = (slug: string) =>
    sql`insert into project (slug, name, created_at) values (${slug}, 'x', now()) returning slug`;

  test('is kept when it is answered, and goes alone', async () => {
    fleet.statements.length = 0;
    expect(await fleet.database.change('test.change', insert('alone'))).toEqual([{ slug: 'alone' }]);
    expect(fleet.statements.map(({ name }) => name)).toEqual(['test.change']);
    expect(await fleet.rows(sql`select slug from project where slug = 'alone'`)).toHaveLength(1);
    expect(await code(fleet.database.change('test.change', insert('alone')))).toBe('CONFLICT');
  });

  test('that is ended before it is answered may have been made, and says so', async () => {
    const ended = fleet.database.forOperation({ timeoutMs: 300 });
    const slow = ended.change('test.change', sql`select pg_sleep(30)`);
    await expect(slow).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('look whether') });
    const gone = fleet.database.change('test.change', sql`select pg_terminate_backend(pg_backend_pid())`);
    await expect(gone).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('look whether') });
  });
});

describe('a transaction', () => {
  const create = (executor: Executor, slug: string) =>
    run(executor, sql`insert into project (slug, name, created_at) values (${slug}, 'x', now())`);
  const exists = async (slug: string) =>
    (await fleet.rows(sql`select 1 from project where slug = ${slug}`)).length === 1;

  test('keeps everything or nothing', async () => {
    const failed = fleet.database.transaction('test.fails', async (transaction) => {
      await create(transaction, 'undone');
      throw new Error('after the write');
    });
    await expect(failed).rejects.toThrow('after the write');
    expect(await exists('undone')).toBe(false);
    await fleet.database.transaction('test.works', (transaction) => create(transaction, 'done'));
    expect(await exists('done')).toBe(true);
  });

  test('that lost a race runs again, and tells CONFLICT if it always does', async () => {
    let attempts = 0;
    const result = await fleet.database.transaction('test.race', async (transaction) => {
      attempts += 1;
      await create(transaction, 'race');
      if (attempts < 3) throw new LostRace('a test');
      return attempts;
    });
    expect(result).toBe(3);
    expect(await exists('race')).toBe(true);
    const always = fleet.database.transaction('test.race', () => Promise.reject(new LostRace('a test')));
    expect(await code(always)).toBe('CONFLICT');
  });

  test('that is the victim of a deadlock runs again, and both get through', async () => {
    await fleet.database.transaction('test.two', async (transaction) => {
      await create(transaction, 'lock-a');
      await create(transaction, 'lock-b');
    });
    let waiting = 0;
    let release: () => void = () => undefined;
    const bothHoldOne = new Promise<void>((resolve) => {
      release = resolve;
    });
    const touch = (executor: Executor, slug: string) =>
      run(executor, sql`update project set name = name || 'x' where slug = ${slug}`);
    const inOrder = (first: string, second: string) =>
      fleet.database.transaction('test.deadlock', async (transaction) => {
        await touch(transaction, first);
        waiting += 1;
        if (waiting >= 2) release();
        await bothHoldOne;
        await touch(transaction, second);
      });
    await Promise.all([inOrder('lock-a', 'lock-b'), inOrder('lock-b', 'lock-a')]);
    // Two attempts and at least one more: the victim's next may meet the other again.
    expect(waiting).toBeGreaterThanOrEqual(3);
    expect(await fleet.rows(sql`select name from project where slug like 'lock-%'`)).toEqual([
      { name: 'xxx' },
      { name: 'xxx' },
    ]);
  });

  test('gives its connection back, however it ends', async () => {
    const works = Array.from({ length: 40 }, (_, index) =>
      code(
        fleet.database.transaction('test.many', async (transaction) => {
          await run(transaction, sql`select 1`);
          if (index % 3 === 0) throw new AppError('NOT_FOUND', 'a test');
          if (index % 3 === 1) await run(transaction, sql`select ${'x'}::bigint`);
        }),
      ),
    );
    expect(new Set(await Promise.all(works))).toEqual(new Set(['NOT_FOUND', 'BAD_USER_INPUT', 'no error']));
    const [idle] = await fleet.rows<{ count: number }>(
      sql`select count(*)::integer as count from pg_stat_activity
          where datname = current_database() and state like 'idle in transaction%'`,
    );
    expect(idle!.count).toBe(0);
  });
});
