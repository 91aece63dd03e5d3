/** The same rows that reports become, made beforehand and loaded by COPY into the same indexed tables. */
import type { Client } from 'pg';
import { FLEET_ATTRIBUTES } from '../search/fleet-attributes.js';
import { copyLine, copyRows } from './copy-rows.js';
import type { Report } from './reports.js';

type Rows = Readonly<Record<string, string>>;

const COLUMNS: Readonly<Record<string, string>> = {
  device:
    'project_id, id, uuid, device_serial, test_mode, state, last_seen, cohort_id, registered_by, created_at, updated_at, attributes_updated_at',
  device_document: 'project_id, device_id, attributes',
  posting_text: 'project_id, device_id, key_id, value',
  posting_number: 'project_id, device_id, key_id, value',
  posting_boolean: 'project_id, device_id, key_id, value',
  device_count: 'project_id, kind, owner_id, delta',
};

/** Rows of one batch in COPY's format, by table. */
export function toCopy(reports: readonly Report[], ids: readonly string[]): Rows {
  const rows: Record<string, string> = Object.fromEntries(Object.keys(COLUMNS).map((table) => [table, '']));
  const now = new Date();
  reports.forEach(({ deviceSerial, lastSeen, attributes }, index) => {
    const id = ids[index];
    const document: Record<string, unknown> = {};
    for (const { name, scope, value } of attributes) {
      const isText = typeof value === 'string' || (Array.isArray(value) && typeof value[0] === 'string');
      const key = FLEET_ATTRIBUTES.find(
        (one) =>
          one.name === name &&
          one.scope === scope &&
          (typeof value === 'boolean') === (one.type === 'BOOLEAN') &&
          isText === one.type.startsWith('STRING'),
      );
      if (key === undefined) throw new Error(`the fleet has no such key as ${scope} ${name}`);
      document[key.id] = [value, now.getTime()];
      const table = isText ? 'posting_text' : typeof value === 'boolean' ? 'posting_boolean' : 'posting_number';
      const elements = new Set<string | number | boolean>(typeof value === 'object' ? value : [value]);
      for (const element of elements) rows[table] += copyLine([1, id, key.id, element]);
    }
    rows['device'] += copyLine([
      1, id, crypto.randomUUID(), deviceSerial, false, 'ACTIVE', lastSeen, 1, 'bench', now, now, now,
    ]); // prettier-ignore
    rows['device_document'] += copyLine([1, id, JSON.stringify(document)]);
  });
  rows['device_count'] = copyLine([1, 'COHORT', 1, reports.length]);
  return rows;
}

/** One transaction. */
export async function loadByCopy(client: Client, rows: Rows): Promise<void> {
  await client.query('begin');
  for (const [table, columns] of Object.entries(COLUMNS)) await copyRows(client, `${table} (${columns})`, rows[table]!);
  await client.query('commit');
}
