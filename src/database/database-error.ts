import { QueryFailedError } from 'typeorm';
import { AppError, type ErrorCode } from '../errors.js';

/** Thrown inside a transaction to run it again: another one made a row between our look and our write. */
export class LostRace extends Error {
  constructor(what: string) {
    super(`lost a race for ${what}`);
    this.name = 'LostRace';
  }
}

interface Meaning {
  readonly code: ErrorCode;
  readonly message: string;
}

const TIMEOUT: Meaning = { code: 'TIMEOUT', message: 'The database took too long and the statement was cancelled.' };
const UNAVAILABLE: Meaning = { code: 'UNAVAILABLE', message: 'The database cannot be reached at the moment.' };
const FULL: Meaning = { code: 'UNAVAILABLE', message: 'The database has no space left to keep anything.' };
const CONFLICT: Meaning = { code: 'CONFLICT', message: 'Another change was made at the same time.' };
const NOT_STORABLE: Meaning = { code: 'BAD_USER_INPUT', message: 'A value cannot be stored as it is.' };

/**
 * SQLSTATE to what the caller is told. Input is checked before it reaches the database, so the class 22 here is a
 * second line of defence, and its message cannot name the field. Source: appendix A of the Postgres manual.
 */
const MEANINGS = new Map<string, Meaning>([
  ['40001', CONFLICT],
  ['40P01', CONFLICT],
  ['23505', CONFLICT],
  ['23503', CONFLICT],
  ['57014', TIMEOUT],
  ['55P03', TIMEOUT],
  ['22021', NOT_STORABLE],
  ['22P05', NOT_STORABLE],
  ['22P02', NOT_STORABLE],
  ['22003', NOT_STORABLE],
  ['22007', NOT_STORABLE],
  ['22008', NOT_STORABLE],
  ['22025', NOT_STORABLE],
  ['2201B', { code: 'BAD_USER_INPUT', message: 'Not a valid regular expression.' }],
  ['54000', { code: 'LIMIT_EXCEEDED', message: 'A value is too large.' }],
  ['53300', UNAVAILABLE],
  ['53100', FULL],
]);

const CONNECTION_FAULTS = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'ETIMEDOUT', 'EHOSTUNREACH']);

/** Texts of the driver's own errors, which carry no code. */
const CONNECTION_MESSAGES =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error/i;

/** The SQLSTATE or system code of a database error, if it has one. */
export function databaseErrorCode(error: unknown): string | undefined {
  const source: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (typeof source !== 'object' || source === null || !('code' in source)) return undefined;
  return typeof source.code === 'string' ? source.code : undefined;
}

/** The constraint that a database error names. Distributed tables add a shard's number to it, which is cut off. */
export function violatedConstraint(error: unknown): string | undefined {
  const source: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (typeof source !== 'object' || source === null || !('constraint' in source)) return undefined;
  return typeof source.constraint === 'string' ? source.constraint.replace(/_\d+$/, '') : undefined;
}

export function isRetryable(error: unknown): boolean {
  const code = databaseErrorCode(error);
  // 23503: a cohort or group went away between our look and our write; the next look tells the caller so.
  return error instanceof LostRace || code === '40001' || code === '40P01' || code === '23503';
}

/** Whether the connection ended with it, so that nobody knows what became of a statement that was under way. */
export function isConnectionLoss(error: unknown): boolean {
  const code = databaseErrorCode(error);
  if (code === undefined) return error instanceof Error && CONNECTION_MESSAGES.test(error.message);
  return code.startsWith('08') || code.startsWith('57P') || CONNECTION_FAULTS.has(code);
}

/** An AppError for what the caller can act on; any other error as it is, to be hidden behind a request id. */
export function mapDatabaseError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const meaning = meaningOf(error);
  return meaning === undefined ? error : new AppError(meaning.code, meaning.message, { cause: error });
}

function meaningOf(error: unknown): Meaning | undefined {
  if (error instanceof LostRace) return CONFLICT;
  if (isConnectionLoss(error)) return UNAVAILABLE;
  const code = databaseErrorCode(error);
  if (code !== undefined) return MEANINGS.get(code);
  if (error instanceof Error && /query read timeout/i.test(error.message)) return TIMEOUT;
  return undefined;
}
