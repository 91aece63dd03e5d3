import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, parseConfig, type SettingName, SETTINGS } from '../../src/config.js';

const DEFAULTS: Record<SettingName, unknown> = {
  PORT: 4000,
  HOST: '127.0.0.1',
  WORKERS: 1,
  DATABASE_URL: undefined,
  DATABASE_POOL_SIZE: 10,
  DATABASE_PREPARED_STATEMENTS: undefined,
  DATA_DIR: '.fleetgraph',
  PG_BIN_DIR: undefined,
  FLEETGRAPH_ADMIN_KEY: undefined,
  FLEETGRAPH_DEMO: true,
  FLEETGRAPH_OPERATION_TIMEOUT_MS: 10_000,
  PUBLIC_URL: undefined,
  FLEETGRAPH_JWT_KEY_FILE: undefined,
  FLEETGRAPH_JWT_JWKS_FILE: undefined,
  FLEETGRAPH_JWT_JWKS_URL: undefined,
  FLEETGRAPH_JWT_ISSUER: undefined,
  FLEETGRAPH_JWT_AUDIENCE: undefined,
  FLEETGRAPH_JWT_PROJECT_CLAIM: 'project',
  FLEETGRAPH_JWT_ROLE_CLAIM: 'role',
  FLEETGRAPH_JWT_CLOCK_SKEW_SECONDS: 60,
  LOG_LEVEL: 'info',
  FLEETGRAPH_AUDIT_DAYS: 365,
  FLEETGRAPH_AUDIT_REPORTS: 'keys',
  FLEETGRAPH_PLANNED_EXECUTION: true,
  FLEETGRAPH_MAX_DEPTH: 15,
  FLEETGRAPH_MAX_ALIASES: 50,
  FLEETGRAPH_MAX_ROOT_FIELDS: 50,
  FLEETGRAPH_MAX_DIRECTIVES: 50,
  FLEETGRAPH_MAX_TOKENS: 30_000,
  FLEETGRAPH_MAX_COST: 500_000,
  FLEETGRAPH_MAX_PAGE_SIZE: 500,
  FLEETGRAPH_MAX_FILTER_TERMS: 100,
  FLEETGRAPH_MAX_BODY_BYTES: 4_194_304,
  FLEETGRAPH_REQUEST_TIMEOUT_MS: 60_000,
  FLEETGRAPH_RATE_POINTS_PER_SECOND: 200_000,
  FLEETGRAPH_RATE_BURST_POINTS: 2_000_000,
  FLEETGRAPH_MAX_CONCURRENT_OPERATIONS: 100,
  FLEETGRAPH_CORS_ORIGINS: undefined,
  FLEETGRAPH_TRUSTED_DOCUMENTS: undefined,
  OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: undefined,
};

