import type { Memory } from './gateway.js';

export interface MemorySample extends Memory {
  readonly requests: number;
}

const MB = 2 ** 20;

export const MEMORY_HEAD = ['| requests | RSS MB | heap MB | external MB |', '| ---: | ---: | ---: | ---: |'];

export function memoryLine({ requests, rss, heapUsed, external }: MemorySample): string {
  return `| ${requests} | ${mb(rss)} | ${mb(heapUsed)} | ${mb(external)} |`;
}

/** How RSS and heap went on over the second half: the straight line through the samples. */
export function growthLine(samples: readonly MemorySample[]): string {
  const half = samples.slice(Math.floor(samples.length / 2));
  const grown = (['rss', 'heapUsed'] as const).map((what) => {
    const slope = slopeOf(half.map((sample) => [sample.requests, sample[what]]));
    return `${what === 'rss' ? 'RSS' : 'heap'} ${mb(slope * 1e5)} MB`;
  });
  return `# second half, for 100,000 requests more: ${grown.join(', ')}`;
}

function mb(bytes: number): string {
  return (bytes / MB).toFixed(1);
}

/** Of the line with the least squares. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const variance = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return covariance / variance;
}
