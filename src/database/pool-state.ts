import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';

/** Connections to the database at this moment. */
export interface PoolState {
  readonly open: number;
  readonly idle: number;
  /** Callers that wait for one. */
  readonly waiting: number;
}

export function poolStateOf(dataSource: DataSource): PoolState {
  // TypeORM's types leave the pool out.
  const { master } = dataSource.driver as unknown as { readonly master: Pool };
  return { open: master.totalCount, idle: master.idleCount, waiting: master.waitingCount };
}
