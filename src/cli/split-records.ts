import { LIMITS } from '../model/limits.js';

/** The text of one record, or why it could not be had, with the line on which it begins. */
export type RawRecord =
  { readonly line: number; readonly json: string } | { readonly line: number; readonly fault: string };

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
/** Space, tab, carriage return, newline: JSON's own; and the three bytes of a byte order mark. */
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d, NEWLINE, 0xef, 0xbb, 0xbf]);

/** Above it a record is not kept, only passed over: a request could not carry it. */
const MOST_BYTES = LIMITS.bodyBytes;

/**
 * Cuts newline-delimited JSON, or one JSON array, into its records without holding more than one of them. Which of the two it is,
 * the first character tells. Blank lines are passed over. Faults come in their place, and never end the iteration early
 * but for an array that is broken off.
 */
export async function* splitRecords(source: AsyncIterable<Uint8Array>): AsyncGenerator<RawRecord> {
  let splitter: Splitter | undefined;
  let blankLines = 0;
  for await (const piece of source) {
    const bytes = Buffer.from(piece);
    if (splitter === undefined) {
      const start = bytes.findIndex((byte) => !BLANKS.has(byte));
      blankLines += countLines(start < 0 ? bytes : bytes.subarray(0, start));
      if (start < 0) continue;
      splitter =
        bytes[start] === OPENING_BRACKET ? new ArraySplitter(blankLines + 1) : new LineSplitter(blankLines + 1);
      yield* splitter.push(bytes.subarray(start));
    } else {
      yield* splitter.push(bytes);
    }
  }
  if (splitter !== undefined) yield* splitter.end();
}

function countLines(bytes: Uint8Array): number {
  return bytes.filter((byte) => byte === NEWLINE).length;
}

interface Splitter {
  push(bytes: Buffer): Iterable<RawRecord>;
  end(): Iterable<RawRecord>;
}

/** The bytes of the record that is being read. */
class PartialRecord {
  #pieces: Buffer[] = [];
  #bytes = 0;

  add(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes > MOST_BYTES) this.#pieces = [];
    else if (piece.length > 0) this.#pieces.push(piece);
  }

  /** Null for nothing but blanks. Starts the next record. */
  take(line: number): RawRecord | null {
    const pieces = this.#pieces;
    const bytes = this.#bytes;
    this.#pieces = [];
    this.#bytes = 0;
    if (bytes > MOST_BYTES) return { line, fault: `a record has at most ${MOST_BYTES} bytes, this one has ${bytes}` };
    try {
      const json = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
      return json.trim() === '' ? null : { line, json };
    } catch {
      return { line, fault: 'not UTF-8' };
    }
  }
}

class LineSplitter implements Splitter {
  readonly #record = new PartialRecord();
  #line: number;

  constructor(firstLine: number) {
    this.#line = firstLine;
  }

  *push(bytes: Buffer): Iterable<RawRecord> {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#record.add(bytes.subarray(start, end));
      yield* this.end();
      this.#line++;
      start = end + 1;
    }
    this.#record.add(bytes.subarray(start));
  }

  *end(): Iterable<RawRecord> {
    const record = this.#record.take(this.#line);
    if (record !== null) yield record;
  }
}

/**
 * Finds the commas between the elements of an array; whether an element is JSON is for the parser to say. Looks at
 * bytes: all that matters here is ASCII, and no byte of another UTF-8 character is.
 */
class ArraySplitter implements Splitter {
  readonly #record = new PartialRecord();
  #line: number;
  /** Of the first byte of the present element that is not blank. */
  #recordLine: number | undefined;
  #state: 'open' | 'closed' | 'followed' = 'open';
  /** Brackets and braces open within the element; -1 until the array's own is seen. */
  #depth = -1;
  #inString = false;
  #escaped = false;
  #elements = 0;

  constructor(firstLine: number) {
    this.#line = firstLine;
  }

  *push(bytes: Buffer): Iterable<RawRecord> {
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === NEWLINE) this.#line++;
      if (this.#state !== 'open') {
        if (this.#state === 'closed' && !BLANKS.has(byte)) {
          this.#state = 'followed';
          yield { line: this.#line, fault: 'nothing may stand after the end of the array' };
        }
        continue;
      }
      if (this.#depth === -1) {
        // The first byte, which made this an array.
        this.#depth = 0;
        start = at + 1;
        continue;
      }
      if (this.#depth === 0 && !this.#inString && (byte === COMMA || byte === CLOSING_BRACKET)) {
        this.#record.add(bytes.subarray(start, at));
        yield* this.#finishElement(byte === CLOSING_BRACKET);
        start = at + 1;
        continue;
      }
      if (this.#recordLine === undefined && !BLANKS.has(byte)) this.#recordLine = this.#line;
      this.#follow(byte);
    }
    if (this.#state === 'open') this.#record.add(bytes.subarray(start));
  }

  /** Keeps count of what is open. A closing brace too many is left to the parser, who refuses it. */
  #follow(byte: number): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
    } else if (byte === QUOTE) this.#inString = true;
    else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) this.#depth++;
    else if ((byte === CLOSING_BRACE || byte === CLOSING_BRACKET) && this.#depth > 0) this.#depth--;
  }

  *#finishElement(isLast: boolean): Iterable<RawRecord> {
    const line = this.#recordLine ?? this.#line;
    const record = this.#record.take(line);
    this.#recordLine = undefined;
    if (isLast) this.#state = 'closed';
    if (record !== null) yield record;
    // Only the empty array has nothing between its brackets.
    else if (!isLast || this.#elements > 0) yield { line, fault: 'a record is missing beside this comma' };
    this.#elements++;
  }

  *end(): Iterable<RawRecord> {
    if (this.#state !== 'open') return;
    const line = this.#recordLine ?? this.#line;
    yield { line, fault: 'the array does not end: from here on a bracket, a brace or a quote is missing' };
  }
}
