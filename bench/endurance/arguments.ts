import { parseArgs } from 'node:util';

const PARTS = ['mix', 'documents', 'loop', 'export'] as const;
type Part = (typeof PARTS)[number];

export interface EnduranceArguments {
  readonly devices: number;
  readonly dataDir: string | undefined;
  /** An existing database with the fleet; else an embedded one. */
  readonly databaseUrl: string | undefined;
  readonly only: readonly Part[];
  /** Of the mix. */
  readonly requests: number;
  /** Different documents in a row. */
  readonly documents: number;
  /** Of one load under which the event loop is watched. */
  readonly seconds: number;
  readonly concurrency: number;
}

/** Throws for an option that is not known or out of range. */
export function parseArguments(args: readonly string[]): EnduranceArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      devices: { type: 'string', default: '100000' },
      'data-dir': { type: 'string' },
      'database-url': { type: 'string' },
      only: { type: 'string', default: PARTS.join(',') },
      requests: { type: 'string', default: '1000000' },
      documents: { type: 'string', default: '10000' },
      seconds: { type: 'string', default: '10' },
      concurrency: { type: 'string', default: '16' },
    },
  });
  const only = values.only.split(',').map((name) => {
    const part = PARTS.find((one) => one === name);
    if (part === undefined) throw new Error(`--only: of ${PARTS.join(', ')}, got "${name}"`);
    return part;
  });
  return {
    devices: wholeNumber(values.devices, 'devices'),
    dataDir: values['data-dir'],
    databaseUrl: values['database-url'],
    only,
    requests: wholeNumber(values.requests, 'requests'),
    documents: wholeNumber(values.documents, 'documents'),
    seconds: wholeNumber(values.seconds, 'seconds'),
    concurrency: wholeNumber(values.concurrency, 'concurrency'),
  };
}

function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name}: a whole number from 1, got ${text}`);
  return value;
}
