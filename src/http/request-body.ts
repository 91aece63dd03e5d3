import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { badInput, limitExceeded, AppError } from '../errors.js';
import { parseJson } from '../model/json.js';
import { HttpError, tooLarge } from './http-error.js';

/** Far above what a filter of the deepest allowed kind needs; graphql-js runs out of stack at some thousands. */
const DEEPEST_JSON = 100;
/** No value of the API is longer than 16 KiB; a document may have this many characters too. */
const LONGEST_STRING = 256 * 1024;

const DECODERS = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

interface BodyHeaders {
  readonly 'content-type'?: string | undefined;
  readonly 'content-encoding'?: string | string[] | undefined;
}

/**
 * The JSON of a request's body. Throws BAD_REQUEST for what is not JSON in UTF-8, and LIMIT_EXCEEDED for what would be
 * too large once unpacked, too deep, or has a string beyond any use.
 */
export async function parseRequestBody(bytes: Buffer, headers: BodyHeaders, limitBytes: number): Promise<unknown> {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw notJson('its charset must be UTF-8');
  const json = decodeUtf8(await unpack(bytes, String(headers['content-encoding'] ?? 'identity'), limitBytes));
  if (json.trim() === '') throw notJson('it is empty');
  const body = parseText(json);
  assertSaneJson(body);
  return body;
}

/** Refuses JSON that is nested or has strings beyond any use, before anything recursive reads it. */
export function assertSaneJson(body: unknown): void {
  const fault = findFault(body, 0);
  if (fault === undefined) return;
  const field = toField(fault.path);
  if (fault.kind === 'depth') throw limitExceeded(field, `nested over ${DEEPEST_JSON} levels`);
  throw tooLarge(field, `a string has at most ${LONGEST_STRING} characters`);
}

/** The path of the first number that was too large to be held exactly; undefined if there is none. */
export function assertExactNumbers(value: unknown): void {
  const path = findPath(value, (member) => typeof member === 'number' && !Number.isFinite(member));
  if (path !== undefined) throw badInput(toField(path), 'an integer at most 2^53, since larger ones would be rounded');
}

function notJson(reason: string): AppError {
  return new AppError('BAD_REQUEST', `The body must be a JSON object with a "query": ${reason}.`);
}

async function unpack(bytes: Buffer, encoding: string, limitBytes: number): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  if (name === 'identity') return bytes;
  const decode = DECODERS.get(name);
  if (decode === undefined) {
    throw new HttpError('BAD_REQUEST', 'Content-Encoding must be gzip, deflate, br or absent.', {
      status: 415,
      headers: { 'accept-encoding': 'gzip, deflate, br' },
    });
  }
  try {
    return await decode(bytes, { maxOutputLength: limitBytes });
  } catch (fault) {
    const code = typeof fault === 'object' && fault !== null && 'code' in fault ? fault.code : undefined;
    const isTooLong = code === 'ERR_BUFFER_TOO_LARGE';
    throw isTooLong ? tooLarge('body', `at most ${limitBytes} bytes once unpacked`) : notJson(`it is not ${name}`);
  }
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

function decodeUtf8(bytes: Buffer): string {
  try {
    return UTF_8.decode(bytes);
  } catch {
    throw notJson('its bytes are not UTF-8');
  }
}

function parseText(json: string): unknown {
  try {
    return parseJson(json);
  } catch (fault) {
    throw notJson(fault instanceof SyntaxError ? 'it is malformed' : 'it is too large or too deep');
  }
}

type Path = readonly (string | number)[];

/** Recursion is safe here: it ends where the depth is refused. */
function findFault(value: unknown, depth: number): { kind: 'depth' | 'string'; path: Path } | undefined {
  if (typeof value === 'string') return value.length > LONGEST_STRING ? { kind: 'string', path: [] } : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= DEEPEST_JSON) return { kind: 'depth', path: [] };
  for (const [key, member] of membersOf(value)) {
    const fault = findFault(member, depth + 1);
    if (fault !== undefined) return { kind: fault.kind, path: [key, ...fault.path] };
  }
  return undefined;
}

/** The path of a value's first member that `isMeant`; only for values known not to be deep. */
function findPath(value: unknown, isMeant: (member: unknown) => boolean): Path | undefined {
  if (isMeant(value)) return [];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, member] of membersOf(value)) {
    const path = findPath(member, isMeant);
    if (path !== undefined) return [key, ...path];
  }
  return undefined;
}

function membersOf(value: object): Iterable<[string | number, unknown]> {
  return Array.isArray(value) ? value.entries() : Object.entries(value);
}

/** Paths begin with the variable's name, as everywhere. */
function toField(path: Path): string {
  const [first, ...rest] = path[0] === 'variables' ? path.slice(1) : path;
  const tail = rest.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
  return `${first ?? 'body'}${tail}`.slice(0, 300);
}
