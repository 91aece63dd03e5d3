import type { Page } from '../search/page.js';

interface Edge<Row> {
  readonly node: Row;
  readonly cursor: string;
}

/** A page as Relay's connections show it. */
export interface Connection<Row, Search> {
  readonly edges: readonly Edge<Row>[];
  readonly nodes: readonly Row[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  /** What was searched, for the fields that are computed only when they are asked for. */
  readonly search: Search;
}

export function toConnection<Row, Search>(page: Page<Row>, search: Search): Connection<Row, Search> {
  return new PageConnection(page, search);
}

/**
 * Cursors are made when they are read, so that those not asked for cost nothing. By getters of classes: V8 keeps the getters
 * of an object literal in its old generation, and with them all that they see, until a full collection of garbage.
 */
class PageConnection<Row, Search> implements Connection<Row, Search> {
  readonly nodes: readonly Row[];
  readonly pageInfo: PageEnds<Row>;
  readonly search: Search;
  readonly #page: Page<Row>;

  constructor(page: Page<Row>, search: Search) {
    this.nodes = page.rows;
    this.pageInfo = new PageEnds(page);
    this.search = search;
    this.#page = page;
  }

  get edges(): Edge<Row>[] {
    return this.nodes.map((node) => new PageEdge(node, this.#page));
  }
}

class PageEdge<Row> implements Edge<Row> {
  readonly node: Row;
  readonly #page: Page<Row>;

  constructor(node: Row, page: Page<Row>) {
    this.node = node;
    this.#page = page;
  }

  get cursor(): string {
    return this.#page.cursorOf(this.node);
  }
}

class PageEnds<Row> {
  readonly #page: Page<Row>;

  constructor(page: Page<Row>) {
    this.#page = page;
  }

  get hasNextPage(): boolean {
    return this.#page.hasNextPage;
  }

  get hasPreviousPage(): boolean {
    return this.#page.hasPreviousPage;
  }

  get startCursor(): string | null {
    return this.#cursorAt(0);
  }

  get endCursor(): string | null {
    return this.#cursorAt(-1);
  }

  #cursorAt(index: number): string | null {
    const row = this.#page.rows.at(index);
    return row === undefined ? null : this.#page.cursorOf(row);
  }
}
