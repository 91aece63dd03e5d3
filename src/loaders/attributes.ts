import DataLoader from 'dataloader';
import { type AttributeRow, toAttributeRows } from '../attributes/documents.js';
import type { StoredAttributes } from '../database/entities/device-document.entity.js';
import { sql } from '../database/sql.js';
import type { SearchContext } from '../search/search.js';

export function createAttributesLoader({
  database,
  attributeKeys,
  projectId,
}: SearchContext): DataLoader<string, readonly AttributeRow[]> {
  return new DataLoader(async (deviceIds) => {
    const rows = await database.rows<{ deviceId: string; attributes: StoredAttributes }>(
      'loaders.documents',
      sql`select device_id as "deviceId", attributes from device_document
          where project_id = ${projectId} and device_id = any(${deviceIds}::bigint[])`,
    );
    const keyIds = new Set(rows.flatMap(({ attributes }) => Object.keys(attributes)));
    const keysById = await attributeKeys.byIds(database, projectId, keyIds);
    const byDevice = new Map(rows.map((row) => [row.deviceId, row.attributes]));
    return deviceIds.map((id) => toAttributeRows(byDevice.get(id) ?? {}, keysById));
  });
}
