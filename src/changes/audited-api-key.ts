import type { AuditEntry } from './audit.js';

type Entry = Omit<AuditEntry, 'operation'>;

interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

export function createdApiKeyEntry({ id, name, role, expiresAt }: ApiKeyRow): Entry {
  return { kind: 'ApiKey', object: { id, name }, after: { values: { name, role, expiresAt } } };
}

/** Null for a key that was revoked before `now`: it keeps its time. */
export function revokedApiKeyEntry({ id, name, revokedAt }: ApiKeyRow, now: Date): Entry | null {
  if (revokedAt?.getTime() !== now.getTime()) return null;
  return {
    kind: 'ApiKey',
    object: { id, name },
    before: { values: { revokedAt: null } },
    after: { values: { revokedAt } },
  };
}
