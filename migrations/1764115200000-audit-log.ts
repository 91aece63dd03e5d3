import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who changed what and when (docs/adr/0015-audit-trail.md). Changes the empty table of the first draft, which is distributed
 * already: none has been written to it.
 */
export class AuditLog1764115200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table audit_entry
        drop column actor, drop column operation, drop column target,
        add column principal text collate "C" not null,
        add column role text not null,
        add column operation text collate "C" not null,
        add column kind text not null,
        add column object_id text collate "C",
        add column object_name text collate "C",
        add column before jsonb,
        add column after jsonb,
        add column selector jsonb,
        add column matched_count integer,
        add column changed_count integer,
        add column request_id text not null`);
    await runner.query(`alter table audit_entry rename to audit_log`);
    await runner.query(`alter index audit_entry_pkey rename to audit_log_pkey`);
    await runner.query(`alter index audit_entry_newest rename to audit_log_newest`);
    for (const column of ['object_name', 'object_id']) {
      await runner.query(
        `create index audit_log_${column} on audit_log (project_id, ${column}) where ${column} is not null`,
      );
    }
  }

  /** Entries do not fit the first draft. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`truncate audit_log`);
    await runner.query(`drop index audit_log_object_name, audit_log_object_id`);
    await runner.query(`alter index audit_log_newest rename to audit_entry_newest`);
    await runner.query(`alter index audit_log_pkey rename to audit_entry_pkey`);
    await runner.query(`alter table audit_log rename to audit_entry`);
    await runner.query(`
      alter table audit_entry
        drop column principal, drop column role, drop column operation, drop column kind, drop column object_id,
        drop column object_name, drop column before, drop column after, drop column selector,
        drop column matched_count, drop column changed_count, drop column request_id,
        add column actor text not null, add column operation text not null, add column target jsonb not null`);
  }
}
