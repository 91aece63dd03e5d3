import { LOG_LEVELS, type LogLevel } from './logger.js';

/** All faults of the environment at once, so that a newcomer corrects them in one go. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`the environment has ${faults.length} fault(s):\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

interface Setting<T> {
  /** What it does, with unit and default; printed by --help and in docs/configuration.md. */
  readonly summary: string;
  /** As the documents show it. */
  readonly fallback: string;
  /** Text of the environment (undefined if unset or empty) to a value; throws an Error that says what would be right. */
  readonly parse: (text: string | undefined) => T;
}

function setting<T>(summary: string, fallback: string, parse: (text: string | undefined) => T): Setting<T> {
  return { summary, fallback, parse };
}

function integer(fallback: number, least: number, most: number) {
  return (text: string | undefined): number => {
    if (text === undefined) return fallback;
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new Error(`a whole number from ${least} to ${most}, got "${text}"`);
    }
    return value;
  };
}

function optional(text: string | undefined): string | undefined {
  return text;
}

function address(...protocols: string[]) {
  return (text: string | undefined): string | undefined => {
    if (text === undefined) return undefined;
    // The value may hold a password, so the message does not repeat it.
    const wanted = `an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`;
    if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol)) throw new Error(wanted);
    return text;
  };
}

/** Every setting of the server. The key is the name of the environment variable; nothing else is read. */
export const SETTINGS = {
  PORT: setting('TCP port to listen on; 0 takes a free one.', '4000', integer(4000, 0, 65_535)),
  HOST: setting(
    'Address to listen on. 0.0.0.0 accepts connections from other machines.',
    '127.0.0.1',
    (text) => text ?? '127.0.0.1',
  ),
  DATABASE_URL: setting(
    'A Postgres 15 or newer, as postgres://user:password@host:5432/name. Absent: the embedded Postgres.',
    'the embedded Postgres',
    address('postgres:', 'postgresql:'),
  ),
  DATABASE_POOL_SIZE: setting('Most connections to the database at once.', '10', integer(10, 2, 1000)),
  DATA_DIR: setting(
    'Folder of the embedded database and its admin key.',
    '.fleetgraph in the working folder',
    (text) => text ?? '.fleetgraph',
  ),
  PG_BIN_DIR: setting(
    'Folder with initdb and postgres: runs that Postgres as the embedded one.',
    'the npm package of this platform',
    optional,
  ),
  FLEETGRAPH_ADMIN_KEY: setting(
    'Makes this the admin key of the first project; at least 24 characters.',
    'a generated key, shown once',
    (text) => {
      if (text !== undefined && !/^[\x21-\x7e]{24,256}$/.test(text)) {
        throw new Error('24 to 256 printable ASCII characters without spaces');
      }
      return text;
    },
  ),
  FLEETGRAPH_DEMO: setting('`false` starts with an empty project instead of a demonstration fleet.', 'true', (text) => {
    if (text !== undefined && text !== 'true' && text !== 'false') throw new Error(`true or false, got "${text}"`);
    return text !== 'false';
  }),
  FLEETGRAPH_OPERATION_TIMEOUT_MS: setting(
    'Longest time of an operation in the database, in milliseconds. Over it: TIMEOUT. A bulk change has five minutes.',
    '10000',
    integer(10_000, 100, 3_600_000),
  ),
  PUBLIC_URL: setting(
    'Address by which clients reach the server, for links.',
    'the address listened on',
    address('http:', 'https:'),
  ),
  FLEETGRAPH_JWT_KEY_FILE: setting(
    'Trusts the outside token issuer whose public key this PEM file holds.',
    'no outside issuer',
    optional,
  ),
  FLEETGRAPH_JWT_JWKS_FILE: setting('The same by a file with a JWK set.', 'no outside issuer', optional),
  FLEETGRAPH_JWT_JWKS_URL: setting(
    'The same by the address of a JWK set, which is read when it is needed and at most 10 minutes old.',
    'no outside issuer',
    address('http:', 'https:'),
  ),
  FLEETGRAPH_JWT_ISSUER: setting('Claim `iss` of its tokens; needed beside a key.', 'none', optional),
  FLEETGRAPH_JWT_AUDIENCE: setting('Claim `aud` of its tokens for this server; needed beside a key.', 'none', optional),
  FLEETGRAPH_JWT_PROJECT_CLAIM: setting('Claim with the slug of the project.', 'project', (text) => text ?? 'project'),
  FLEETGRAPH_JWT_ROLE_CLAIM: setting('Claim with the role: READER, WRITER or ADMIN.', 'role', (text) => text ?? 'role'),
  FLEETGRAPH_JWT_CLOCK_SKEW_SECONDS: setting(
    'How many seconds the clock of the issuer may be off.',
    '60',
    integer(60, 0, 600),
  ),
  LOG_LEVEL: setting(`Least level of the JSON log on stderr: ${LOG_LEVELS.join(', ')}.`, 'info', (text): LogLevel => {
    const level = LOG_LEVELS.find((one) => one === (text ?? 'info'));
    if (level === undefined) throw new Error(`one of ${LOG_LEVELS.join(', ')}, got "${text}"`);
    return level;
  }),
  FLEETGRAPH_AUDIT_DAYS: setting('Days for which the audit log is kept, 1 to 36500.', '365', integer(365, 1, 36_500)),
  FLEETGRAPH_AUDIT_REPORTS: setting('`true` keeps what devices report in the audit log too.', 'false', (text) => {
    if (text !== undefined && text !== 'true' && text !== 'false') throw new Error(`true or false, got "${text}"`);
    return text === 'true';
  }),
} as const satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;

/** Settings under the names of their environment variables, so that no mapping by hand can swap two of them. */
export type Config = { readonly [Name in SettingName]: ReturnType<(typeof SETTINGS)[Name]['parse']> };

/** Names of the command-line tool and of the tests, which may be set in the same shell. */
const NOT_OF_THE_SERVER = /^FLEETGRAPH_(URL|API_KEY|TEST_\w+)$/;

/** Reads all settings from an environment. Throws one ConfigError that lists every fault; never exits. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { parse }] of Object.entries(SETTINGS)) {
    const text = env[name];
    try {
      values[name] = parse(text === undefined || text === '' ? undefined : text);
    } catch (fault) {
      faults.push(`${name}: ${fault instanceof Error ? fault.message : String(fault)}`);
    }
  }
  // A misspelt name of our own would silently leave the default in force.
  for (const name of Object.keys(env)) {
    if (name.startsWith('FLEETGRAPH_') && !Object.hasOwn(SETTINGS, name) && !NOT_OF_THE_SERVER.test(name)) {
      faults.push(`${name}: there is no such setting`);
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(values) as Config;
}
