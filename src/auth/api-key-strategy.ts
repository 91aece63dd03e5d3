import DataLoader from 'dataloader';
import type { ApiKeyEntity } from '../database/entities/api-key.entity.js';
import type { Executor, LookUps } from '../database/query.js';
import { sql } from '../database/sql.js';
import { toGlobalId } from '../model/global-id.js';
import { ROLES } from '../model/viewer.js';
import type { AuthenticationStrategy } from './authenticate.js';
import { hashSecret, isSameHash } from './secrets.js';

/** lastUsedAt is for people who look for keys that nobody uses; a row written for each request would be too dear. */
const TOUCH_INTERVAL_MS = 60_000;

type KeyRow = Pick<ApiKeyEntity, 'id' | 'projectId' | 'role' | 'name' | 'secretHash' | 'lastUsedAt'>;

interface ApiKeyStrategyOptions {
  readonly database: Executor & LookUps;
  /** Told when lastUsedAt could not be kept; the request is answered all the same. */
  readonly onTouchFault: (fault: unknown) => void;
}

/** Keys made by this API, which are looked up at each request so that a revoked one stops to work at once. */
export function createApiKeyStrategy({ database, onTouchFault }: ApiKeyStrategyOptions): AuthenticationStrategy {
  /** By key; there are few. A burst of requests that all read an old time must not queue up for one row. */
  const touchedAt = new Map<string, Date>();

  function touch({ projectId, id, lastUsedAt }: KeyRow, now: Date): void {
    const before = new Date(now.getTime() - TOUCH_INTERVAL_MS);
    if ([lastUsedAt, touchedAt.get(id)].some((last) => last && last > before)) return;
    touchedAt.set(id, now);
    database
      .rows(
        'auth.touchKey',
        sql`update api_key set last_used_at = ${now}
            where project_id = ${projectId} and id = ${id} and (last_used_at is null or last_used_at <= ${before})`,
      )
      .catch(onTouchFault);
  }

  const keys = createKeyLoader(database);
  return async ({ secret }) => {
    const key = await keys.load(hashSecret(secret));
    const role = ROLES.find((one) => one === key?.role);
    if (key === null || role === undefined) return null;
    touch(key, new Date());
    return { projectId: String(key.projectId), role, principalId: toGlobalId('ApiKey', key.id), name: key.name };
  };
}

/**
 * Valid keys by the hashes of their secrets. Requests that come in the same round of the event loop are looked up together:
 * most come with one and the same key. A look-up begins after its requests came, so that a revoked key stops to work at once.
 */
function createKeyLoader(database: LookUps): DataLoader<Buffer, KeyRow | null> {
  return new DataLoader(
    async (hashes) => {
      const different = hashes.filter((hash, index) => hashes.findIndex((other) => other.equals(hash)) === index);
      const [only] = different;
      const isOneOfThem =
        different.length === 1 ? sql`k.secret_hash = ${only}` : sql`k.secret_hash = any(${different}::bytea[])`;
      // The one statement without a project: which it is, the key tells. The newest counts if a secret was set twice.
      const rows = await database.lookUp<KeyRow>(
        'auth.keysByHash',
        sql`select k.id, k.project_id as "projectId", k.role, k.name, k.secret_hash as "secretHash",
                   k.last_used_at as "lastUsedAt"
            from api_key k
            where ${isOneOfThem} and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${new Date()})
            order by k.id desc`,
      );
      return hashes.map((hash) => rows.find(({ secretHash }) => isSameHash(secretHash, hash)) ?? null);
    },
    { cache: false, maxBatchSize: 100, batchScheduleFn: (dispatch) => setImmediate(dispatch) },
  );
}
