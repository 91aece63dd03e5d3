import { types } from 'node:util';
import type { ErrorCode } from '../errors.js';
import { CliError, EXIT_CODE } from './exit-code.js';
import { printable } from './printable.js';

/** A chunk takes a second at most; a server that is frozen must not hold us for ever. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Six requests within some 15 s: a restart of the server or its database is bridged. */
const RETRY_DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000];
/** Whatever the server asks for; beyond it the user should decide. */
const LONGEST_DELAY_MS = 60_000;

const RETRIED_CODES: ReadonlySet<string> = new Set<ErrorCode>(['UNAVAILABLE', 'TIMEOUT', 'RATE_LIMITED']);
/** Of a server, or of a proxy that cannot reach it and does not speak GraphQL. */
const RETRIED_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** The server refused an operation, or could not be reached. */
export class GatewayError extends CliError {
  readonly code: string | undefined;
  /** Path of the input at fault. */
  readonly field: string | undefined;

  constructor(message: string, { code, field, cause }: { code?: string; field?: string; cause?: unknown } = {}) {
    super(EXIT_CODE.failed, message, cause === undefined ? undefined : { cause });
    this.name = 'GatewayError';
    this.code = code;
    this.field = field;
  }
}

interface GatewayOptions {
  readonly url: string;
  readonly key: string;
  readonly signal: AbortSignal;
  /** Resolves after that time; rejects when the user interrupts. */
  readonly wait: (ms: number) => Promise<void>;
  /** Told of each wait before a request is sent again. */
  readonly onRetry: (reason: string, delayMs: number) => void;
}

type Outcome =
  | { readonly kind: 'done'; readonly data: unknown }
  | { readonly kind: 'failed'; readonly error: GatewayError; readonly retry: boolean; readonly retryAfterMs?: number };

/** A server's GraphQL endpoint. */
export class Gateway {
  readonly #options: GatewayOptions;
  /** A server that never answered is most likely not running, which no waiting changes. */
  #hasAnswered = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /**
   * The data of one operation; `variables` is JSON. Sends it again if the server is out of reach, busy or too slow, so
   * it must be one that may be repeated. Throws GatewayError.
   */
  async send(query: string, variables = '{}'): Promise<unknown> {
    const body = `{"query":${JSON.stringify(query)},"variables":${variables}}`;
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#post(body);
      if (outcome.kind === 'done') return outcome.data;
      const delayMs = RETRY_DELAYS_MS[attempt];
      if (!outcome.retry || delayMs === undefined) throw outcome.error;
      const chosenMs = Math.min(outcome.retryAfterMs ?? delayMs, LONGEST_DELAY_MS);
      this.#options.onRetry(outcome.error.message, chosenMs);
      await this.#options.wait(chosenMs);
    }
  }

  async #post(body: string): Promise<Outcome> {
    const { url, key, signal } = this.#options;
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method: 'POST',
        headers: {
          accept: 'application/graphql-response+json',
          'content-type': 'application/json',
          authorization: `Bearer ${key}`,
        },
        body,
        // A key must not follow to another address.
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
      });
      text = await response.text();
    } catch (fault) {
      signal.throwIfAborted();
      return { kind: 'failed', error: unreachable(url, fault), retry: this.#hasAnswered };
    }
    this.#hasAnswered = true;
    return toOutcome(url, response, text);
  }
}

function unreachable(url: string, fault: unknown): GatewayError {
  // fetch says no more than "fetch failed"; the reason is underneath.
  const reason = types.isNativeError(fault) && types.isNativeError(fault.cause) ? fault.cause : fault;
  const code = types.isNativeError(reason) && 'code' in reason ? String(reason.code) : undefined;
  const text = types.isNativeError(reason) ? reason.message || code || reason.name : String(reason);
  const hint = code === 'ECONNREFUSED' ? '. Is it running? Start it with npm start, or set FLEETGRAPH_URL' : '';
  return new GatewayError(`no answer from ${url}: ${printable(text)}${hint}`, { cause: fault });
}

function toOutcome(url: string, response: Response, text: string): Outcome {
  const answer = parseAnswer(text);
  const fault = answer?.errors?.[0];
  if (response.ok && answer !== undefined && fault === undefined) return { kind: 'done', data: answer.data };
  const code = fault?.extensions?.code;
  const retry = RETRIED_STATUSES.has(response.status) || (code !== undefined && RETRIED_CODES.has(code));
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'));
  return {
    kind: 'failed',
    error:
      fault === undefined
        ? new GatewayError(
            `the answer of ${url} is not one of a GraphQL server: HTTP ${response.status}; check FLEETGRAPH_URL`,
          )
        : new GatewayError(toMessage(fault), { code, field: fault.extensions?.field }),
    retry,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

interface Fault {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly field?: string; readonly requestId?: string };
}

function toMessage({ message, extensions: { code, requestId } = {} }: Fault): string {
  if (code === 'UNAUTHENTICATED') return 'the server does not accept the key in FLEETGRAPH_API_KEY';
  const details = [code, requestId && `request ${requestId}`].filter(Boolean).join(', ');
  return printable(details === '' ? message : `${message.replace(/\.$/, '')} (${details})`);
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly Fault[];
}

function parseAnswer(text: string): Answer | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== 'object' || answer === null) return undefined;
    return 'data' in answer || 'errors' in answer ? (answer as Answer) : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds, or a date. */
function parseRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const instantMs = Date.parse(header);
  return Number.isNaN(instantMs) ? undefined : Math.max(0, instantMs - Date.now());
}
