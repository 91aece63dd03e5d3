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
    const rows = await database.lookUp<{ deviceId: string; attributes: StoredAttributes }>(
      'loaders.documents',
      sql`select device_id as "deviceId", attributes from device_document
          where project_id = ${projectId} and device_id = any(${deviceIds}::bigint[])`,
    );
    const attributesOf = await toAttributeRows(
      rows.map(({ attributes }) => attributes),
      (ids) => attributeKeys.byIds(database, projectId, ids),
    );
    const byDevice = new Map(rows.map(({ deviceId }, index) => [deviceId, attributesOf[index]]));
    return deviceIds.map((id) => byDevice.get(id) ?? []);
  });
}

/** Gives the loader the attributes of devices whose documents were read with them. */
export async function primeAttributes(
  loader: ReturnType<typeof createAttributesLoader>,
  { database, attributeKeys, projectId }: Pick<SearchContext, 'database' | 'attributeKeys' | 'projectId'>,
  devices: readonly { readonly id: string; readonly document: StoredAttributes | null }[],
): Promise<void> {
  const attributesOf = await toAttributeRows(
    devices.map(({ document }) => document ?? {}),
    (ids) => attributeKeys.byIds(database, projectId, ids),
  );
  for (const [index, { id }] of devices.entries()) loader.prime(id, attributesOf[index]!);
}
