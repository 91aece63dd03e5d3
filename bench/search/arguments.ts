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
  /** A file that the results of the workloads are written to. */
  readonly json: string | undefined;
  /** Two such files, the smaller fleet first: nothing is measured, they are compared. */
  readonly growth: readonly [string, string] | undefined;
}

/** Throws for an option that is not known or out of range. */
export function parseArguments(args: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
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
      json: { type: 'string' },
      growth: { type: 'boolean', default: false },
    },
  });
  const [smaller, larger, ...others] = positionals;
  const twoFiles =
    smaller === undefined || larger === undefined || others.length > 0 ? undefined : ([smaller, larger] as const);
  if (values.growth && twoFiles === undefined) throw new Error('--growth: two files that --json has written');
  if (!values.growth && smaller !== undefined) throw new Error(`${smaller}: not an option`);
  if (values.random && values.json !== undefined) throw new Error('--json: not with --random');
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
    json: values.json,
    growth: values.growth ? twoFiles : undefined,
  };
}

function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name}: a whole number from 1, got ${text}`);
  return value;
}