/** Of each setting: a text that is not its default, and what becomes of it. A setting without a row does not compile. */
const GOOD: Record<SettingName, readonly (readonly [text: string, value: unknown])[]> = {
  PORT: [['0', 0], ['65535', 65_535]],
  HOST: [['0.0.0.0', '0.0.0.0']],
  WORKERS: [['2', 2], ['64', 64]],
  DATABASE_URL: [
    ['postgres://u:p@h:5432/n', 'postgres://u:p@h:5432/n'],
    ['postgresql://h/n?sslmode=require', 'postgresql://h/n?sslmode=require'],
  ],
  DATABASE_POOL_SIZE: [['2', 2], ['1000', 1_000]],
  DATABASE_PREPARED_STATEMENTS: [['true', true], ['false', false]],
  DATA_DIR: [['/var/lib/x', '/var/lib/x']],
  PG_BIN_DIR: [['/usr/lib/postgresql/15/bin', '/usr/lib/postgresql/15/bin']],
  FLEETGRAPH_ADMIN_KEY: [['k'.repeat(24), 'k'.repeat(24)]],
  FLEETGRAPH_DEMO: [['false', false]],
  FLEETGRAPH_OPERATION_TIMEOUT_MS: [['100', 100], ['3600000', 3_600_000]],
  PUBLIC_URL: [['https://fleet.example.org/x', 'https://fleet.example.org/x']],
  FLEETGRAPH_JWT_KEY_FILE: [['/etc/issuer.pem', '/etc/issuer.pem']],
  FLEETGRAPH_JWT_JWKS_FILE: [['/etc/jwks.json', '/etc/jwks.json']],
  FLEETGRAPH_JWT_JWKS_URL: [['https://id.example.org/jwks.json', 'https://id.example.org/jwks.json']],
  FLEETGRAPH_JWT_ISSUER: [['https://id.example.org/', 'https://id.example.org/']],
  FLEETGRAPH_JWT_AUDIENCE: [['fleetgraph', 'fleetgraph']],
  FLEETGRAPH_JWT_PROJECT_CLAIM: [['https://example.org/project', 'https://example.org/project']],
  FLEETGRAPH_JWT_ROLE_CLAIM: [['groups', 'groups']],
  FLEETGRAPH_JWT_CLOCK_SKEW_SECONDS: [['0', 0], ['600', 600]],
  LOG_LEVEL: [['debug', 'debug'], ['silent', 'silent']],
  FLEETGRAPH_AUDIT_DAYS: [['1', 1], ['36500', 36_500]],
  FLEETGRAPH_AUDIT_REPORTS: [['none', 'none'], ['all', 'all']],
  FLEETGRAPH_PLANNED_EXECUTION: [['false', false]],
  FLEETGRAPH_MAX_DEPTH: [['1', 1]],
  FLEETGRAPH_MAX_ALIASES: [['0', 0]],
  FLEETGRAPH_MAX_ROOT_FIELDS: [['1', 1]],
  FLEETGRAPH_MAX_DIRECTIVES: [['0', 0]],
  FLEETGRAPH_MAX_TOKENS: [['100', 100]],
  FLEETGRAPH_MAX_COST: [['1000000000', 1_000_000_000]],
  FLEETGRAPH_MAX_PAGE_SIZE: [['50', 50]],
  FLEETGRAPH_MAX_FILTER_TERMS: [['1', 1]],
  FLEETGRAPH_MAX_BODY_BYTES: [['1024', 1_024]],
  FLEETGRAPH_REQUEST_TIMEOUT_MS: [['100', 100]],
  FLEETGRAPH_RATE_POINTS_PER_SECOND: [['0', 0]],
  FLEETGRAPH_RATE_BURST_POINTS: [['1', 1]],
  FLEETGRAPH_MAX_CONCURRENT_OPERATIONS: [['0', 0]],
  FLEETGRAPH_CORS_ORIGINS: [
    ['*', ['*']],
    ['https://a.example, http://localhost:3000', ['https://a.example', 'http://localhost:3000']],
  ],
  FLEETGRAPH_TRUSTED_DOCUMENTS: [['/etc/documents.json', '/etc/documents.json']],
  OTEL_EXPORTER_OTLP_ENDPOINT: [['http://localhost:4318', 'http://localhost:4318']],
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: [['https://otel.example.org/traces', 'https://otel.example.org/traces']],
}; // prettier-ignore

const BAD: Record<SettingName, readonly string[]> = {
  PORT: ['65536', '-1', '80a', ' 80', '1e3', '0x50', '4000.5', 'NaN'],
  HOST: [],
  DATABASE_URL: ['mysql://secret@h', 'secret', 'http://secret'],
  DATABASE_POOL_SIZE: ['1', '1001', 'many'],
  WORKERS: ['0', '65', 'auto'],
  DATABASE_PREPARED_STATEMENTS: ['yes', '1'],
  DATA_DIR: [],
  PG_BIN_DIR: [],
  FLEETGRAPH_ADMIN_KEY: ['s3cret', 'secret '.repeat(4), 'secret'.repeat(50), `secret${'ä'.repeat(24)}`],
  FLEETGRAPH_DEMO: ['no', 'FALSE', '0'],
  FLEETGRAPH_OPERATION_TIMEOUT_MS: ['99', '3600001', '10s', '0'],
  PUBLIC_URL: ['ftp://secret', 'fleet.example.org'],
  FLEETGRAPH_JWT_KEY_FILE: [],
  FLEETGRAPH_JWT_JWKS_FILE: [],
  FLEETGRAPH_JWT_JWKS_URL: ['ftp://id.example.org/jwks.json', 'jwks.json'],
  FLEETGRAPH_JWT_ISSUER: [],
  FLEETGRAPH_JWT_AUDIENCE: [],
  FLEETGRAPH_JWT_PROJECT_CLAIM: [],
  FLEETGRAPH_JWT_ROLE_CLAIM: [],
  FLEETGRAPH_JWT_CLOCK_SKEW_SECONDS: ['601', '-1', '1m'],
  LOG_LEVEL: ['verbose', 'constructor', 'INFO'],
  FLEETGRAPH_AUDIT_DAYS: ['0', '36501', 'ever'],
  FLEETGRAPH_AUDIT_REPORTS: ['true', 'KEYS', '1'],
  FLEETGRAPH_PLANNED_EXECUTION: ['no', 'FALSE', '0'],
  FLEETGRAPH_MAX_DEPTH: ['0', '101'],
  FLEETGRAPH_MAX_ALIASES: ['-1', '2001'],
  FLEETGRAPH_MAX_ROOT_FIELDS: ['0', '2001'],
  FLEETGRAPH_MAX_DIRECTIVES: ['2001', 'few'],
  FLEETGRAPH_MAX_TOKENS: ['99', '100001'],
  FLEETGRAPH_MAX_COST: ['99', '1e6'],
  FLEETGRAPH_MAX_PAGE_SIZE: ['49', '501'],
  FLEETGRAPH_MAX_FILTER_TERMS: ['0', '101'],
  FLEETGRAPH_MAX_BODY_BYTES: ['1023', '4194305', '4MB'],
  FLEETGRAPH_REQUEST_TIMEOUT_MS: ['99', '600001'],
  FLEETGRAPH_RATE_POINTS_PER_SECOND: ['-1', '1.5'],
  FLEETGRAPH_RATE_BURST_POINTS: ['0'],
  FLEETGRAPH_MAX_CONCURRENT_OPERATIONS: ['1000001'],
  FLEETGRAPH_CORS_ORIGINS: ['a.example', 'https://a.example/', 'https://a.example/x', '*,https://a.example', 'null'],
  FLEETGRAPH_TRUSTED_DOCUMENTS: [],
  OTEL_EXPORTER_OTLP_ENDPOINT: ['localhost:4318', 'grpc://otel:4317'],
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ['ftp://secret', '/v1/traces'],
};

