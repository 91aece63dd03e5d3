import type { DataSource } from 'typeorm';
import { AttributeKeys } from '../../src/attributes/keys.js';
import type { ChangeContext } from '../../src/changes/change-context.js';
import { createDataSource } from '../../src/database/data-source.js';
import { Database } from '../../src/database/query.js';
import { sql, type SqlFragment } from '../../src/database/sql.js';
import { bindingOf } from './bound-to-project.js';
import { createTestDatabase } from './database.js';
import { Frequencies } from '../../src/search/shapes/frequencies.js';

/** An empty project in a database of its own, with all that searches and changes need. */
export interface Fleet {
  readonly database: Database;
  readonly dataSource: DataSource;
  readonly projectId: string;
  /** Texts of the statements that ran since the test emptied it, each with its name. */
  readonly statements: { name: string; text: string }[];
  /** A context as an operation would have it, which starts at `instant`. */
  context(instant?: Date): ChangeContext;
  /** Rows of a statement that a test looks with. */
  rows<Row>(statement: SqlFragment): Promise<Row[]>;
  stop(): Promise<void>;
}

export async function createFleet(): Promise<Fleet> {
  const testDatabase = await createTestDatabase();
  const dataSource = createDataSource({ url: testDatabase.url, poolSize: 10 });
  await dataSource.initialize();
  const statements: Fleet['statements'] = [];
  const unbound = new Set<string>();
  const onStatement = (name: string, text: string) => {
    statements.push({ name, text });
    if (name.startsWith('test.')) return undefined;
    for (const fault of bindingOf(name, text).faults) unbound.add(`${name}: ${fault}`);
    return undefined;
  };
  const database = new Database(dataSource, { onStatement });
  const attributeKeys = new AttributeKeys();
  const frequencies = new Frequencies();
  const projectId = await createProject(database, 'main');
  return {
    database,
    dataSource,
    projectId,
    statements,
    context: (instant = new Date()) => ({ database, attributeKeys, frequencies, projectId, instant, actor: 'a test' }),
    rows: (statement) => database.rows('test.rows', statement),
    async stop() {
      await dataSource.destroy();
      await testDatabase.drop();
      expect([...unbound]).toEqual([]);
    },
  };
}

/** A project with its default cohort. */
export async function createProject(database: Database, slug: string): Promise<string> {
  const now = new Date();
  const [project] = await database.rows<{ id: string }>(
    'test.createProject',
    sql`with made as (insert into project (slug, name, created_at) values (${slug}, ${slug}, ${now}) returning id),
        cohort as (insert into cohort (project_id, name, slug, is_default, created_at, updated_at)
                   select id, 'default', 'default', true, ${now}, ${now} from made)
        select id::text from made`,
  );
  return project!.id;
}
