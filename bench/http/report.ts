import { CONTENDER_NAMES } from './contenders.js';
import type { Measured } from './measure.js';

/** Lines of a table in Markdown: one for each contender, with how many times its requests per second A's are. */
export const TABLE_HEAD = [
  '| query | at once | server | requests/s | p50 ms | p99 ms | Node ms | Postgres ms | A is times | goal | |',
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
];

/** Of one query at one concurrency. */
export function tableLines(results: readonly Measured[]): string[] {
  const ours = results.find(({ contender }) => contender === 'A')?.requestsPerSecond;
  return results.map((result) => {
    const { query, contender, concurrency } = result;
    const ratio = contender === 'A' || ours === undefined ? undefined : ours / result.requestsPerSecond;
    const goal = query.goals[contender];
    const verdict = ratio === undefined || goal === undefined ? '' : ratio >= goal ? 'reached' : 'missed';
    const cells = [
      query.id,
      concurrency,
      CONTENDER_NAMES[contender],
      result.requestsPerSecond.toFixed(0),
      result.p50Ms.toFixed(2),
      result.p99Ms.toFixed(2),
      cpu(result.nodeCpuMs),
      cpu(result.postgresCpuMs),
      ratio?.toFixed(2) ?? '',
      goal ?? '',
      verdict,
    ];
    return `| ${cells.join(' | ')} |`;
  });
}

function cpu(ms: number | null): string {
  return ms === null || Number.isNaN(ms) ? '' : ms.toFixed(3);
}
