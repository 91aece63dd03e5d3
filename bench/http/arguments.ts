import { parseArgs } from 'node:util';
import { CONTENDERS, type Contender } from './contenders.js';
import { QUERIES, type QueryId } from './queries.js';

export interface BenchArguments {
  readonly devices: number;
  readonly dataDir: string | undefined;
  readonly only: readonly QueryId[];
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  /** Of one measurement. */
  readonly seconds: number;
  readonly concurrencies: readonly number[];
  /** Processes of fleetgraph. */
  readonly workers: number;
  /** Folder for a CPU profile of fleetgraph. */
  readonly profile: string | undefined;
}

/** Throws for an option that is not known or out of range. */
export function parseArguments(args: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      devices: { type: 'string', default: '100000' },
      'data-dir': { type: 'string' },
      only: { type: 'string' },
      servers: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '4' },
      concurrency: { type: 'string', default: '1,16' },
      workers: { type: 'string', default: '1' },
      profile: { type: 'string' },
    },
  });
  const devices = wholeNumber(values.devices, 'devices');
  if (devices < 2_000) throw new Error('--devices: at least 2000, since a thousand are moved at a time');
  return {
    devices,
    dataDir: values['data-dir'],
    only: choices(
      values.only,
      'only',
      QUERIES.map(({ id }) => id),
    ),
    contenders: choices(values.servers, 'servers', CONTENDERS),
    rounds: wholeNumber(values.rounds, 'rounds'),
    seconds: wholeNumber(values.seconds, 'seconds'),
    concurrencies: values.concurrency.split(',').map((one) => wholeNumber(one, 'concurrency')),
    workers: wholeNumber(values.workers, 'workers'),
    profile: values.profile,
  };
}

function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name}: a whole number from 1, got ${text}`);
  return value;
}

/** In the order in which they are known; absent: all. */
function choices<Choice extends string>(text: string | undefined, name: string, known: readonly Choice[]): Choice[] {
  if (text === undefined) return [...known];
  const wanted = text.split(',');
  for (const one of wanted) {
    if (!known.some((choice) => choice === one)) throw new Error(`--${name}: of ${known.join(', ')}, got "${one}"`);
  }
  return known.filter((choice) => wanted.includes(choice));
}
