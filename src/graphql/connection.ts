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

/** Cursors are made when they are read, so that those not asked for cost nothing. */
export function toConnection<Row, Search>(page: Page<Row>, search: Search): Connection<Row, Search> {
  const { rows, cursorOf, hasNextPage, hasPreviousPage } = page;
  const cursorAt = (index: number) => {
    const row = rows.at(index);
    return row === undefined ? null : cursorOf(row);
  };
  return {
    nodes: rows,
    get edges() {
      return rows.map((node) => ({
        node,
        get cursor() {
          return cursorOf(node);
        },
      }));
    },
    pageInfo: {
      hasNextPage,
      hasPreviousPage,
      get startCursor() {
        return cursorAt(0);
      },
      get endCursor() {
        return cursorAt(-1);
      },
    },
    search,
  };
}
