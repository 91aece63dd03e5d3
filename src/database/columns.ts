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
  const list = ofEntity.get(alias) ?? writeList(entity, identifier(alias));
  ofEntity.set(alias, list);
  return list;
}

interface PrefixedColumns<Row> {
  readonly list: SqlFragment;
  /** The entity's own row, under its property names. */
  read(row: Readonly<Record<string, unknown>>): Row;
}

/** The same for an entity that is joined to another one: the names begin with the alias. */
export function prefixedColumns<Row>(entity: EntityClass<Row>, alias: string): PrefixedColumns<Row> {
  const columns = columnsOf(entity).map(({ propertyName, options }) => ({
    propertyName,
    name: `${alias}_${propertyName}`,
    column: identifier(options.name ?? propertyName),
  }));
  return {
    list: commaSeparated(columns.map(({ name, column }) => sql`${identifier(alias)}.${column} as ${identifier(name)}`)),
    read: (row) => Object.fromEntries(columns.map(({ propertyName, name }) => [propertyName, row[name]])) as Row,
  };
}

function columnsOf(entity: EntityClass<unknown>) {
  const columns = getMetadataArgsStorage().filterColumns(entity);
  if (columns.length === 0) throw new Error(`${entity.name} has no columns`);
  return columns;
}

function writeList(entity: EntityClass<unknown>, table: SqlFragment): SqlFragment {
  return commaSeparated(
    columnsOf(entity).map(
      ({ propertyName, options }) =>
        sql`${table}.${identifier(options.name ?? propertyName)} as ${identifier(propertyName)}`,
    ),
  );
}
