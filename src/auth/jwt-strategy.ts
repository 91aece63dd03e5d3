import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Executor } from '../database/query.js';
import { sql } from '../database/sql.js';
import { AppError } from '../errors.js';
import { ROLES, type Viewer } from '../model/viewer.js';
import type { AuthenticationStrategy } from './authenticate.js';
import { JWT_ALGORITHMS, type JwtKeys, type JwtSettings } from './jwt-settings.js';

/** Header, claims and signature; a header always begins with `{"`. */
const FORM = /^ey[\w-]+\.[\w-]+\.[\w-]+$/;
/** Far above what issuers make; below it nothing costs much to read. */
const LONGEST_TOKEN = 8_192;
/** Below the 5 s within which callers are told that something is out of reach. */
const KEYS_TIMEOUT_MS = 3_000;
/** Between two requests for the keys because of a key id that is not among them: strangers choose those. */
const KEYS_COOLDOWN_MS = 30_000;
/** After which a key that the issuer took back is no longer trusted. */
const KEYS_MAX_AGE_MS = 600_000;

const LONGEST_NAME = 256;

interface JwtStrategyOptions {
  readonly database: Executor;
  readonly settings: JwtSettings;
}

/**
 * Tokens of an outside issuer, as Bearer. They must be signed by it for this audience, expire, and say in claims whom
 * they stand for (`sub`), the slug of the project and the role. Throws UNAVAILABLE if the issuer's keys cannot be had.
 */
export function createJwtStrategy({ database, settings }: JwtStrategyOptions): AuthenticationStrategy {
  const verify = createVerifier(settings.keys);
  const options = {
    issuer: settings.issuer,
    audience: settings.audience,
    clockTolerance: settings.clockSkewSeconds,
    requiredClaims: ['exp', 'sub'],
  };
  return async ({ scheme, secret }): Promise<Viewer | null> => {
    if (scheme !== 'bearer' || secret.length > LONGEST_TOKEN || !FORM.test(secret)) return null;
    const claims = await claimsOf(() => {
      // A stranger's token must not make us ask for keys.
      if (decodeJwt(secret).iss !== settings.issuer) throw new errors.JWTInvalid('another issuer');
      return verify(secret, options);
    });
    if (claims === null) return null;
    const slug = claimOf(claims, settings.projectClaim);
    const roleName = claimOf(claims, settings.roleClaim);
    const role = ROLES.find((one) => one === roleName);
    const { sub: name } = claims;
    if (typeof slug !== 'string' || role === undefined) return null;
    if (typeof name !== 'string' || name === '' || name.length > LONGEST_NAME) return null;
    // No slug has it, and Postgres takes it in no text.
    if (slug.includes('\0') || name.includes('\0')) return null;
    const [project] = await database.rows<{ id: string }>(
      'auth.projectOfToken',
      sql`select id::text from project where slug = ${slug}`,
    );
    return project === undefined ? null : { projectId: project.id, role, principalId: `subject:${name}`, name };
  };
}

type Verify = (token: string, options: object) => Promise<{ payload: JWTPayload }>;

/** Each way names the algorithms it takes, so that a token never chooses how its key is used. */
function createVerifier(keys: JwtKeys): Verify {
  switch (keys.kind) {
    case 'key':
      return (token, options) => jwtVerify(token, keys.key, { ...options, algorithms: [keys.algorithm] });
    case 'set': {
      const set = createLocalJWKSet(keys.set);
      return (token, options) => jwtVerify(token, set, { ...options, algorithms: [...JWT_ALGORITHMS] });
    }
    case 'address': {
      const set = createRemoteJWKSet(keys.address, {
        timeoutDuration: KEYS_TIMEOUT_MS,
        cooldownDuration: KEYS_COOLDOWN_MS,
        cacheMaxAge: KEYS_MAX_AGE_MS,
      });
      return (token, options) => jwtVerify(token, set, { ...options, algorithms: [...JWT_ALGORITHMS] });
    }
  }
}

/** What the library says of a token that is not valid. All else is about the keys. */
const REFUSALS = [
  errors.JWTInvalid,
  errors.JWTExpired,
  errors.JWTClaimValidationFailed,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

/** The claims of a valid token; null for one that is not. */
async function claimsOf(verify: () => Promise<{ payload: JWTPayload }>): Promise<JWTPayload | null> {
  try {
    return (await verify()).payload;
  } catch (fault) {
    if (REFUSALS.some((refusal) => fault instanceof refusal)) return null;
    throw new AppError('UNAVAILABLE', 'The keys of the token issuer cannot be read at the moment.', { cause: fault });
  }
}

/** A claim by its exact name: issuers choose names such as `https://example.org/role`. */
function claimOf(claims: JWTPayload, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}
