import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { PoolClient } from 'pg';
import { AppError } from '../errors.js';
import { isConnectionLoss } from './database-error.js';
import type { Backend, Postmaster } from './postmaster.js';
import type { Waiting } from './pulse.js';

/** When an operation is to end, whatever it is about to do. */
export interface OperationEnd {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
  /** By `performance.now`. */
  readonly deadline: number;
}

/** A request to cancel that takes longer goes nowhere. */
const CANCEL_TIMEOUT_MS = 2_000;

/**
 * A pooled connection in the hands of one piece of work. When the work must end before the database has answered, the
 * connection is destroyed and never given back: the answer would otherwise reach the next user, and a ROLLBACK would wait
 * behind it. A request to cancel frees the database from the statement.
 */
export class Lease implements Waiting {
  readonly client: PoolClient;
  since = performance.now();
  readonly #postmaster: Postmaster;
  readonly #limitMs: number;
  readonly #end: OperationEnd;
  #isCommitting = false;
  #commitsByItself = false;
  /** The database has said so, but the connection may be seen to end only later. */
  #isLost = false;
  #fault: AppError | undefined;

  /** `limitMs` is the longest wait for one answer. */
  constructor(client: PoolClient, postmaster: Postmaster, limitMs: number, end: OperationEnd) {
    this.client = client;
    this.#postmaster = postmaster;
    this.#limitMs = limitMs;
    this.#end = end;
    client.on('error', ignoreLoss);
  }

  /** What to tell of the error that the work ended with. */
  explain(error: unknown): unknown {
    // If it was ended from outside, whatever came after is of no interest.
    if (this.#fault !== undefined) return this.#fault;
    if (!isConnectionLoss(error)) return error;
    this.#isLost = true;
    return this.#mayBeKept ? outcomeUnknown(error) : error;
  }

  /** A further statement goes out. */
  renew(): void {
    this.since = performance.now();
  }

  /** From here on neither the caller's leaving nor the time of his operation ends it: what is done is kept. */
  commits(): void {
    this.renew();
    this.#isCommitting = true;
  }

  /** What goes out now changes something and is kept when it is done: if it is ended before it is answered, nobody knows. */
  commitsByItself(): void {
    this.#commitsByItself = true;
  }

  get #mayBeKept(): boolean {
    return this.#isCommitting || this.#commitsByItself;
  }

  check(now: number): void {
    const { signal, deadline } = this.#end;
    if (!this.#isCommitting && signal?.aborted === true) this.giveUp(clientLeft());
    else if (!this.#isCommitting && now >= deadline) this.giveUp(outOfTime());
    else if (now - this.since > this.#limitMs) this.giveUp(statementOutOfTime());
  }

  giveUp(fault: AppError): void {
    if (this.#fault !== undefined) return;
    this.#fault = this.#mayBeKept ? outcomeUnknown(fault) : fault;
    void this.#postmaster.cancel(backendOf(this.client), CANCEL_TIMEOUT_MS);
    streamOf(this.client).destroy(this.#fault);
  }

  /** Undefined: done. */
  release(): Promise<void> | undefined {
    if (this.#fault !== undefined) return this.#discard();
    this.#giveBack();
    return undefined;
  }

  async #discard(): Promise<void> {
    // The pool must have seen that it is broken, or it would hand it to the next.
    if (!streamOf(this.client).closed) await once(streamOf(this.client), 'close');
    this.#giveBack();
  }

  #giveBack(): void {
    this.client.off('error', ignoreLoss);
    this.client.release(this.#isLost);
  }
}

/** What was sent fails by itself when a connection is lost, and the pool sees that it cannot be used again. */
function ignoreLoss(): void {}

/** Throws if the operation has ended. */
export function assertGoing({ signal, deadline }: OperationEnd): void {
  if (signal?.aborted === true) throw clientLeft();
  if (performance.now() >= deadline) throw outOfTime();
}

/** pg's types leave the stream out, and what a connection is known by. */
export function streamOf(client: PoolClient): Writable {
  return (client as unknown as { readonly connection: { readonly stream: Writable } }).connection.stream;
}

function backendOf(client: PoolClient): Backend {
  return client as unknown as Backend;
}

/** Read in logs alone: nobody is there to be answered. */
export function clientLeft(): AppError {
  return new AppError('TIMEOUT', 'The client left before it was answered.');
}

export function outOfTime(): AppError {
  return new AppError('TIMEOUT', 'The operation took too long and was ended; no change of its last step was made.');
}

function statementOutOfTime(): AppError {
  return new AppError('TIMEOUT', 'The database took too long and the statement was cancelled.');
}

function outcomeUnknown(cause: unknown): AppError {
  const message = 'The database went away while the change was being kept; look whether it was made.';
  return new AppError('UNAVAILABLE', message, { cause });
}
