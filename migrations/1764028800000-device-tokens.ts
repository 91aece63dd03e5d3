import type { MigrationInterface, QueryRunner } from 'typeorm';
import { distributeByProject } from '../src/database/distribution.js';

/**
 * A device has one client at a time, and the tokens that were issued to it (docs/adr/0012-credentials.md). A token names
 * its client, so that a device's new credentials end the tokens of the old ones, also one that is being made just then.
 */
export class DeviceTokens1764028800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Nothing wrote to this table before.
    await runner.query(`drop index device_credential_device`);
    await runner.query(`alter table device_credential drop column revoked_at`);
    await runner.query(
      `alter table device_credential add constraint device_credential_device_unique unique (project_id, device_id)`,
    );
    await runner.query(`
      create table device_token (
        project_id integer not null,
        token_hash bytea not null,
        device_id bigint not null,
        client_id text collate "C" not null,
        expires_at timestamptz(3) not null,
        primary key (project_id, token_hash)
      )`);
    await distributeByProject(runner, ['device_token']);
    await runner.query(`
      alter table device_token add constraint device_token_device_id_fkey
      foreign key (project_id, device_id) references device (project_id, id) on delete cascade`);
    await runner.query(`create index device_token_device on device_token (project_id, device_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table device_token`);
    await runner.query(`alter table device_credential drop constraint device_credential_device_unique`);
    await runner.query(`alter table device_credential add column revoked_at timestamptz(3)`);
    await runner.query(`create index device_credential_device on device_credential (project_id, device_id)`);
  }
}
