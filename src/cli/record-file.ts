import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { types } from 'node:util';
import { CliError, EXIT_CODE, usageError } from './exit-code.js';
import type { Shell } from './shell.js';

/** A file of records that can be read from its start more than once. */
export interface RecordFile {
  /** As it is to be called in messages. */
  readonly name: string;
  read(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Opens a file, or stdin if its name is `-`. Throws a CliError if there is no such file or it may not be read. */
export async function openRecordFile(
  path: string,
  { stdin, signal }: Pick<Shell, 'stdin' | 'signal'>,
): Promise<RecordFile> {
  if (path === '-') return toRecordFile('stdin', await keepForRereading(stdin, signal));
  const file = await openForReading(path);
  const stats = await file.stat();
  if (stats.isFile()) return toRecordFile(path, file);
  if (stats.isDirectory()) {
    await file.close();
    throw usageError(`${path}: a folder; give a file, or - for stdin`);
  }
  // A pipe, as of a shell's <(command).
  return toRecordFile(path, await keepForRereading(file.createReadStream(), signal));
}

/** The file is opened once: replacing it meanwhile changes nothing, as the open one stays what it was. */
function toRecordFile(name: string, file: FileHandle): RecordFile {
  return {
    name,
    read: () => file.createReadStream({ start: 0, autoClose: false, highWaterMark: 256 * 1024 }),
    close: () => file.close(),
  };
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (fault) {
    const code = types.isNativeError(fault) && 'code' in fault ? fault.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw usageError(`${path}: there is no such file`);
    if (code === 'EACCES' || code === 'EPERM') throw usageError(`${path}: may not be read`);
    throw new CliError(EXIT_CODE.failed, `${path}: ${types.isNativeError(fault) ? fault.message : String(fault)}`, {
      cause: fault,
    });
  }
}

/** What comes only once is kept in a file without a name, of which nothing is left however this process ends. */
async function keepForRereading(source: Readable, signal: AbortSignal): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'fleetgraph-import-'));
  try {
    const path = join(folder, 'records');
    const file = await open(path, 'wx+', 0o600);
    await rm(path);
    // Ends at once when the user interrupts, even if the source is silent.
    try {
      for await (const piece of addAbortSignal(signal, source)) await file.appendFile(piece as Uint8Array);
    } catch (fault) {
      await file.close();
      throw fault;
    }
    return file;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
