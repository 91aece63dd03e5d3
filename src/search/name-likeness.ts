/** Which known names somebody may have meant by a name that nothing has. */

/** Nobody mistypes longer names by hand, and comparing them would take long. */
export const LONGEST_ALIKE = 64;

const MOST_ALIKE = 3;
/** Of letters added, left out, changed or swapped with the next. */
const MOST_EDITS = 2;
/** So few letters are in many a name by chance. */
const SHORTEST_PIECE = 3;

export interface KnownName {
  readonly name: string;
  readonly folded: string;
}

export function toKnownName(name: string): KnownName {
  return { name, folded: name.toLowerCase() };
}

/** At most three of the known names, the likest first. No name longer than LONGEST_ALIKE is like another. */
export function mostAlike(name: string, known: readonly KnownName[]): readonly string[] {
  if (name.length > LONGEST_ALIKE) return [];
  const folded = name.toLowerCase();
  const pieces = folded.split(/[^\p{L}\p{N}]+/u).filter((piece) => piece.length >= SHORTEST_PIECE);
  let best: Candidate[] = [];
  for (const one of known) {
    if (one.name.length > LONGEST_ALIKE || one.name === name) continue;
    const distance = editsBetween(folded, one.folded) ?? (isPieceOf(folded, pieces, one.folded) ? PIECE : undefined);
    if (distance === undefined) continue;
    // Thousands of names may have the piece: to sort them all in the end would take longer than to find them.
    best = [...best, { name: one.name, distance, longerBy: Math.abs(one.name.length - name.length) }]
      .toSorted(likestFirst)
      .slice(0, MOST_ALIKE);
  }
  return best.map((one) => one.name);
}

interface Candidate {
  readonly name: string;
  readonly distance: number;
  readonly longerBy: number;
}

function likestFirst(a: Candidate, b: Candidate): number {
  return a.distance - b.distance || a.longerBy - b.longerBy || (a.name < b.name ? -1 : 1);
}

/** Behind all that differs by a few letters. */
const PIECE = MOST_EDITS + 1;

/** How many edits make one of the other; undefined: more than a slip of the pen in a name of this length. */
function editsBetween(name: string, other: string): number | undefined {
  const most = Math.min(MOST_EDITS, Math.floor(name.length / 3));
  const apart = Math.abs(name.length - other.length);
  for (let edits = apart; edits <= most; edits += 1) {
    if (isWithin(edits, name, 0, other, 0)) return edits;
  }
  return undefined;
}

/**
 * Whether so many edits make `a` from `i` on of `b` from `j` on. Tries the four kinds where the two first differ: with
 * two edits that is at most sixteen ways through, whatever the names, where a table would be as large as both together.
 */
function isWithin(edits: number, a: string, i: number, b: string, j: number): boolean {
  while (i < a.length && j < b.length && a.charCodeAt(i) === b.charCodeAt(j)) {
    i += 1;
    j += 1;
  }
  const [left, right] = [a.length - i, b.length - j];
  if (left === 0 || right === 0) return left + right <= edits;
  if (edits === 0) return false;
  return (
    isWithin(edits - 1, a, i + 1, b, j + 1) ||
    (left >= right && isWithin(edits - 1, a, i + 1, b, j)) ||
    (right >= left && isWithin(edits - 1, a, i, b, j + 1)) ||
    (a.charCodeAt(i) === b.charCodeAt(j + 1) &&
      a.charCodeAt(i + 1) === b.charCodeAt(j) &&
      isWithin(edits - 1, a, i + 2, b, j + 2))
  );
}

/** Whether the name begins the other, or all its pieces are in it (cpu_temp, temp.of.cpu), or it holds the other. */
function isPieceOf(name: string, pieces: readonly string[], other: string): boolean {
  return (
    (name.length > 1 && other.startsWith(name)) ||
    (pieces.length > 0 && pieces.every((piece) => other.includes(piece))) ||
    (other.length >= SHORTEST_PIECE && name.includes(other))
  );
}
