import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const PREFIX = 'fg_';
const SECRET_BYTES = 32;

/** A new secret of a key: 256 random bits, behind a prefix by which scanners find leaked ones. */
export function generateSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64url');
}

/** What is stored of a secret. Secrets are random and long, so a fast hash without salt cannot be turned round. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Takes the same time wherever the hashes differ. */
export function isSameHash(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
