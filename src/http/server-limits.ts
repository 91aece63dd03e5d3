import type { Config } from '../config.js';
import type { OperationLimits } from '../graphql/cost.js';
import type { DocumentLimits } from '../graphql/limits.js';
import type { AllowanceOptions } from './allowances.js';

/** All that is set of how much the server takes and from whom. */
export interface ServerLimits {
  readonly document: DocumentLimits;
  readonly operation: OperationLimits;
  readonly allowance: AllowanceOptions;
  readonly bodyBytes: number;
  /** For a request to arrive whole. */
  readonly requestTimeoutMs: number;
}

/** Of the dearest operation: that many points of one credential are worked on at once, since answers are held in memory. */
const SHARE_AT_ONCE = 0.1;

/** Of one of so many workers: what a credential may use of all of them, each has its share of. */
export function serverLimits(config: Config, workers = 1): ServerLimits {
  const share = (whole: number) => (whole === 0 ? 0 : Math.max(1, Math.floor(whole / workers)));
  return {
    document: {
      tokens: config.FLEETGRAPH_MAX_TOKENS,
      depth: config.FLEETGRAPH_MAX_DEPTH,
      aliases: config.FLEETGRAPH_MAX_ALIASES,
      rootFields: config.FLEETGRAPH_MAX_ROOT_FIELDS,
      directives: config.FLEETGRAPH_MAX_DIRECTIVES,
    },
    operation: {
      cost: config.FLEETGRAPH_MAX_COST,
      pageSize: config.FLEETGRAPH_MAX_PAGE_SIZE,
      filterTerms: config.FLEETGRAPH_MAX_FILTER_TERMS,
    },
    allowance: {
      perSecond: share(config.FLEETGRAPH_RATE_POINTS_PER_SECOND),
      burst: share(config.FLEETGRAPH_RATE_BURST_POINTS),
      concurrent: share(config.FLEETGRAPH_MAX_CONCURRENT_OPERATIONS),
      pointsAtOnce: config.FLEETGRAPH_MAX_COST * SHARE_AT_ONCE,
    },
    bodyBytes: config.FLEETGRAPH_MAX_BODY_BYTES,
    requestTimeoutMs: config.FLEETGRAPH_REQUEST_TIMEOUT_MS,
  };
}
