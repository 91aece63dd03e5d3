import type { MigrationInterface, QueryRunner } from 'typeorm';
import { distributeByProject } from '../src/database/distribution.js';

/**
 * Postings are found from the side of their values alone, and no two of a device and key are equal: what is asked of a
 * known device its document answers (docs/adr/0010-postings-by-value.md).
 *
 * Ids of projects become integers, which makes each entry of the postings' index 8 bytes shorter; in all tables, since
 * Citus co-locates tables only by columns of one type.
 */
export class PostingsByValue1763856000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await changeProjectIds(runner, 'integer');
    for (const { table, columns, values } of POSTINGS) {
      await runner.query(`
        create table ${table}_by_value (
          project_id integer not null,
          key_id integer not null,
          device_id bigint not null,
          ${columns}
        )`);
      await distributeByProject(runner, [`${table}_by_value`]);
      // In the order of devices, as they report: what changes together lies together.
      await runner.query(`
        insert into ${table}_by_value (project_id, key_id, device_id, ${values})
        select distinct on (project_id, device_id, key_id, ${values}) project_id, key_id, device_id, ${values}
        from ${table} order by project_id, device_id, key_id, ${values}`);
      await replace(runner, table, `${table}_by_value`);
    }
    await createLongTextIndex(runner);
  }

  /** The documents tell the places of elements in their arrays, and which of them there were twice. */
  async down(runner: QueryRunner): Promise<void> {
    for (const { table, columns, values, elements } of POSTINGS) {
      await runner.query(`
        create table ${table}_by_device (
          project_id bigint not null,
          device_id bigint not null,
          key_id integer not null,
          ordinal integer not null,
          ${columns}
        )`);
      await distributeByProject(runner, [`${table}_by_device`]);
      await runner.query(`
        insert into ${table}_by_device (project_id, device_id, key_id, ordinal, ${values})
        select o.project_id, o.device_id, a.key::integer, e.place - 1, ${elements}
        from device_document o
        cross join lateral jsonb_each(o.attributes) a
        cross join lateral (select case jsonb_typeof(a.value -> 0) when 'array' then a.value -> 0
                                   else jsonb_build_array(a.value -> 0) end as list) l
        cross join lateral jsonb_array_elements(
          -- An empty array is there by one posting of its own.
          case jsonb_array_length(l.list) when 0 then '[true]' else l.list end) with ordinality as e(one, place)
        where jsonb_typeof(e.one) = '${JSON_TYPES[table]}'
        order by o.project_id, o.device_id, a.key::integer, e.place`);
      await replace(runner, table, `${table}_by_device`);
      await runner.query(
        `alter table ${table} add constraint ${table}_pkey primary key (project_id, device_id, key_id, ordinal)`,
      );
    }
    await createLongTextIndex(runner);
    await changeProjectIds(runner, 'bigint');
  }
}

/** Of all tables but those of the postings, which are made anew. */
async function changeProjectIds(runner: QueryRunner, type: 'integer' | 'bigint'): Promise<void> {
  // Made again at the end: each would be checked twice, and Citus distributes tables before they have any.
  const foreignKeys: { table: string; name: string; definition: string }[] = await runner.query(
    `select conrelid::regclass::text as "table", conname as name, pg_get_constraintdef(oid) as definition
     from pg_constraint where contype = 'f' and conrelid = any($1::regclass[]) order by 1, 2`,
    [PROJECT_TABLES],
  );
  for (const { table, name } of foreignKeys) await runner.query(`alter table ${table} drop constraint ${name}`);
  await runner.query(`alter table project alter column id type ${type}`);
  for (const table of ['api_key', ...PROJECT_TABLES]) {
    await runner.query(`alter table ${table} alter column project_id type ${type}`);
  }
  await distributeByProject(runner, PROJECT_TABLES);
  for (const { table, name, definition } of foreignKeys) {
    await runner.query(`alter table ${table} add constraint ${name} ${definition}`);
  }
  // A column of another type has no statistics: the planner would take a project for a few devices until the next ones.
  for (const table of PROJECT_TABLES) await runner.query(`analyze ${table}`);
}

async function replace(runner: QueryRunner, table: string, next: string): Promise<void> {
  await runner.query(`drop table ${table}`);
  await runner.query(`alter table ${next} rename to ${table}`);
  await runner.query(`create index ${table}_value on ${table} (project_id, key_id, value, device_id)`);
}

async function createLongTextIndex(runner: QueryRunner): Promise<void> {
  await runner.query(`
    create index posting_text_long on posting_text (project_id, key_id, device_id) where octet_length(value) >= 600`);
}

const PROJECT_TABLES = [
  'cohort',
  'device_group',
  'release',
  'deployment',
  'device',
  'device_event',
  'attribute_key',
  'attribute_key_count',
  'device_document',
  'device_count',
  'device_credential',
  'source',
  'device_source',
  'sync_run',
  'audit_entry',
];

/** What a document calls the values of each table. */
const JSON_TYPES = { posting_text: 'string', posting_number: 'number', posting_boolean: 'boolean' } as const;

const POSTINGS = [
  {
    table: 'posting_text',
    columns: 'value text collate "C" not null, rest text collate "C"',
    values: 'value, rest',
    // As many characters as an entry of the index has room for, and what is beyond.
    elements: `left(e.one #>> '{}', 600), nullif(substr(e.one #>> '{}', 601), '')`,
  },
  {
    table: 'posting_number',
    columns: 'value double precision not null',
    values: 'value',
    elements: `(e.one #>> '{}')::double precision`,
  },
  { table: 'posting_boolean', columns: 'value boolean not null', values: 'value', elements: 'e.one::boolean' },
] as const;
