import { selectList } from '../database/columns.js';
import { ApiKeyEntity } from '../database/entities/api-key.entity.js';
import type { Executor } from '../database/query.js';
import { sql } from '../database/sql.js';
import { toGlobalId } from '../model/global-id.js';
import { ROLES } from '../model/viewer.js';
import type { AuthenticationStrategy } from './authenticate.js';
import { hashSecret, isSameHash } from './secrets.js';

/** lastUsedAt is for people who look for keys that nobody uses; a row written for each request would be too dear. */
const TOUCH_INTERVAL_MS = 60_000;

interface ApiKeyStrategyOptions {
  readonly database: Executor;
  /** Told when lastUsedAt could not be kept; the request is answered all the same. */
  readonly onTouchFault: (fault: unknown) => void;
}

/** Keys made by this API, which are looked up at each request so that a revoked one stops to work at once. */
export function createApiKeyStrategy({ database, onTouchFault }: ApiKeyStrategyOptions): AuthenticationStrategy {
  /** By key; there are few. A burst of requests that all read an old time must not queue up for one row. */
  const touchedAt = new Map<string, Date>();

  function touch({ projectId, id, lastUsedAt }: ApiKeyEntity, now: Date): void {
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

  return async ({ secret }) => {
    const hash = hashSecret(secret);
    const now = new Date();
    // The one statement without a project: which it is, the key tells. The newest counts if a secret was set twice.
    const candidates = await database.rows<ApiKeyEntity>(
      'auth.keysByHash',
      sql`select ${selectList(ApiKeyEntity, 'k')} from api_key k
          where k.secret_hash = ${hash} and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${now})
          order by k.id desc`,
    );
    const key = candidates.find(({ secretHash }) => isSameHash(secretHash, hash));
    const role = ROLES.find((one) => one === key?.role);
    if (key === undefined || role === undefined) return null;
    touch(key, now);
    return { projectId: String(key.projectId), role, principalId: toGlobalId('ApiKey', key.id), name: key.name };
  };
}
