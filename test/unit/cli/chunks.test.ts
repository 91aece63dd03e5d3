import { toChunks } from '../../../src/cli/chunks.js';

async function sizesOf(jsonBytes: readonly number[]): Promise<number[][]> {
  async function* records() {
    for (const bytes of jsonBytes) yield { report: { jsonBytes: bytes } };
  }
  const chunks: number[][] = [];
  for await (const chunk of toChunks(records())) chunks.push(chunk.map(({ report }) => report.jsonBytes));
  return chunks;
}

const MIB = 1024 * 1024;

describe('toChunks', () => {
  it('puts at most 500 records into one request', async () => {
    const chunks = await sizesOf(Array.from({ length: 1_001 }, () => 10));
    expect(chunks.map((chunk) => chunk.length)).toEqual([500, 500, 1]);
  });

  it('puts at most 2 MiB into one request, but for a record that is larger by itself', async () => {
    expect(await sizesOf([MIB, 0.5 * MIB, MIB, 3 * MIB, 10, 10])).toEqual([
      [MIB, 0.5 * MIB],
      [MIB],
      [3 * MIB],
      [10, 10],
    ]);
  });

  it('makes no request of nothing', async () => {
    expect(await sizesOf([])).toEqual([]);
  });
});
