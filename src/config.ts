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

/** A limit of how much, with its number in the summary's own unit. */
function limit(summary: string, fallback: number, least: number, most: number): Setting<number> {
  return setting(summary, String(fallback), integer(fallback, least, most));
}

function boolean<Fallback>(fallback: Fallback) {
  return (text: string | undefined): boolean | Fallback => {
    if (text === undefined) return fallback;
    if (text !== 'true' && text !== 'false') throw new Error(`true or false, got "${text}"`);
    return text === 'true';
  };
}

/** Origins as browsers send them: scheme, host and port, without a path. */
function origins(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const list = text.split(',').map((one) => one.trim());
  for (const one of list) {
    if (one === '*' ? list.length > 1 : !URL.canParse(one) || new URL(one).origin !== one) {
      throw new Error(`origins such as https://fleet.example.com, separated by commas, or * alone, got "${one}"`);
    }
  }
  return list;
}

const AUDITED_REPORTS = ['none', 'keys', 'all'] as const;

/** Every setting of the server. The key is the name of the environment variable; we read nothing else. */
export const SETTINGS = {
  PORT: setting('TCP port to listen on; 0 takes a free one.', '4000', integer(4000, 0, 65_535)),
  HOST: setting(
    'Address to listen on. 0.0.0.0 accepts connections from other machines.',
    '127.0.0.1',
    (text) => text ?? '127.0.0.1',
  ),
  WORKERS: setting(
    'Processes that serve on the one port. Together they hold to the limits of rate and of concurrent operations.',
    '1',
    integer(1, 1, 64),
  ),
  DATABASE_URL: setting(
    'A Postgres 15 or newer, as postgres://user:password@host:5432/name. Absent: the embedded Postgres.',
    'the embedded Postgres',
    address('postgres:', 'postgresql:'),
  ),
  DATABASE_POOL_SIZE: setting('Most connections to the database at once, of each worker.', '10', integer(10, 2, 1000)),
  DATABASE_PREPARED_STATEMENTS: setting(
    '`true` prepares look-ups once for each connection. Not behind a pooler that shares connections among transactions.',
    'true for the embedded Postgres, else false',
    boolean(undefined),
  ),
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
  FLEETGRAPH_DEMO: setting(
    '`false` starts with an empty project instead of a demonstration fleet.',
    'true',
    boolean(true),
  ),
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
  FLEETGRAPH_AUDIT_REPORTS: setting(
    "Reports that the audit log keeps: `keys` those of people and scripts, `all` devices' own too, `none` neither.",
    'keys',
    (text) => {
      const reports = AUDITED_REPORTS.find((one) => one === (text ?? 'keys'));
      if (reports === undefined) throw new Error(`one of ${AUDITED_REPORTS.join(', ')}, got "${text}"`);
      return reports;
    },
  ),

  FLEETGRAPH_PLANNED_EXECUTION: setting(
    '`false` has graphql-js execute all operations. The answers are the same; large ones take longer.',
    'true',
    boolean(true),
  ),

  // Limits: docs/limits.md.
  FLEETGRAPH_MAX_DEPTH: limit('Most levels of fields in a document.', 15, 1, 100),
  FLEETGRAPH_MAX_ALIASES: limit('Most aliases in a document.', 50, 0, 2_000),
  FLEETGRAPH_MAX_ROOT_FIELDS: limit('Most queries or changes in one operation.', 50, 1, 2_000),
  FLEETGRAPH_MAX_DIRECTIVES: limit('Most directives in a document.', 50, 0, 2_000),
  FLEETGRAPH_MAX_TOKENS: limit('Most tokens of a document.', 30_000, 100, 100_000),
  FLEETGRAPH_MAX_COST: limit('Most points of one operation.', 500_000, 100, 1_000_000_000),
  FLEETGRAPH_MAX_PAGE_SIZE: limit('Largest `first` and `last`.', 500, 50, 500),
  FLEETGRAPH_MAX_FILTER_TERMS: limit('Most operators in one filter.', 100, 1, 100),
  FLEETGRAPH_MAX_BODY_BYTES: limit('Largest body of a request, in bytes.', 4_194_304, 1_024, 4_194_304),
  FLEETGRAPH_REQUEST_TIMEOUT_MS: limit('Time for a request to arrive whole, in ms.', 60_000, 100, 600_000),
  FLEETGRAPH_RATE_POINTS_PER_SECOND: limit(
    'Points that a credential may use in a second, on average; 0: no limit.',
    200_000,
    0,
    1_000_000_000,
  ),
  FLEETGRAPH_RATE_BURST_POINTS: limit('Points that a credential can save up.', 2_000_000, 1, 1_000_000_000),
  FLEETGRAPH_MAX_CONCURRENT_OPERATIONS: limit(
    'Most operations of a credential at once; 0: no limit.',
    100,
    0,
    1_000_000,
  ),
  FLEETGRAPH_CORS_ORIGINS: setting(
    'Origins whose pages may call from browsers, separated by commas; `*` for all.',
    'none',
    origins,
  ),
  FLEETGRAPH_TRUSTED_DOCUMENTS: setting(
    'JSON file of documents by id: only these are answered.',
    'any document is answered',
    optional,
  ),

  // Others of OpenTelemetry's names are read by its library: docs/operations.md.
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(
    'Base address of an OTLP/HTTP endpoint; traces go to `/v1/traces` there.',
    'no traces',
    address('http:', 'https:'),
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: setting(
    'The whole address for traces, instead of the base.',
    'by the base address',
    address('http:', 'https:'),
  ),
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
