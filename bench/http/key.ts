import type { DataSource } from 'typeorm';
import { createApiKey } from '../../src/auth/api-keys.js';
import { Database } from '../../src/database/query.js';
import { PROJECT } from './queries.js';

const DAY_MS = 86_400_000;

/** A key of role WRITER for a day; an earlier one of this name is deleted. */
export async function createKey(dataSource: DataSource, name: string): Promise<string> {
  await dataSource.query(`delete from api_key where name = $1`, [name]);
  const now = new Date();
  const { secret } = await createApiKey(
    { database: new Database(dataSource), projectId: String(PROJECT) },
    { name, role: 'WRITER', expiresAt: new Date(now.getTime() + DAY_MS) },
    now,
  );
  return secret;
}
