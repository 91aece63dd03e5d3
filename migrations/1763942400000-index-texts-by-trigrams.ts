import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What searches for pieces of texts need (docs/adr/0011-text-search.md). */
export class IndexTextsByTrigrams1763942400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const schema = await createTrigrams(runner);
    // The expression is that of foldCase in src/search/compile-tests.ts, to the letter, or no search uses the index. New
    // texts wait in a list, which every search reads whole: 1 MB costs a search 1 ms at most, and makes writes three
    // times as cheap.
    await runner.query(`
      create index posting_text_trigrams on posting_text
      using gin ((translate(lower(value collate "und-x-icu"), 'ς', 'σ') collate "C") ${schema}.gin_trgm_ops)
      with (fastupdate = on, gin_pending_list_limit = 1024)`);
    // Texts of which the index above knows only the beginning: any of them may meet a search. (posting_text_long will not
    // do: the planner takes its condition for one that a third of all texts meet.)
    await runner.query(
      `create index posting_text_rest on posting_text (project_id, key_id, device_id) where rest is not null`,
    );
    // Without statistics of the folded text the planner would rather read all values of an attribute.
    await runner.query(`analyze posting_text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // The extension stays: it may have been there before, and others may use it.
    await runner.query(`drop index posting_text_rest`);
    await runner.query(`drop index posting_text_trigrams`);
  }
}

/** The schema of the extension, quoted: it may have been made by hand, and not where tables are looked for. */
async function createTrigrams(runner: QueryRunner): Promise<string> {
  try {
    await runner.query(`create extension if not exists pg_trgm`);
  } catch (cause) {
    throw new Error(
      'cannot create the extension pg_trgm, which text searches need: install the contrib package of Postgres, and let an ' +
        'owner of the database run "create extension pg_trgm" in it, or "grant create on database" to this user',
      { cause },
    );
  }
  const extensions: { schema: string }[] = await runner.query(
    `select quote_ident(n.nspname) as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace
     where e.extname = 'pg_trgm'`,
  );
  return extensions[0]!.schema;
}
