import { AppError, type ErrorCode } from '../errors.js';

interface HttpErrorOptions {
  /** Where it is not the code's own. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly field?: string;
}

/** A request that is refused by HTTP's own rules: the status says more than the code. */
export class HttpError extends AppError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, { status, headers = {}, field }: HttpErrorOptions) {
    super(code, message, field === undefined ? {} : { field });
    this.name = 'HttpError';
    this.status = status;
    this.headers = headers;
  }
}

export function methodNotAllowed(allowed: string): HttpError {
  return new HttpError('BAD_REQUEST', `Only ${allowed} is answered here.`, {
    status: 405,
    headers: { allow: allowed },
  });
}

export function tooLarge(field: string, message: string): HttpError {
  return new HttpError('LIMIT_EXCEEDED', `${field}: ${message}`, { status: 413, field });
}
