import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A name is not who somebody is: an ADMIN can name a key after anybody. Entries from before have the name alone. */
export class AuditPrincipalId1764201600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table audit_log add column principal_id text collate "C"`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table audit_log drop column principal_id`);
  }
}
