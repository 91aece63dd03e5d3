import type { ApolloServerOptionsWithSchema, BaseContext } from '@apollo/server';
import type { DocumentNode } from 'graphql';

type KeyValueDocuments = NonNullable<ApolloServerOptionsWithSchema<BaseContext>['documentStore']>;

/** Texts of all documents together. Parsed, a document takes some 80 bytes for each character. */
const MOST_CHARACTERS = 400_000;

/**
 * The documents that came last, as Apollo keeps them: parsed, and valid. Those whose text is known are found by it too, which
 * spares the hash by which Apollo looks for them.
 */
export class DocumentStore implements KeyValueDocuments {
  readonly #byKey = new Map<string, DocumentNode>();
  /** Those used longest ago come first. */
  readonly #keptByText = new Map<string, { readonly key: string; readonly document: DocumentNode }>();
  #characters = 0;

  /** Undefined if the text is not known to be that of a valid document. */
  findByText(text: string): DocumentNode | undefined {
    const kept = this.#keptByText.get(text);
    if (kept === undefined) return undefined;
    this.#keptByText.delete(text);
    this.#keptByText.set(text, kept);
    return kept.document;
  }

  async get(key: string): Promise<DocumentNode | undefined> {
    const text = textOf(this.#byKey.get(key));
    return text === undefined ? undefined : this.findByText(text);
  }

  async set(key: string, document: DocumentNode): Promise<void> {
    const text = textOf(document);
    if (text === undefined) return;
    // One document may come under two keys, its hash and a name that was given to it; the newest finds it.
    const known = this.#keptByText.get(text);
    if (known !== undefined) this.#forget(text, known.key);
    this.#keptByText.set(text, { key, document });
    this.#byKey.set(key, document);
    this.#characters += text.length;
    for (const [oldest, kept] of this.#keptByText) {
      if (this.#characters <= MOST_CHARACTERS) break;
      this.#forget(oldest, kept.key);
    }
  }

  async delete(key: string): Promise<boolean> {
    const text = textOf(this.#byKey.get(key));
    if (text === undefined) return false;
    this.#forget(text, key);
    return true;
  }

  #forget(text: string, key: string): void {
    this.#keptByText.delete(text);
    this.#byKey.delete(key);
    this.#characters -= text.length;
  }
}

function textOf(document: DocumentNode | undefined): string | undefined {
  return document?.loc?.source.body;
}
