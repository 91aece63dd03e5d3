import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { JSONWebKeySet } from 'jose';
import { type Config, ConfigError } from '../config.js';

/** Signatures that are taken, each for keys of its own kind. Never a shared secret, never none. */
export const JWT_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const;
type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** Where the issuer's keys come from. */
export type JwtKeys =
  | { readonly kind: 'key'; readonly key: KeyObject; readonly algorithm: JwtAlgorithm }
  | { readonly kind: 'set'; readonly set: JSONWebKeySet }
  | { readonly kind: 'address'; readonly address: URL };

/** Trust in one outside issuer of tokens. */
export interface JwtSettings {
  readonly keys: JwtKeys;
  readonly issuer: string;
  readonly audience: string;
  readonly projectClaim: string;
  readonly roleClaim: string;
  readonly clockSkewSeconds: number;
}

const SOURCES = ['FLEETGRAPH_JWT_KEY_FILE', 'FLEETGRAPH_JWT_JWKS_FILE', 'FLEETGRAPH_JWT_JWKS_URL'] as const;
const NAMES = ['FLEETGRAPH_JWT_ISSUER', 'FLEETGRAPH_JWT_AUDIENCE'] as const;

/**
 * What the settings say of an outside issuer; null if there is none. Reads the key file. Throws one ConfigError for
 * settings that do not go together and files that hold no fit key.
 */
export function readJwtSettings(config: Config): JwtSettings | null {
  const sources = SOURCES.filter((name) => config[name] !== undefined);
  const names = NAMES.filter((name) => config[name] !== undefined);
  const [source, another] = sources;
  const { FLEETGRAPH_JWT_ISSUER: issuer, FLEETGRAPH_JWT_AUDIENCE: audience } = config;
  if (source === undefined && names.length === 0) return null;
  if (source === undefined || another !== undefined) {
    throw new ConfigError([`${another ?? names[0]}: exactly one of ${SOURCES.join(', ')} says where the key is`]);
  }
  if (issuer === undefined || audience === undefined) {
    const missing = NAMES.filter((name) => config[name] === undefined);
    throw new ConfigError(missing.map((name) => `${name}: needed beside ${source}, since others use the same issuer`));
  }
  return {
    keys: readKeys(source, config[source]!),
    issuer,
    audience,
    projectClaim: config.FLEETGRAPH_JWT_PROJECT_CLAIM,
    roleClaim: config.FLEETGRAPH_JWT_ROLE_CLAIM,
    clockSkewSeconds: config.FLEETGRAPH_JWT_CLOCK_SKEW_SECONDS,
  };
}

function readKeys(name: (typeof SOURCES)[number], value: string): JwtKeys {
  if (name === 'FLEETGRAPH_JWT_JWKS_URL') return { kind: 'address', address: new URL(value) };
  try {
    const text = readFileSync(value, 'utf8');
    return name === 'FLEETGRAPH_JWT_KEY_FILE' ? parsePublicKey(text) : parseKeySet(text);
  } catch (fault) {
    // Never the content: somebody may have named the wrong file.
    const why = fault instanceof KeyFault ? fault.message : `cannot be read (${(fault as { code?: string }).code})`;
    throw new ConfigError([`${name}: ${value}: ${why}`]);
  }
}

class KeyFault extends Error {}

function parsePublicKey(text: string): JwtKeys {
  // Node would take the public half of a private key without a word, and the secret would lie about here for ever.
  if (text.includes('PRIVATE KEY'))
    throw new KeyFault('a private key; the issuer keeps it, and the public one goes here');
  let key: KeyObject;
  try {
    key = createPublicKey(text);
  } catch {
    throw new KeyFault('not a public key in PEM form');
  }
  const algorithm = algorithmOf(key);
  if (algorithm === null) {
    throw new KeyFault('an RSA key of at least 2,048 bits, an EC key on P-256 or an Ed25519 key is needed');
  }
  return { kind: 'key', key, algorithm };
}

/** The one algorithm that goes with a key; null if there is none among ours. */
function algorithmOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): JwtAlgorithm | null {
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048) return 'RS256';
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256';
  return type === 'ed25519' ? 'EdDSA' : null;
}

function parseKeySet(text: string): JwtKeys {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    throw new KeyFault('not JSON');
  }
  if (!isKeySet(set) || set.keys.length === 0) throw new KeyFault('not a key set: {"keys": [...]} with a key in it');
  if (set.keys.some((key) => 'd' in key || 'k' in key)) throw new KeyFault('holds a private or shared key');
  return { kind: 'set', set };
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  if (typeof value !== 'object' || value === null || !('keys' in value) || !Array.isArray(value.keys)) return false;
  return value.keys.every((key) => typeof key === 'object' && key !== null && 'kty' in key);
}