const names = Object.keys(SETTINGS) as SettingName[];

test('an empty environment gives the defaults, and nothing else', () => {
  expect(parseConfig({})).toEqual(DEFAULTS);
  expect(Object.isFrozen(parseConfig({}))).toBe(true);
});

test('a setting that is set to nothing counts as not set', () => {
  expect(parseConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(DEFAULTS);
});

describe.each(names)('%s', (name) => {
  test('reaches its own field and no other', () => {
    expect(GOOD[name].length).toBeGreaterThan(0);
    for (const [text, value] of GOOD[name]) {
      expect(value).not.toEqual(DEFAULTS[name]);
      expect(parseConfig({ [name]: text })).toEqual({ ...DEFAULTS, [name]: value });
    }
  });

  test('refuses what is none, by its name', () => {
    for (const text of BAD[name]) {
      const fault = expect.stringMatching(`^${name}: .+`) as string;
      expect(() => parseConfig({ [name]: text })).toThrow(expect.objectContaining({ faults: [fault] }));
    }
  });

  test('is described', () => {
    expect(SETTINGS[name].summary).toMatch(/\.$/);
    expect(SETTINGS[name].fallback).not.toBe('');
  });
});

test('settings that may hold a secret are not repeated in the message', () => {
  for (const name of ['DATABASE_URL', 'FLEETGRAPH_ADMIN_KEY', 'PUBLIC_URL'] as const) {
    for (const text of BAD[name]) expect(() => parseConfig({ [name]: text })).not.toThrow(/s3cret|secret/);
  }
});

test('all faults are told at once', () => {
  const env = { PORT: 'x', LOG_LEVEL: 'x', FLEETGRAPH_DEMO: 'x', FLEETGRAPH_DEMMO: 'false', OTHER: 'x' };
  const fault = (() => {
    try {
      return parseConfig(env);
    } catch (error) {
      return error;
    }
  })();
  expect(fault).toBeInstanceOf(ConfigError);
  expect((fault as ConfigError).faults.map((one) => one.split(':')[0])).toEqual([
    'PORT',
    'FLEETGRAPH_DEMO',
    'LOG_LEVEL',
    'FLEETGRAPH_DEMMO',
  ]);
  for (const one of (fault as ConfigError).faults) expect((fault as ConfigError).message).toContain(one);
});

test('a name of ours that is misspelt is a fault, those of the command-line tool and of others are not', () => {
  expect(() => parseConfig({ FLEETGRAPH_ADMINKEY: 'x' })).toThrow('FLEETGRAPH_ADMINKEY: there is no such setting');
  expect(() => parseConfig({ FLEETGRAPH_constructor: 'x' })).toThrow(ConfigError);
  expect(parseConfig({ FLEETGRAPH_URL: 'x', FLEETGRAPH_API_KEY: 'x', PORTS: 'x' })).toEqual(DEFAULTS);
});

test('.env.example names every setting with its default', () => {
  const path = join(__dirname, '../../.env.example');
  expect(existsSync(path)).toBe(true);
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const example = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  expect(Object.keys(example)).toEqual(names);
  expect(parseConfig(example)).toEqual(DEFAULTS);
});
