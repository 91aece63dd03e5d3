import { getMetadataArgsStorage } from 'typeorm';
import { IndexTextsByTrigrams1763942400000 } from '../../../migrations/1763942400000-index-texts-by-trigrams.js';
import { createDataSource } from '../../../src/database/data-source.js';
import { ENTITIES } from '../../../src/database/entities/entities.js';
import { migrate } from '../../../src/database/migrate.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

let testDatabase: TestDatabase;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase.drop());

async function withDataSource<T>(
  work: (dataSource: ReturnType<typeof createDataSource>) => Promise<T>,
  poolSize = 2,
): Promise<T> {
  const dataSource = createDataSource({ url: testDatabase.url, poolSize });
  await dataSource.initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

type Source = ReturnType<typeof createDataSource>;

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly collation: string | null;
}

function columnsOf(dataSource: Source): Promise<Column[]> {
  return dataSource.query(
    `select c.relname as "table", a.attname as "column", format_type(a.atttypid, a.atttypmod) as type,
            not a.attnotnull as nullable, nullif(l.collname, 'default') as collation
     from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_collation l on l.oid = a.attcollation
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
       and c.relname <> 'migration'
     order by 1, 2`,
  );
}

/** Everything that a migration makes, in Postgres's own words. */
async function schemaOf(dataSource: Source): Promise<unknown> {
  return {
    columns: await columnsOf(dataSource),
    constraints: await dataSource.query(
      `select conrelid::regclass::text as "table", conname, pg_get_constraintdef(oid) as definition from pg_constraint
       where connamespace = 'public'::regnamespace and conrelid <> coalesce(to_regclass('migration')::oid, 0)
       order by 1, 2`,
    ),
    indexes: await dataSource.query(
      `select indexname, indexdef from pg_indexes where schemaname = 'public' and tablename <> 'migration' order by 1`,
    ),
  };
}

test('go up on an empty database, down to nothing, and up to the same again', async () => {
  await withDataSource(async (dataSource) => {
    const first = await schemaOf(dataSource);
    const empty = { columns: [], constraints: [], indexes: [] };
    expect(first).not.toEqual(empty);
    const { length: count } = await dataSource.query<unknown[]>('select 1 from migration');
    for (let index = 0; index < count; index += 1) await dataSource.undoLastMigration();
    expect(await schemaOf(dataSource)).toEqual(empty);
    await migrate(dataSource);
    expect(await schemaOf(dataSource)).toEqual(first);
    await migrate(dataSource);
    expect(await schemaOf(dataSource)).toEqual(first);
  });
});

test('run once though several processes start together', async () => {
  await withDataSource(async (dataSource) => {
    await dataSource.undoLastMigration();
  });
  await Promise.all([1, 2, 3].map(() => withDataSource(migrate)));
  await withDataSource(async (dataSource) => {
    const names = await dataSource.query<{ name: string }[]>('select name from migration');
    expect(new Set(names.map(({ name }) => name)).size).toBe(names.length);
    expect(await columnsOf(dataSource)).not.toEqual([]);
  });
});

const TYPES = new Map<unknown, string>([
  ['bigint', 'bigint'],
  ['integer', 'integer'],
  ['text', 'text'],
  ['boolean', 'boolean'],
  ['uuid', 'uuid'],
  ['jsonb', 'jsonb'],
  ['bytea', 'bytea'],
  ['double precision', 'double precision'],
  ['timestamptz', 'timestamp(3) with time zone'],
]);

test('make exactly the columns that the entities name, with their types, keys and whether they may be null', async () => {
  await withDataSource(async (dataSource) => {
    const storage = getMetadataArgsStorage();
    const named = ENTITIES.flatMap((entity) => {
      const { name: table } = storage.tables.find(({ target }) => target === entity)!;
      return storage.filterColumns(entity).map(({ propertyName, options }) => ({
        table,
        column: options.name ?? propertyName,
        type: TYPES.get(options.type),
        nullable: options.nullable === true,
      }));
    });
    const present = (await columnsOf(dataSource)).map(({ collation: _collation, ...column }) => column);
    const sorted = (columns: readonly object[]) => columns.map((column) => JSON.stringify(column)).toSorted();
    expect(sorted(named)).toEqual(sorted(present));
    const keys = ENTITIES.map((entity) => ({
      table: storage.tables.find(({ target }) => target === entity)!.name!,
      columns: storage
        .filterColumns(entity)
        .filter(({ options }) => options.primary === true)
        .map(({ propertyName, options }) => options.name ?? propertyName),
    }));
    const presentKeys = await dataSource.query<{ table: string; columns: string[] }[]>(
      `select i.indrelid::regclass::text as "table", array_agg(a.attname::text order by a.attnum) as columns
       from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
       where i.indisprimary and i.indrelid::regclass::text <> 'migration' and i.indrelid::regclass::text not like 'pg_%'
       group by 1`,
    );
    const sets = (rows: readonly { table: string; columns: string[] }[]) =>
      rows
        // Rows of the search index are told apart by all that they hold; TypeORM wants a key all the same.
        .filter(({ table }) => !table.startsWith('posting_'))
        .map(({ table, columns }) => `${table}: ${columns.toSorted().join(' ')}`)
        .toSorted();
    expect(sets(keys)).toEqual(sets(presentKeys));
  });
});

