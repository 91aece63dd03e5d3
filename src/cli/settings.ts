import { usageError } from './exit-code.js';

interface CliSetting<T> {
  readonly summary: string;
  /** Text of the environment (undefined if unset or empty) to a value; throws an Error that says what would be right. */
  readonly parse: (text: string | undefined) => T;
}

const DEFAULT_URL = 'http://127.0.0.1:4000/graphql';

/** Every setting of the command-line tool. The key is the name of the environment variable. */
export const CLI_SETTINGS = {
  FLEETGRAPH_URL: {
    summary: `Address of the server's GraphQL endpoint. Default: ${DEFAULT_URL}.`,
    parse: (text = DEFAULT_URL): string => {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
        throw new Error(`an address that begins with http:// or https://, such as ${DEFAULT_URL}`);
      }
      // The value is not repeated: it holds a password.
      if (url.username !== '' || url.password !== '') {
        throw new Error('an address without user and password; the key belongs into FLEETGRAPH_API_KEY');
      }
      return url.href;
    },
  },
  FLEETGRAPH_API_KEY: {
    summary: 'Key of a role that may do what the command does: WRITER or ADMIN for an import.',
    parse: (text?: string): string | undefined => {
      if (text !== undefined && !/^[\x21-\x7e]+$/.test(text)) {
        throw new Error('a key has only printable ASCII characters and no spaces');
      }
      return text;
    },
  },
} as const satisfies Record<string, CliSetting<unknown>>;

type CliSettingName = keyof typeof CLI_SETTINGS;

/** Settings under the names of their environment variables. */
export type CliSettings = {
  readonly [Name in CliSettingName]: ReturnType<(typeof CLI_SETTINGS)[Name]['parse']>;
};

/** Reads the settings from an environment; throws one CliError that lists every fault. */
export function parseCliSettings(env: Readonly<Record<string, string | undefined>>): CliSettings {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { parse }] of Object.entries(CLI_SETTINGS)) {
    try {
      values[name] = parse(env[name] || undefined);
    } catch (fault) {
      faults.push(`${name}: ${fault instanceof Error ? fault.message : String(fault)}`);
    }
  }
  if (faults.length > 0) throw usageError(faults.join('\n'));
  return Object.freeze(values) as CliSettings;
}
