import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What searches for pieces of serials need (docs/adr/0011-text-search.md). */
export class IndexSerialsByTrigrams1763985600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const [extension]: { schema: string }[] = await runner.query(
      `select quote_ident(n.nspname) as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace
       where e.extname = 'pg_trgm'`,
    );
    // As posting_text_trigrams, which see: the expression is that of foldCase in src/search/compile-tests.ts, to the letter.
    await runner.query(`
      create index device_serial_trigrams on device
      using gin ((translate(lower(device_serial collate "und-x-icu"), 'ς', 'σ') collate "C") ${extension!.schema}.gin_trgm_ops)
      with (fastupdate = on, gin_pending_list_limit = 1024)`);
    await runner.query(`analyze device`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index device_serial_trigrams`);
  }
}