test("start every key of a project's table with the project", async () => {
  await withDataSource(async (dataSource) => {
    const indexes = await dataSource.query<{ table: string; name: string; first: string }[]>(
      `select i.indrelid::regclass::text as "table", i.indexrelid::regclass::text as name, a.attname as first
       from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
       join pg_class c on c.oid = i.indrelid where c.relnamespace = 'public'::regnamespace`,
    );
    // A credential is looked up before its project is known; a project's slug belongs to none.
    const known = ['project_pkey', 'project_slug_unique', 'api_key_secret_hash', 'migration'];
    const others = indexes.filter(
      ({ first, name }) => first !== 'project_id' && !known.some((one) => name.includes(one)),
    );
    expect(others.filter(({ table }) => table !== 'migration')).toEqual([]);
    const foreign = await dataSource.query<{ definition: string }[]>(
      `select pg_get_constraintdef(oid) as definition from pg_constraint
       where contype = 'f' and connamespace = 'public'::regnamespace`,
    );
    expect(foreign.length).toBeGreaterThan(5);
    for (const { definition } of foreign) {
      expect(definition).toMatch(
        /^FOREIGN KEY \(project_id, \w+\) REFERENCES \w+\(project_id, id\)( ON DELETE CASCADE)?$/,
      );
    }
  });
});

test('give the ids of projects one type, by which all tables can be distributed together', async () => {
  await withDataSource(async (dataSource) => {
    const ids = (await columnsOf(dataSource)).filter(
      ({ table, column }) => column === 'project_id' || (table === 'project' && column === 'id'),
    );
    expect(ids.map(({ table }) => table)).toEqual(
      expect.arrayContaining(['api_key', 'attribute_key_count', 'device', 'posting_text', 'project']),
    );
    expect(new Set(ids.map(({ type }) => type))).toEqual(new Set(['integer']));
    expect(
      await dataSource.query(
        `select data_type as type from pg_sequences where sequencename = 'project_id_seq' and max_value = 2147483647`,
      ),
    ).toEqual([{ type: 'integer' }]);
  });
});

test('compare all text of searches by code point, whatever the locale of the database', async () => {
  await withDataSource(async (dataSource) => {
    const searched = (await columnsOf(dataSource)).filter(
      ({ type, table }) =>
        type === 'text' &&
        ['device', 'cohort', 'device_group', 'release', 'posting_text', 'attribute_key'].includes(table),
    );
    const plain = searched
      .filter(({ collation }) => collation !== 'C')
      .map(({ table, column }) => `${table}.${column}`);
    // Shown, and never searched.
    expect(plain).toEqual(['device.registered_by']);
  });
});

test('say what to do where the user may not create the extension', async () => {
  await withDataSource(async (dataSource) => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('drop extension pg_trgm cascade');
    // A user that is on every server, and may do next to nothing.
    await runner.query('set local role pg_read_all_data');
    await expect(new IndexTextsByTrigrams1763942400000().up(runner)).rejects.toThrow(/run "create extension pg_trgm"/);
    await runner.rollbackTransaction();
    await runner.release();
  });
});

test('use the extension in whatever schema it is', async () => {
  await withDataSource(async (dataSource) => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('drop extension pg_trgm cascade');
    await runner.query('create schema "Of others"');
    await runner.query('create extension pg_trgm schema "Of others"');
    await runner.query('drop index posting_text_rest');
    await new IndexTextsByTrigrams1763942400000().up(runner);
    const [index] = await runner.query(`select to_regclass('posting_text_trigrams')::text as name`);
    expect(index).toEqual({ name: 'posting_text_trigrams' });
    await runner.rollbackTransaction();
    await runner.release();
  });
});

