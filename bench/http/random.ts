/** Numbers from 0 to 1 that follow from a text (FNV-1a, then mulberry32). */
export function seededRandom(seed: string): () => number {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(seed)) state = Math.imul(state ^ byte, 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Of requests that change something: what was written before, by another contender or in an earlier run on a kept
 * database, would be nothing to do.
 */
export function freshSeed(seed: string, contender: string): string {
  return `${seed} ${contender} ${Date.now()}`;
}

export function pick<Element>(random: () => number, list: readonly Element[]): Element {
  const element = list[Math.floor(random() * list.length)];
  if (element === undefined) throw new Error('there is nothing to choose from');
  return element;
}

/** So many different ones. */
export function pickSome<Element>(random: () => number, list: readonly Element[], count: number): Element[] {
  const indexes = new Set<number>();
  while (indexes.size < Math.min(count, list.length)) indexes.add(Math.floor(random() * list.length));
  return Array.from(indexes, (index) => list[index]!);
}
