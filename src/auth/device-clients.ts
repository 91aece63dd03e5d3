/** OAuth clients of devices, and the tokens issued to them. Both end with the device, and rest while it is disabled. */
import { randomBytes } from 'node:crypto';
import type { Executor, LookUps, Transaction } from '../database/query.js';
import { sql } from '../database/sql.js';
import { AppError } from '../errors.js';
import { toGlobalId } from '../model/global-id.js';
import { parseDeviceSerial } from '../model/names.js';
import type { Viewer } from '../model/viewer.js';
import type { AuthenticationStrategy } from './authenticate.js';
import { generateSecret, hashSecret, isSameHash } from './secrets.js';

export const DEVICE_TOKEN_LIFETIME_SECONDS = 3_600;

/** A device that keeps asking would fill the table; the oldest of its tokens goes. */
const TOKENS_PER_DEVICE = 10;

/** Both carry their project, so that looking them up is a statement of one project like all others. */
const CLIENT_ID = /^fgd_([1-9]\d{0,9})_[A-Za-z0-9_-]{22}$/;
const TOKEN = /^fgt_([1-9]\d{0,9})_[A-Za-z0-9_-]{43}$/;

/** A client whose secret was right and whose device is in service. */
export interface DeviceClient {
  readonly projectId: string;
  readonly deviceId: string;
  readonly clientId: string;
}

/** What the token endpoint asks for. */
export interface DeviceClients {
  /** Null for an unknown client, a wrong secret and a disabled device alike. */
  find(clientId: string, secret: string): Promise<DeviceClient | null>;
  /** Keeps a new token of the client. Null if the client was replaced, disabled or deleted meanwhile. */
  issueToken(client: DeviceClient): Promise<{ token: string; expiresAt: Date } | null>;
}

interface IssueContext {
  readonly database: Transaction;
  readonly projectId: string;
}

interface IssuedClient {
  readonly deviceId: string;
  readonly deviceSerial: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Of the client that it replaces. */
  readonly earlierClientId: string | null;
}

/**
 * Makes the credentials of a device. The secret is in this answer and nowhere else; credentials that the device had
 * stop working, and so do their tokens. Throws NOT_FOUND.
 */
export async function issueDeviceCredentials(
  { database, projectId }: IssueContext,
  input: { readonly deviceSerial: string },
  now: Date,
): Promise<IssuedClient> {
  const field = 'input.deviceSerial';
  const deviceSerial = parseDeviceSerial(input.deviceSerial, field);
  const clientId = `fgd_${projectId}_${randomBytes(16).toString('base64url')}`;
  const clientSecret = generateSecret();
  const [made] = await database.rows<{ deviceId: string; earlierClientId: string | null }>(
    'auth.putDeviceClient',
    sql`with earlier as (
          select c.client_id from device d
          join device_credential c on c.project_id = d.project_id and c.device_id = d.id
          where d.project_id = ${projectId} and c.project_id = ${projectId} and d.device_serial = ${deviceSerial})
        insert into device_credential (project_id, device_id, client_id, secret_hash, created_at)
        select d.project_id, d.id, ${clientId}, ${hashSecret(clientSecret)}::bytea, ${now}::timestamptz
        from device d where d.project_id = ${projectId} and d.device_serial = ${deviceSerial}
        on conflict (project_id, device_id) do update
        set client_id = excluded.client_id, secret_hash = excluded.secret_hash, created_at = excluded.created_at
        returning device_id::text as "deviceId", (select client_id from earlier) as "earlierClientId"`,
  );
  if (made === undefined) {
    throw new AppError('NOT_FOUND', `${field}: there is no device "${deviceSerial}"`, { field });
  }
  // They name their client, so they have ended already.
  database.send(
    'auth.dropDeviceTokens',
    sql`delete from device_token where project_id = ${projectId} and device_id = ${made.deviceId}`,
  );
  return { ...made, deviceSerial, clientId, clientSecret };
}