test('distribute each table once, while its project is an integer and it has no foreign keys', async () => {
  const ownDatabase = await createTestDatabase();
  const dataSource = createDataSource({ url: ownDatabase.url, poolSize: 2 });
  try {
    await dataSource.initialize();
    const { length: count } = await dataSource.query<unknown[]>('select 1 from migration');
    for (let index = 0; index < count; index += 1) await dataSource.undoLastMigration();
    // In the place of Citus, of whose functions this is the one that is called.
    await dataSource.query(`
      create view pg_extension as
      select oid, extname, extnamespace from pg_catalog.pg_extension union all select 0, 'citus', 0;
      create table distributed (id regclass, type text, foreign_keys bigint);
      create function create_distributed_table(id regclass, name text) returns void language sql as $$
        insert into distributed
        select id, format_type(atttypid, null), (select count(*) from pg_constraint where contype = 'f' and id in (conrelid, confrelid))
        from pg_attribute where attrelid = id and attname = name $$;
      do $$ begin
        execute format('alter database %I set search_path = public, pg_catalog', current_database());
      end $$`);
    await dataSource.destroy();
    await dataSource.initialize();
    await migrate(dataSource);
    const distributed = await dataSource.query<{ table: string }[]>(
      `select id::text as "table", type, foreign_keys::integer as "foreignKeys" from distributed`,
    );
    const tables = (await columnsOf(dataSource)).flatMap(({ table, column }) =>
      column === 'project_id' && table !== 'api_key' ? [{ table, type: 'integer', foreignKeys: 0 }] : [],
    );
    expect(distributed.toSorted((a, b) => (a.table < b.table ? -1 : 1))).toEqual(tables);
  } finally {
    await dataSource.destroy();
    await ownDatabase.drop();
  }
});

test('use no triggers', async () => {
  await withDataSource(async (dataSource) => {
    expect(await dataSource.query('select tgname from pg_trigger where not tgisinternal')).toEqual([]);
  });
});

