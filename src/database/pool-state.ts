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
  const { totalCount, idleCount, waitingCount } = poolOf(dataSource);
  return { open: totalCount, idle: idleCount, waiting: waitingCount };
}

/** TypeORM's own, whose types leave it out. It is there once the data source is initialized. */
export function poolOf(dataSource: DataSource): Pool {
  return (dataSource.driver as unknown as { readonly master: Pool }).master;
}
