/** What the primary process and its workers tell each other: plain data. */
import type { MetricsSnapshot } from '../http/metrics.js';

/** What a worker must know beyond the settings. */
export interface Assignment {
  /** Counted from 1; a replacement has the number of the one that it replaces. */
  readonly number: number;
  readonly port: number;
  readonly databaseUrl: string;
  readonly preparesStatements: boolean;
}

export type FromPrimary =
  | { readonly kind: 'serve'; readonly assignment: Assignment }
  | { readonly kind: 'stop' }
  | { readonly kind: 'tellMetrics'; readonly question: number; readonly projectId: string }
  | { readonly kind: 'metricsOfAll'; readonly question: number; readonly snapshots: readonly MetricsSnapshot[] };

export type FromWorker =
  /** It listens to messages and wants its assignment. */
  | { readonly kind: 'awake' }
  | { readonly kind: 'ready'; readonly url: string }
  /** It cannot start; what follows is its end. `code` is that of the fault, if it has one. */
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined }
  | { readonly kind: 'ownMetrics'; readonly question: number; readonly snapshot: MetricsSnapshot }
  | { readonly kind: 'askMetrics'; readonly question: number; readonly projectId: string };
