/** COPY from one connection into another: the rows pass through, however many, and are never held. */
import type { Client, Connection, Submittable } from 'pg';

/** What of pg's connection a COPY needs; its types leave all but the stream out. */
interface CopyConnection extends Connection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

/** The server sends every row by itself; so many bytes are passed on together. */
const PIECE_BYTES = 65_536;

/**
 * Loads the rows of the query `rows`, asked of `source`, into `table` (with columns) of `target`. Settles when the target
 * has them all. After a rejection both clients are of no more use and have to be ended.
 */
export async function copyBetween(source: Client, rows: string, target: Client, table: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const copyInto = {
      submit: (into: Connection) => (into as CopyConnection).query(`copy ${table} from stdin`),
      handleCopyInResponse: (into: CopyConnection) => {
        source.query(copyOut(rows, into, reject) as Submittable);
      },
      handleCommandComplete: () => undefined,
      handleError: reject,
      handleReadyForQuery: () => resolve(),
    };
    target.query(copyInto as Submittable);
  });
}

function copyOut(rows: string, into: CopyConnection, onFault: (fault: Error) => void) {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let filled = 0;
  const pass = () => {
    if (filled > 0) into.sendCopyFromChunk(piece.subarray(0, filled));
    filled = 0;
  };
  return {
    submit: (from: Connection) => (from as CopyConnection).query(`copy (${rows}) to stdout`),
    handleCopyData: ({ chunk }: { readonly chunk: Buffer }, from: CopyConnection) => {
      if (filled + chunk.length > PIECE_BYTES) {
        pass();
        // What has arrived still comes, but no more is read until the target has taken what it was sent.
        if (into.stream.writableNeedDrain && !from.stream.isPaused()) {
          from.stream.pause();
          into.stream.once('drain', () => from.stream.resume());
        }
      }
      if (chunk.length > PIECE_BYTES) into.sendCopyFromChunk(chunk);
      else filled += chunk.copy(piece, filled);
    },
    handleCommandComplete: () => {
      pass();
      into.endCopyFrom();
    },
    handleError: (fault: Error) => {
      into.sendCopyFail(fault.message);
      onFault(fault);
    },
    handleReadyForQuery: () => undefined,
  };
}
