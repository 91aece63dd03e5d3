import type { MigrationInterface, QueryRunner } from 'typeorm';
import { distributeByProject } from '../src/database/distribution.js';

/** What facets and the catalogue of names need (docs/facets.md). */
export class CountAttributes1763769600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // How many devices had a value under each key, and when that was counted.
    await runner.query(`
      create table attribute_key_count (
        project_id bigint not null,
        key_id integer not null,
        device_count bigint not null,
        counted_at timestamptz(3) not null,
        primary key (project_id, key_id)
      )`);
    await distributeByProject(runner, ['attribute_key_count']);
    // Texts that the index of values may not hold whole; few, so that all others can be counted from it alone.
    await runner.query(`
      create index posting_text_long on posting_text (project_id, key_id, device_id) where octet_length(value) >= 600`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index posting_text_long`);
    await runner.query(`drop table attribute_key_count`);
  }
}
