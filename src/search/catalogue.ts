/** The catalogue of attributes: every name, scope and source that a device of the project has a value under now. */
import { POSTING_KIND_OF, POSTING_KINDS, POSTING_TABLES } from '../attributes/postings.js';
import type { StoredType } from '../attributes/keys.js';
import type { Database } from '../database/query.js';
import { allOf, anyOf, commaSeparated, identifier, integerLiteral, sql, type SqlFragment } from '../database/sql.js';
import { ATTRIBUTE_TYPES, type AttributeScope, type AttributeType } from '../model/attribute-value.js';
import { LIMITS } from '../model/limits.js';
import { parseText } from '../model/text.js';
import { compileTextTest } from './compile-tests.js';
import { digestOf, formatCursor, parseCursor } from './cursor.js';
import { EVERYTHING } from './filter.js';
import { compileAfter, compileColumn } from './order.js';
import { type Page, type PageRequest, toPage } from './page.js';

/** A name as one scope and source reports it. */
export interface CatalogueEntry {
  readonly name: string;
  readonly scope: AttributeScope;
  readonly source: string;
  /** Of its present values. */
  readonly types: readonly AttributeType[];
  /** Under which its values are stored, one for each type. */
  readonly keys: readonly CatalogueKey[];
}

export interface CatalogueKey {
  readonly id: number;
  readonly type: StoredType;
}

export interface CatalogueSearch {
  /** Taken literally; letter case does not count. */
  readonly nameContains?: string;
  readonly scope?: AttributeScope;
}

interface CatalogueContext {
  readonly database: Database;
  readonly projectId: string;
}

/** Null is as good as absent: any. Throws BAD_USER_INPUT with the path. */
export function parseCatalogueSearch(
  nameContains: string | null | undefined,
  scope: AttributeScope | null | undefined,
): CatalogueSearch {
  return {
    ...(nameContains !== null &&
      nameContains !== undefined && { nameContains: parseText(nameContains, 'nameContains') }),
    ...(scope !== null && scope !== undefined && { scope }),
  };
}

/** In this order the unique key of the table has them; scopes are in order of their names. */
const COLUMNS = ['name', 'scope', 'source'] as const;

/** One page of the catalogue, ordered by name, then scope, then source. */
export async function pageOfCatalogue(
  context: CatalogueContext,
  search: CatalogueSearch,
  page: PageRequest,
): Promise<Page<CatalogueEntry>> {
  const { database, projectId } = context;
  const digest = digestOf({ filter: EVERYTHING, list: 'AttributeKey', ...search, projectId });
  const inSense = (descending: boolean) =>
    COLUMNS.map((name) =>
      compileColumn(
        { column: sql`k.${identifier(name)}`, type: 'text', nullable: false },
        { descending, nullsFirst: false },
      ),
    );
  const order = inSense(page.backward);
  const position = (cursor: string, field: string) => {
    const { values } = parseCursor(cursor, digest, order.length, field);
    return order.map((key, index) => key.parse(values[index], field));
  };
  const rows = await database.rows<Omit<CatalogueEntry, 'types'>>(
    'search.catalogue',
    sql`select k.name, k.scope, k.source, json_agg(json_build_object('id', k.id, 'type', k.type)) as keys
        from attribute_key k
        where ${allOf([
          compileCatalogue(context, search),
          ...(page.after === undefined ? [] : [compileAfter(inSense(false), position(page.after, 'after'))]),
          ...(page.before === undefined ? [] : [compileAfter(inSense(true), position(page.before, 'before'))]),
        ])}
        group by k.name, k.scope, k.source
        order by ${commaSeparated(order.flatMap((key) => key.orderBy))} limit ${integerLiteral(page.size + 1)}`,
    { timeoutMs: LIMITS.searchTimeoutMs },
  );
  const entries = rows.map((row): CatalogueEntry => ({ ...row, types: typesOf(row.keys) }));
  return toPage(entries, page, ({ name, scope, source }) => formatCursor(digest, 0, [name, scope, source]));
}

/** Number of entries on all pages together. */
export async function countCatalogue(context: CatalogueContext, search: CatalogueSearch): Promise<number> {
  const [row] = await context.database.rows<{ count: number }>(
    'search.countCatalogue',
    sql`select count(*)::integer as count from (
          select 1 from attribute_key k where ${compileCatalogue(context, search)}
          group by k.name, k.scope, k.source) entry`,
    { timeoutMs: LIMITS.searchTimeoutMs },
  );
  return row?.count ?? 0;
}

/** A condition on `k`, a row of attribute_key. */
function compileCatalogue({ projectId }: CatalogueContext, { nameContains, scope }: CatalogueSearch): SqlFragment {
  return allOf([
    sql`k.project_id = ${projectId}`,
    ...(scope === undefined ? [] : [sql`k.scope = ${scope}`]),
    ...(nameContains === undefined
      ? []
      : [compileTextTest({ value: sql`k.name` }, { operator: 'contains', value: nameContains }, true)]),
    anyOf(
      POSTING_KINDS.map((kind) => {
        const types = STORED_TYPES.filter((type) => POSTING_KIND_OF[type] === kind);
        return sql`(k.type = any(${types}::text[]) and ${hasPosting(POSTING_TABLES[kind], projectId)})`;
      }),
    ),
  ]);
}

const STORED_TYPES = Object.keys(POSTING_KIND_OF) as StoredType[];

/**
 * Whether there is a posting under the key `k`. Asked for the first in order of the index, because the planner would
 * otherwise read the table until it comes upon one, which for a rare key is nearly all of it.
 */
function hasPosting(table: SqlFragment, projectId: string): SqlFragment {
  return sql`(select true from ${table} p where p.project_id = ${projectId} and p.key_id = k.id
              order by p.value, p.device_id limit 1)`;
}

function typesOf(keys: readonly CatalogueKey[]): AttributeType[] {
  const types = new Set(keys.map(({ type }) => (type === 'EMPTY_ARRAY' ? 'STRING_ARRAY' : type)));
  return ATTRIBUTE_TYPES.filter((type) => types.has(type));
}
