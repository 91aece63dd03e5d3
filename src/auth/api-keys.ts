/** Keys of a project: made, listed and revoked. */
import { selectList } from '../database/columns.js';
import { ApiKeyEntity } from '../database/entities/api-key.entity.js';
import type { Database, Executor } from '../database/query.js';
import { sql } from '../database/sql.js';
import { AppError, badInput } from '../errors.js';
import { parseIdOfType } from '../model/global-id.js';
import { parseName } from '../model/names.js';
import { type Role, ROLES } from '../model/viewer.js';
import { generateSecret, hashSecret } from './secrets.js';

interface KeysContext {
  readonly database: Executor;
  readonly projectId: string;
}

interface NewApiKey {
  readonly name: string;
  readonly role: Role;
  /** Absent or null: never. */
  readonly expiresAt?: Date | null;
}

/** Makes a key. Its secret is in this answer and nowhere else. Throws with the path from `field` on. */
export async function createApiKey(
  { database, projectId }: KeysContext,
  input: NewApiKey,
  now: Date,
  field = 'input',
): Promise<{ apiKey: ApiKeyEntity; secret: string }> {
  const name = parseName(input.name, `${field}.name`);
  if (!ROLES.some((role) => role === input.role)) {
    throw badInput(
      `${field}.role`,
      `${ROLES.join(', ')}; credentials of a device are issued by issueDeviceCredentials`,
    );
  }
  const expiresAt = input.expiresAt ?? null;
  if (expiresAt !== null && expiresAt <= now) throw badInput(`${field}.expiresAt`, 'a time in the future');
  const secret = generateSecret();
  const [apiKey] = await database.rows<ApiKeyEntity>(
    'auth.createKey',
    sql`insert into api_key as k (project_id, name, role, secret_hash, created_at, expires_at)
        values (${projectId}, ${name}, ${input.role}, ${hashSecret(secret)}, ${now}, ${expiresAt})
        returning ${selectList(ApiKeyEntity, 'k')}`,
  );
  if (apiKey === undefined) throw new Error('an inserted key did not come back');
  return { apiKey, secret };
}

/** Revokes a key by its id as callers see it; one that is revoked already stays as it is. Throws NOT_FOUND. */
export async function revokeApiKey(
  { database, projectId }: KeysContext,
  globalId: string,
  now: Date,
  field = 'input.id',
): Promise<ApiKeyEntity> {
  const id = parseIdOfType('ApiKey', globalId, field);
  const [apiKey] =
    id === null
      ? []
      : await database.rows<ApiKeyEntity>(
          'auth.revokeKey',
          sql`update api_key k set revoked_at = coalesce(k.revoked_at, ${now})
              where k.project_id = ${projectId} and k.id = ${id} returning ${selectList(ApiKeyEntity, 'k')}`,
        );
  if (apiKey === undefined) throw new AppError('NOT_FOUND', `${field}: there is no such key`, { field });
  return apiKey;
}

/** All keys, revoked and expired ones too, newest first. */
export function listApiKeys({ database, projectId }: KeysContext): Promise<ApiKeyEntity[]> {
  return database.rows<ApiKeyEntity>(
    'auth.listKeys',
    sql`select ${selectList(ApiKeyEntity, 'k')} from api_key k
        where k.project_id = ${projectId} order by k.created_at desc, k.id desc`,
  );
}

/** Name of the key that the installation sets. */
const ADMIN_KEY_NAME = 'admin';

interface AdminKeyOptions {
  readonly database: Database;
  readonly projectId: string;
  readonly secret: string;
}

/**
 * Sees to it that this secret is the installation's ADMIN key, named `admin`. If it is new, it takes the place of the
 * ADMIN keys of that name, which are revoked: whoever changes the setting wants the old value to stop working. Nothing
 * happens if it is there already. Processes may start at once.
 */
export async function ensureAdminKey({ database, projectId, secret }: AdminKeyOptions): Promise<void> {
  const hash = hashSecret(secret);
  const now = new Date();
  await database.transaction('auth.ensureAdminKey', async (transaction) => {
    // One process at a time: no constraint says that there is one such key.
    await transaction.rows('auth.lockProject', sql`select 1 from project where id = ${projectId} for update`);
    const present = await transaction.rows(
      'auth.findAdminKey',
      sql`select 1 from api_key where project_id = ${projectId} and role = 'ADMIN' and secret_hash = ${hash}
          and revoked_at is null and (expires_at is null or expires_at > ${now})`,
    );
    if (present.length > 0) return;
    await transaction.rows(
      'auth.replaceAdminKey',
      sql`with revoked as (
            update api_key set revoked_at = ${now}
            where project_id = ${projectId} and role = 'ADMIN' and name = ${ADMIN_KEY_NAME} and revoked_at is null)
          insert into api_key (project_id, name, role, secret_hash, created_at)
          values (${projectId}, ${ADMIN_KEY_NAME}, 'ADMIN', ${hash}, ${now})`,
    );
  });
}

/** Whether the project has a valid ADMIN key, so that somebody can get in. */
export async function hasAdminKey({ database, projectId }: KeysContext): Promise<boolean> {
  const keys = await database.rows(
    'auth.hasAdminKey',
    sql`select 1 from api_key where project_id = ${projectId} and role = 'ADMIN' and revoked_at is null
        and (expires_at is null or expires_at > ${new Date()}) limit 1`,
  );
  return keys.length > 0;
}
