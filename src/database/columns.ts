import { getMetadataArgsStorage } from 'typeorm';
import { commaSeparated, identifier, sql, type SqlFragment } from './sql.js';

type EntityClass<Row> = new () => Row;

const lists = new Map<EntityClass<unknown>, Map<string, SqlFragment>>();

/**
 * Select list of an entity's columns under the entity's property names, so that rows come out in the names of the
 * API without being copied into class instances (which cost as much again as the query: docs/benchmarks.md).
 */
export function selectList(entity: EntityClass<unknown>, alias: string): SqlFragment {
  const ofEntity = lists.get(entity) ?? new Map<string, SqlFragment>();
  lists.set(entity, ofEntity);
  const list = ofEntity.get(alias) ?? writeList(columnsOf(entity), identifier(alias));
  ofEntity.set(alias, list);
  return list;
}

interface JoinedColumns<Row> {
  readonly list: SqlFragment;
  /** The entity's own row, under its property names; null if none was joined. */
  read(row: Readonly<Record<string, unknown>>): Row | null;
}

/** The same for some columns of an entity that is joined to another one by its id: the names begin with the alias. */
export function joinedColumns<Row extends { readonly id: string }>(
  entity: EntityClass<Row>,
  alias: string,
  wanted: ReadonlySet<string>,
): JoinedColumns<Row> {
  const columns = columnsOf(entity)
    .filter(({ propertyName }) => propertyName === 'id' || wanted.has(propertyName))
    .map(({ propertyName, options }) => ({
      propertyName,
      name: `${alias}_${propertyName}`,
      column: identifier(options.name ?? propertyName),
    }));
  return {
    list: commaSeparated(columns.map(({ name, column }) => sql`${identifier(alias)}.${column} as ${identifier(name)}`)),
    read: (joined) => {
      const row: Record<string, unknown> = {};
      for (const { propertyName, name } of columns) row[propertyName] = joined[name];
      return row['id'] === null ? null : (row as Row);
    },
  };
}

/** Names of an entity's properties. */
export function propertiesOf(entity: EntityClass<unknown>): ReadonlySet<string> {
  return new Set(columnsOf(entity).map(({ propertyName }) => propertyName));
}

/** An entity's columns of a table, by property, with their types in the database. */
export function columnsOfTable(entity: EntityClass<unknown>, alias: string) {
  return columnsOf(entity).map(({ propertyName, options }) => ({
    property: propertyName,
    column: sql`${identifier(alias)}.${identifier(options.name ?? propertyName)}`,
    type: options.type,
  }));
}

/** Select list of some of an entity's columns, as `selectList`. */
export function selectSome(entity: EntityClass<unknown>, alias: string, wanted: ReadonlySet<string>): SqlFragment {
  return writeList(
    columnsOf(entity).filter(({ propertyName }) => wanted.has(propertyName)),
    identifier(alias),
  );
}

type Columns = ReturnType<typeof columnsOf>;

function columnsOf(entity: EntityClass<unknown>) {
  const columns = getMetadataArgsStorage().filterColumns(entity);
  if (columns.length === 0) throw new Error(`${entity.name} has no columns`);
  return columns;
}

function writeList(columns: Columns, table: SqlFragment): SqlFragment {
  return commaSeparated(
    columns.map(
      ({ propertyName, options }) =>
        sql`${table}.${identifier(options.name ?? propertyName)} as ${identifier(propertyName)}`,
    ),
  );
}
