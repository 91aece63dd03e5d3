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

function writeList(entity: EntityClass<unknown>, table: SqlFragment): SqlFragment {
  const columns = getMetadataArgsStorage().filterColumns(entity);
  if (columns.length === 0) throw new Error(`${entity.name} has no columns`);
  return commaSeparated(
    columns.map(
      ({ propertyName, options }) =>
        sql`${table}.${identifier(options.name ?? propertyName)} as ${identifier(propertyName)}`,
    ),
  );
}
