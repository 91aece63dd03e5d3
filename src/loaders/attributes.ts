import DataLoader from 'dataloader';
import { type DocumentAttributes, NO_ATTRIBUTES, readDocuments } from '../attributes/documents.js';
import type { StoredAttributes } from '../database/entities/device-document.entity.js';
import { sql } from '../database/sql.js';
import type { SearchContext } from '../search/search.js';

/** Attributes of devices that were read without them. */
export function createAttributesLoader({
  database,
  attributeKeys,
  projectId,
}: SearchContext): DataLoader<string, DocumentAttributes> {
  return new DataLoader(async (deviceIds) => {
    // Not a look-up: documents of many devices take a while.
    const rows = await database.rows<{ deviceId: string; attributes: StoredAttributes }>(
      'loaders.documents',
      sql`select device_id as "deviceId", attributes from device_document
          where project_id = ${projectId} and device_id = any(${deviceIds}::bigint[])`,
    );
    const attributesOf = await readDocuments(
      rows.map(({ attributes }) => attributes),
      (ids) => attributeKeys.byIds(database, projectId, ids),
    );
    const byDevice = new Map(rows.map(({ deviceId }, index) => [deviceId, attributesOf[index]]));
    return deviceIds.map((id) => byDevice.get(id) ?? NO_ATTRIBUTES);
  });
}
