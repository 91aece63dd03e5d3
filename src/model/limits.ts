/**
 * Limits that are part of the product, not of an installation. Their sources: semantics (12, 18, 22), design (5).
 */
export const LIMITS = {
  /** Nodes of one page. */
  pageSize: 500,
  defaultPageSize: 50,
  /** Pages by number stop here; cursors go on. */
  offset: 10_000,
  /** Serials or ids that one selector may list. */
  selectedDevices: 50_000,
  /** Reports of one reportAttributes. */
  reports: 2_000,
  /** Ids of one `nodes`. */
  nodes: 500,
  /** Statement time of a search; below the 10 s at which common proxies cut, so that the caller gets our error. */
  searchTimeoutMs: 5_000,
  /** Bulk changes may touch a whole fleet. */
  bulkTimeoutMs: 300_000,
  /** Of one request's body. */
  bodyBytes: 4 * 1024 * 1024,
} as const;
