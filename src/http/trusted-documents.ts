import { readFileSync } from 'node:fs';
import type { PersistedQueryOptions } from '@apollo/server';
import { AppError } from '../errors.js';
import { HttpError } from './http-error.js';

/** The only documents that are answered, by the id under which clients name them. */
export class TrustedDocuments {
  readonly #textById: ReadonlyMap<string, string>;
  readonly #texts: ReadonlySet<string>;

  constructor(documents: Readonly<Record<string, string>>) {
    this.#textById = new Map(Object.entries(documents));
    this.#texts = new Set(this.#textById.values());
  }

  /** Throws FORBIDDEN for a text that is not one of them. */
  assertTrusted(text: string): void {
    if (this.#texts.has(text)) return;
    const message = 'This server answers only the documents that it was given; name one by its id.';
    throw new HttpError('FORBIDDEN', message, { status: 403 });
  }

  /** For Apollo, which then finds these documents as if clients had sent them before, and keeps no others. */
  persistedQueries(): PersistedQueryOptions {
    return {
      cache: {
        // The key is the id behind a prefix of Apollo's own.
        get: async (key) => this.#textById.get(key.slice(key.indexOf(':') + 1)),
        set: async () => undefined,
        delete: async () => false,
      },
    };
  }
}

/** Reads a JSON object of documents by id. Throws an error that names the file and what is wrong with it. */
export function readTrustedDocuments(path: string): TrustedDocuments {
  let documents: unknown;
  try {
    documents = JSON.parse(readFileSync(path, 'utf8'));
  } catch (fault) {
    throw new Error(`FLEETGRAPH_TRUSTED_DOCUMENTS: ${path} cannot be read as JSON`, { cause: fault });
  }
  if (!isDocuments(documents)) {
    throw new Error(`FLEETGRAPH_TRUSTED_DOCUMENTS: ${path} must hold an object of documents (texts) by id`);
  }
  return new TrustedDocuments(documents);
}

function isDocuments(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string');
}

/**
 * Whatever names a document by `documentId`, as the GraphQL over HTTP drafts do, in the form in which Apollo reads it.
 * Throws BAD_REQUEST if it names two.
 */
export function namePersistedQuery(body: unknown): void {
  if (typeof body !== 'object' || body === null || !('documentId' in body)) return;
  const { documentId } = body;
  if (typeof documentId !== 'string' || 'query' in body || 'extensions' in body) {
    throw new AppError('BAD_REQUEST', 'A documentId is a string, and stands instead of query and extensions.');
  }
  Object.assign(body, { extensions: { persistedQuery: { version: 1, sha256Hash: documentId } } });
}
