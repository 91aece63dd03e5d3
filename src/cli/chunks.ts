import { LIMITS } from '../model/limits.js';

/** Sizes of one request. Small enough for a quick transaction, large enough that round trips do not count. */
const CHUNK = { reports: 500, bytes: LIMITS.bodyBytes / 2 } as const;

/** Gathers what fits into one request, in order. What alone is over the size makes a chunk of its own. */
export async function* toChunks<T extends { readonly report: { readonly jsonBytes: number } }>(
  records: AsyncIterable<T>,
): AsyncGenerator<readonly T[]> {
  let chunk: T[] = [];
  let bytes = 0;
  for await (const record of records) {
    const { jsonBytes } = record.report;
    if (chunk.length === CHUNK.reports || (chunk.length > 0 && bytes + jsonBytes > CHUNK.bytes)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(record);
    // And the comma.
    bytes += jsonBytes + 1;
  }
  if (chunk.length > 0) yield chunk;
}
