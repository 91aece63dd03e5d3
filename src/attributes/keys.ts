import type { Executor } from '../database/query.js';
import { sql, type SqlFragment } from '../database/sql.js';
import {
  type AttributeScope,
  type AttributeType,
  type AttributeValue,
  attributeTypeOf,
} from '../model/attribute-value.js';

/**
 * How a value is stored. An empty array has no elements and so no postings; a key of its own, with one posting that
 * says "it is there", lets `exists` and `hasAll: []` find it. The API shows it as STRING_ARRAY.
 */
export type StoredType = AttributeType | 'EMPTY_ARRAY';

export interface AttributeKeyIdentity {
  readonly scope: AttributeScope;
  readonly source: string;
  readonly name: string;
  readonly type: StoredType;
}

export interface AttributeKey extends AttributeKeyIdentity {
  readonly id: number;
}

export function storedTypeOf(value: AttributeValue): StoredType {
  return Array.isArray(value) && value.length === 0 ? 'EMPTY_ARRAY' : attributeTypeOf(value);
}

/** Entries kept in the process; a project has some thousand names, so this holds many projects. */
const MAX_CACHED_KEYS = 200_000;
/** Names that nobody uses, of which there is no end. */
const MAX_UNUSED_NAMES = 1_000;

/**
 * The dictionary of attribute names. Entries are never changed or deleted, so what was once read (committed) stays
 * true and is kept in the process. Others add some at any time: whoever relies on what is known of a name has to check it
 * in the same statement (`countOfKeys`).
 */
export class AttributeKeys {
  readonly #byId = new Map<string, AttributeKey>();
  readonly #byIdentity = new Map<string, AttributeKey>();
  readonly #byName = new Map<string, readonly AttributeKey[]>();
  /** Names that were in no use when they were last read. */
  readonly #unused = new Set<string>();
  /** By transaction: the identities it has made, or tried to; only a commit, which nobody tells of, makes them true. */
  readonly #unsure = new WeakMap<Executor, Set<string>>();

  /** The keys of these ids of one project. Ids come from documents, so each exists. */
  async byIds(
    executor: Executor,
    projectId: string,
    ids: Iterable<string>,
  ): Promise<ReadonlyMap<string, AttributeKey>> {
    const found = new Map<string, AttributeKey>();
    const missing: string[] = [];
    for (const id of ids) {
      const key = this.#byId.get(`${projectId}/${id}`);
      if (key === undefined) missing.push(id);
      else found.set(id, key);
    }
    if (missing.length > 0) {
      const rows = await executor.rows<AttributeKey>(
        'attributes.keysByIds',
        sql`select id::integer as id, scope, source, name, type from attribute_key
            where project_id = ${projectId} and id = any(${missing}::bigint[])`,
      );
      for (const key of rows) {
        this.#remember(projectId, key);
        found.set(String(key.id), key);
      }
    }
    return found;
  }

  /** The id of a key that has been read before; undefined says nothing. */
  knownId(projectId: string, identity: AttributeKeyIdentity): number | undefined {
    return this.#byIdentity.get(`${projectId}/${identityText(identity)}`)?.id;
  }

  /** All keys of these names, in whatever scope, source and type they are in use. */
  async byNames(executor: Executor, projectId: string, names: readonly string[]): Promise<readonly AttributeKey[]> {
    if (names.length === 0) return [];
    return executor.rows<AttributeKey>(
      'attributes.keysByNames',
      sql`select id::integer as id, scope, source, name, type from attribute_key
          where project_id = ${projectId} and name = any(${names}::text[])`,
    );
  }

  /**
   * The keys of these names as they were when they were last read, for a statement that checks them by `countOfKeys`;
   * else read now. Not within a transaction that makes keys.
   */
  async lastKnownByNames(
    database: Executor,
    projectId: string,
    names: readonly string[],
  ): Promise<readonly AttributeKey[]> {
    const known = names.map((name) => {
      const text = `${projectId}/${name}`;
      return this.#unused.has(text) ? [] : this.#byName.get(text);
    });
    if (!known.includes(undefined)) return known.flatMap((keys) => keys!);
    return this.refreshByNames(database, projectId, names);
  }

