/** Results of the workloads in files, and how those of a larger fleet compare with those of a smaller one. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Measured } from './measure.js';

export interface Results {
  readonly devices: number;
  readonly runs: number;
  /** Version of the server. */
  readonly postgres: string;
  readonly workloads: readonly Measured[];
}

export async function writeResults(file: string, results: Results): Promise<void> {
  await writeFile(file, `${JSON.stringify(results, undefined, 2)}\n`);
}

/** Prints the medians of the searches that both files have, and their ratio. */
export async function printGrowth(files: readonly [string, string]): Promise<void> {
  const [smaller, larger] = await Promise.all([readResults(files[0]), readResults(files[1])]);
  const before = new Map(smaller.workloads.map(({ name, ours }) => [name, ours?.p50]));
  console.log(`| workload | p50 at ${smaller.devices} | p50 at ${larger.devices} | growth | |\n|---|---|---|---|---|`);
  for (const { name, ours, shape } of larger.workloads) {
    const [one, other] = [before.get(name), ours?.p50];
    if (one === undefined || other === undefined) continue;
    console.log(`| ${[name, one.toFixed(1), other.toFixed(1), (other / one).toFixed(2), shape].join(' | ')} |`);
  }
}

async function readResults(file: string): Promise<Results> {
  return JSON.parse(await readFile(file, 'utf8')) as Results;
}
