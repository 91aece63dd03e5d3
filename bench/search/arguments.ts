import { parseArgs } from 'node:util';

export interface BenchArguments {
  readonly devices: number;
  readonly databaseUrl: string | undefined;
  readonly dataDir: string | undefined;
  readonly runs: number;
  readonly only: RegExp | undefined;
  readonly explain: boolean;
  readonly check: boolean;
  readonly random: boolean;
  /** How many random searches. */
  readonly searches: number;
}

/** Throws for an option that is not known or out of range. */
export function parseArguments(args: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      devices: { type: 'string', default: '100000' },
      'database-url': { type: 'string' },
      'data-dir': { type: 'string' },
      runs: { type: 'string', default: '21' },
      only: { type: 'string' },
      explain: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      random: { type: 'boolean', default: false },
      searches: { type: 'string', default: '500' },
    },
  });
  return {
    devices: wholeNumber(values.devices, 'devices'),
    databaseUrl: values['database-url'],
    dataDir: values['data-dir'],
    runs: wholeNumber(values.runs, 'runs'),
    only: values.only === undefined ? undefined : new RegExp(values.only),
    explain: values.explain,
    check: values.check,
    random: values.random,
    searches: wholeNumber(values.searches, 'searches'),
  };
}

function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name}: a whole number from 1, got ${text}`);
  return value;
}