  /** The keys of these names, read now and remembered. Not within a transaction that makes keys. */
  async refreshByNames(
    database: Executor,
    projectId: string,
    names: readonly string[],
  ): Promise<readonly AttributeKey[]> {
    const keys = await this.byNames(database, projectId, names);
    for (const name of names) {
      const text = `${projectId}/${name}`;
      const ofName = keys.filter((key) => key.name === name);
      this.#unused.delete(text);
      if (ofName.length === 0) {
        if (this.#unused.size >= MAX_UNUSED_NAMES) this.#unused.clear();
        this.#unused.add(text);
      } else {
        if (this.#byName.size >= MAX_CACHED_KEYS) this.#byName.clear();
        this.#byName.set(text, ofName);
      }
    }
    return keys;
  }

  /**
   * Ids of these keys, making those that are missing. Runs in the transaction that uses them: a refused write leaves
   * no name behind. Those it made are not remembered, not even when it asks again, as it may yet be rolled back.
   */
  async ensure(
    transaction: Executor,
    projectId: string,
    identities: readonly AttributeKeyIdentity[],
  ): Promise<(identity: AttributeKeyIdentity) => number> {
    const ids = new Map<string, number>();
    // Most are asked for as the very objects that were given, and a report has thousands.
    const known = new Map<AttributeKeyIdentity, number>();
    const missing = new Map<string, AttributeKeyIdentity>();
    for (const identity of identities) {
      const text = identityText(identity);
      const key = this.#byIdentity.get(`${projectId}/${text}`);
      if (key === undefined) missing.set(text, identity);
      else {
        ids.set(text, key.id);
        known.set(identity, key.id);
      }
    }
    if (missing.size > 0) {
      for (const key of await this.#readByIdentity(transaction, projectId, [...missing.values()])) {
        const text = identityText(key);
        if (this.#unsure.get(transaction)?.has(`${projectId}/${text}`) !== true) this.#remember(projectId, key);
        ids.set(text, key.id);
        missing.delete(text);
      }
    }
    if (missing.size > 0) {
      const unsure = this.#unsure.get(transaction) ?? new Set();
      for (const text of missing.keys()) unsure.add(`${projectId}/${text}`);
      this.#unsure.set(transaction, unsure);
      for (const key of await this.#create(transaction, projectId, [...missing.values()])) {
        ids.set(identityText(key), key.id);
      }
    }
    return (identity) => {
      const id = known.get(identity) ?? ids.get(identityText(identity));
      if (id === undefined) throw new Error('an attribute key was asked for that was not ensured');
      return id;
    };
  }

  #readByIdentity(transaction: Executor, projectId: string, identities: readonly AttributeKeyIdentity[]) {
    return transaction.rows<AttributeKey>(
      'attributes.keysByIdentity',
      sql`select k.id::integer as id, k.scope, k.source, k.name, k.type
          from attribute_key k
          join unnest(${identities.map((key) => key.scope)}::text[], ${identities.map((key) => key.source)}::text[],
                      ${identities.map((key) => key.name)}::text[], ${identities.map((key) => key.type)}::text[])
               as wanted(scope, source, name, type)
            on k.name = wanted.name and k.scope = wanted.scope and k.source = wanted.source and k.type = wanted.type
          where k.project_id = ${projectId}`,
    );
  }

  async #create(transaction: Executor, projectId: string, identities: readonly AttributeKeyIdentity[]) {
    // In one order everywhere, so that two writers of the same new names wait for each other and do not deadlock.
    const ordered = identities.toSorted((a, b) => (identityText(a) < identityText(b) ? -1 : 1));
    await transaction.rows(
      'attributes.createKeys',
      sql`insert into attribute_key (project_id, scope, source, name, type)
          select ${projectId}::integer, scope, source, name, type
          from unnest(${ordered.map((key) => key.scope)}::text[], ${ordered.map((key) => key.source)}::text[],
                      ${ordered.map((key) => key.name)}::text[], ${ordered.map((key) => key.type)}::text[])
               as wanted(scope, source, name, type)
          on conflict (project_id, name, scope, source, type) do nothing`,
    );
    return this.#readByIdentity(transaction, projectId, ordered);
  }

  #remember(projectId: string, key: AttributeKey): void {
    if (this.#byId.size >= MAX_CACHED_KEYS) {
      this.#byId.clear();
      this.#byIdentity.clear();
    }
    this.#byId.set(`${projectId}/${key.id}`, key);
    this.#byIdentity.set(`${projectId}/${identityText(key)}`, key);
  }
}

/**
 * An expression for the number of keys that are in use under these names. Keys are never deleted: as many as are known
 * are those that are known.
 */
export function countOfKeys(projectId: string, names: readonly string[]): SqlFragment {
  return sql`(select count(*)::integer from attribute_key k
              where k.project_id = ${projectId} and k.name = any(${names}::text[]))`;
}

/** Names may hold any character but NUL, which therefore separates. */
function identityText({ scope, source, name, type }: AttributeKeyIdentity): string {
  return `${scope}\0${source}\0${name}\0${type}`;
}