export function createDeviceClients(database: Executor): DeviceClients {
  return {
    async find(clientId, secret) {
      const projectId = projectOf(CLIENT_ID, clientId);
      if (projectId === null) return null;
      const [client] = await database.rows<{ deviceId: string; secretHash: Buffer }>(
        'auth.findDeviceClient',
        sql`select c.device_id::text as "deviceId", c.secret_hash as "secretHash"
            from device_credential c join device d on d.project_id = c.project_id and d.id = c.device_id
            where c.project_id = ${projectId} and d.project_id = ${projectId}
              and c.client_id = ${clientId} and d.state = 'ACTIVE'`,
      );
      if (client === undefined || !isSameHash(client.secretHash, hashSecret(secret))) return null;
      return { projectId, deviceId: client.deviceId, clientId };
    },

    async issueToken({ projectId, deviceId, clientId }) {
      const token = `fgt_${projectId}_${randomBytes(32).toString('base64url')}`;
      const now = new Date();
      const expiresAt = new Date(now.getTime() + DEVICE_TOKEN_LIFETIME_SECONDS * 1000);
      const kept = await database.rows(
        'auth.putDeviceToken',
        sql`insert into device_token (project_id, token_hash, device_id, client_id, expires_at)
            select c.project_id, ${hashSecret(token)}::bytea, c.device_id, c.client_id, ${expiresAt}::timestamptz
            from device_credential c join device d on d.project_id = c.project_id and d.id = c.device_id
            where c.project_id = ${projectId} and d.project_id = ${projectId}
              and c.device_id = ${deviceId} and c.client_id = ${clientId} and d.state = 'ACTIVE'
            returning 1`,
      );
      if (kept.length === 0) return null;
      await database.rows(
        'auth.dropOldDeviceTokens',
        sql`delete from device_token t where t.project_id = ${projectId} and t.device_id = ${deviceId}
            and (t.expires_at <= ${now} or t.token_hash in (
              select o.token_hash from device_token o where o.project_id = ${projectId} and o.device_id = ${deviceId}
              order by o.expires_at desc, o.token_hash offset ${TOKENS_PER_DEVICE}))`,
      );
      return { token, expiresAt };
    },
  };
}

/**
 * Tokens of devices. The device and its present client are looked up with the token at each request, so that disabling,
 * deleting and new credentials work at once.
 */
export function createDeviceTokenStrategy(database: LookUps): AuthenticationStrategy {
  return async ({ scheme, secret }): Promise<Viewer | null> => {
    const projectId = scheme === 'bearer' ? projectOf(TOKEN, secret) : null;
    if (projectId === null) return null;
    const hash = hashSecret(secret);
    const [found] = await database.lookUp<{ deviceId: string; name: string; tokenHash: Buffer }>(
      'auth.findDeviceToken',
      sql`select d.id::text as "deviceId", d.device_serial as name, t.token_hash as "tokenHash"
          from device_token t
          join device_credential c on c.project_id = t.project_id and c.device_id = t.device_id and c.client_id = t.client_id
          join device d on d.project_id = t.project_id and d.id = t.device_id
          where t.project_id = ${projectId} and c.project_id = ${projectId} and d.project_id = ${projectId}
            and t.token_hash = ${hash} and t.expires_at > ${new Date()} and d.state = 'ACTIVE'`,
    );
    if (found === undefined || !isSameHash(found.tokenHash, hash)) return null;
    const { deviceId, name } = found;
    return { projectId, role: 'DEVICE', principalId: toGlobalId('Device', deviceId), name, deviceId };
  };
}

/** Ids of projects are integers; a larger number would be a fault of the database. */
function projectOf(form: RegExp, text: string): string | null {
  const id = form.exec(text)?.[1];
  return id !== undefined && Number(id) <= 2_147_483_647 ? id : null;
}