describe('postings by value', () => {
  const LONG = 'ü'.repeat(600);
  // In the form that the first migration gave them, in order of device, key and place.
  const BEFORE = {
    posting_text: [
      ['1', '1', 1, 0, 'text', null],
      ['1', '1', 2, 0, 'a', null],
      ['1', '1', 2, 1, LONG, 'x'],
      ['1', '1', 2, 2, 'a', null],
      ['1', '1', 2, 3, LONG, 'y'],
      ['1', '1', 2, 4, LONG, null],
      ['1', '2', 1, 0, 'text', null],
      ['2', '3', 1, 0, '', null],
    ],
    posting_number: [
      ['1', '1', 3, 0, 1e300],
      ['1', '1', 3, 1, 0.1],
      ['1', '1', 3, 2, 0.1],
    ],
    posting_boolean: [
      ['1', '1', 4, 0, false],
      ['1', '2', 5, 0, true],
    ],
  };
  const DOCUMENTS = [
    ['1', '1', { 1: ['text', 0], 2: [['a', `${LONG}x`, 'a', `${LONG}y`, LONG], 0, 'about'], 3: [[1e300, 0.1, 0.1], 0], 4: [false, 0] }],
    ['1', '2', { 1: ['text', 0], 5: [[], 0] }],
    ['2', '3', { 1: ['', 0] }],
  ]; // prettier-ignore

  const read = async (dataSource: Source, columns: string) =>
    Object.fromEntries(
      await Promise.all(
        Object.keys(BEFORE).map(async (table) => {
          const value = table === 'posting_text' ? 'value, rest' : 'value';
          const rows = await dataSource.query<object[]>(
            `select ${columns}, ${value} from ${table} order by ${columns}`,
          );
          return [table, rows.map((row) => Object.values(row))];
        }),
      ),
    );

  /** Takes this migration back, and all after it. */
  async function undo(dataSource: Source): Promise<void> {
    const names = await dataSource.query<{ name: string }[]>('select name from migration order by id');
    const own = names.findIndex(({ name }) => name === 'PostingsByValue1763856000000');
    for (let left = names.length; left > own; left -= 1) await dataSource.undoLastMigration();
  }

  /** Of two projects. */
  async function insertDevices(dataSource: Source): Promise<void> {
    await dataSource.query(
      `insert into project (slug, name, created_at) select 'project-' || n, 'x', now() from generate_series(1, 2) n`,
    );
    await dataSource.query(
      `insert into api_key (project_id, name, role, secret_hash, created_at) select id, 'x', 'READER', '', now() from project`,
    );
    await dataSource.query(
      `insert into cohort (project_id, name, slug, is_default, created_at, updated_at)
       select id, 'x', 'x', true, now(), now() from project`,
    );
    await dataSource.query(
      `insert into device (project_id, id, uuid, device_serial, test_mode, state, cohort_id, created_at, updated_at)
       select c.project_id, n, gen_random_uuid(), 'd' || n, false, 'ACTIVE', c.id, now(), now()
       from generate_series(1, 3) n join cohort c on c.project_id = case when n < 3 then 1 else 2 end`,
    );
    await dataSource.query('insert into attribute_key_count values (2, 1, 1, now())');
    for (const row of DOCUMENTS) {
      await dataSource.query(
        'insert into device_document (project_id, device_id, attributes) values ($1, $2, $3)',
        row,
      );
    }
    for (const [table, rows] of Object.entries(BEFORE)) {
      for (const row of rows) {
        await dataSource.query(
          `insert into ${table} values (${row.map((_, index) => `$${index + 1}`).join(', ')})`,
          row,
        );
      }
    }
  }

  // Each test starts before the migration, and goes back to there.
  beforeAll(() =>
    withDataSource(async (dataSource) => {
      await undo(dataSource);
      await insertDevices(dataSource);
    }),
  );

  test('are one for each different element, and turn into what they were on the way back', async () => {
    await withDataSource(async (dataSource) => {
      await migrate(dataSource);
      const after = await read(dataSource, 'project_id, device_id, key_id');
      const sorted = (rows: unknown[]) => rows.map((row) => JSON.stringify(row)).toSorted();
      expect(sorted(after['posting_text'])).toEqual(
        sorted([
          [1, '1', 1, 'text', null], [1, '1', 2, 'a', null], [1, '1', 2, LONG, 'x'], [1, '1', 2, LONG, 'y'],
          [1, '1', 2, LONG, null], [1, '2', 1, 'text', null], [2, '3', 1, '', null],
        ]),
      ); // prettier-ignore
      expect(sorted(after['posting_number'])).toEqual(sorted([[1, '1', 3, 1e300], [1, '1', 3, 0.1]])); // prettier-ignore
      expect(sorted(after['posting_boolean'])).toEqual(sorted([[1, '1', 4, false], [1, '2', 5, true]])); // prettier-ignore
      await undo(dataSource);
      expect(await read(dataSource, 'project_id, device_id, key_id, ordinal')).toEqual(BEFORE);
    });
  });

  test('leave the rows of all other tables as they are, and their foreign keys', async () => {
    await withDataSource(async (dataSource) => {
      const stored = async () => ({
        rows: Object.fromEntries(
          await Promise.all(
            ['project', 'api_key', 'cohort', 'device', 'device_document', 'attribute_key_count'].map(async (table) => [
              table,
              await dataSource.query(`select to_jsonb(t) as row from ${table} t order by 1`),
            ]),
          ),
        ),
        foreignKeys: await dataSource.query(
          `select conrelid::regclass::text as "table", conname, pg_get_constraintdef(oid) as definition, convalidated
           from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace
             and conrelid <> coalesce(to_regclass('device_token')::oid, 0) order by 1, 2`, // Made by a later migration.
        ),
      });
      const before = await stored();
      expect(Object.values(before.rows).map((rows) => (rows as unknown[]).length)).toEqual([2, 2, 2, 3, 3, 1]);
      expect(before.foreignKeys).toHaveLength(12);
      await migrate(dataSource);
      expect(await stored()).toEqual(before);
      const insertProject = (slug: string) =>
        dataSource.query<{ id: unknown }[]>(
          `insert into project (slug, name, created_at) values ($1, 'x', now()) returning id`,
          [slug],
        );
      expect(await insertProject('integer')).toEqual([{ id: 3 }]);
      await dataSource.query(`delete from project where slug = 'integer'`);
      // Or the planner would take a project for a small part of them.
      expect(
        await dataSource.query(
          `select tablename as "table", n_distinct from pg_stats
           where schemaname = 'public' and tablename in ('device', 'device_document') and attname = 'project_id' order by 1`,
        ),
      ).toEqual([
        { table: 'device', n_distinct: expect.any(Number) },
        { table: 'device_document', n_distinct: expect.any(Number) },
      ]);
      await undo(dataSource);
      expect(await stored()).toEqual(before);
      expect(await insertProject('bigint')).toEqual([{ id: '4' }]);
    });
  });
});
