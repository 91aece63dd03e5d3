import { integerLiteral, sql, type SqlFragment } from '../database/sql.js';
import { INDEXED_CHARACTERS } from './long-text.js';

/**
 * What stands in FROM for documents of devices, as rows `new` (device_id, attributes). They come as one text, that of an
 * array in the order of the devices: one text of all is read twice as fast as many.
 */
export function documentRows(deviceIds: readonly string[], documents: string): SqlFragment {
  if (deviceIds.length === 1) {
    return sql`(select ${deviceIds[0]}::bigint as device_id, ${documents}::jsonb -> 0 as attributes) as new`;
  }
  return sql`rows from (unnest(${deviceIds}::bigint[]), jsonb_array_elements(${documents}::jsonb)) as new(device_id, attributes)`;
}

/**
 * Common table expressions that insert the documents of new devices, and the postings that follow from them. The database
 * takes these out of the documents: to send them as well would take as long as to insert them.
 */
export function insertDocuments(projectId: string, deviceIds: readonly string[], documents: string): SqlFragment[] {
  if (deviceIds.length === 0) return [];
  return [
    sql`new_document as materialized (select new.* from ${documentRows(deviceIds, documents)})`,
    sql`inserted_document as (
      insert into device_document (project_id, device_id, attributes)
      select ${projectId}::integer, n.device_id, n.attributes from new_document n)`,
    sql`new_value as materialized (
      select n.device_id, a.key::integer as key_id, a.value -> 0 as value, jsonb_typeof(a.value -> 0) as type
      from new_document n cross join lateral jsonb_each(n.attributes) a)`,
    // An empty array is there by a posting that says so.
    sql`new_element as materialized (
      select v.device_id, v.key_id, v.value, v.type from new_value v where v.type <> 'array'
      union all
      select distinct v.device_id, v.key_id, e.one, jsonb_typeof(e.one)
      from new_value v cross join lateral jsonb_array_elements(
        case jsonb_array_length(v.value) when 0 then '[true]' else v.value end) as e(one)
      where v.type = 'array')`,
    sql`new_text as (
      insert into posting_text (project_id, key_id, device_id, value, rest)
      select ${projectId}::integer, e.key_id, e.device_id, left(e.text, ${LENGTH}), nullif(substr(e.text, ${LENGTH} + 1), '')
      from (select e.key_id, e.device_id, e.value #>> '{}' as text from new_element e where e.type = 'string') e)`,
    sql`new_number as (
      insert into posting_number (project_id, key_id, device_id, value)
      select ${projectId}::integer, e.key_id, e.device_id, (e.value #>> '{}')::double precision
      from new_element e where e.type = 'number')`,
    sql`new_boolean as (
      insert into posting_boolean (project_id, key_id, device_id, value)
      select ${projectId}::integer, e.key_id, e.device_id, e.value::boolean from new_element e where e.type = 'boolean')`,
  ];
}

const LENGTH = integerLiteral(INDEXED_CHARACTERS);
