import { getMetadataArgsStorage } from 'typeorm';
import { commaSeparated, identifier, sql, type SqlFragment } from './sql.js';

type EntityClass<Row> = new () => Row;

interface Column {
  readonly property: SqlFragment;
  readonly name: SqlFragment;
}

const columnsByEntity = new Map<EntityClass<unknown>, readonly Column[]>();

function columnsOf(entity: EntityClass<unknown>): readonly Column[] {
  const known = columnsByEntity.get(entity);
  if (known !== undefined) return known;
  const columns = getMetadataArgsStorage()
    .filterColumns(entity)
    .map(({ propertyName, options }) => ({
      property: identifier(propertyName),
      name: identifier(options.name ?? propertyName),
    }));
  if (columns.length === 0) throw new Error(`${entity.name} has no columns`);
  columnsByEntity.set(entity, columns);
  return columns;
}

/**
 * Select list of an entity's columns under the entity's property names, so that rows come out in the names of the
 * API without being copied into class instances (which cost as much again as the query: docs/benchmarks.md).
 */
export function selectList(entity: EntityClass<unknown>, alias: string): SqlFragment {
  const table = identifier(alias);
  return commaSeparated(columnsOf(entity).map(({ property, name }) => sql`${table}.${name} as ${property}`));
}
