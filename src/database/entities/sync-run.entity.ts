import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One synchronisation of a source. */
@Entity({ name: 'sync_run' })
export class SyncRunEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'bigint' })
  id!: string;

  @Column({ type: 'bigint', name: 'source_id' })
  sourceId!: string;

  @Column({ type: 'timestamptz', name: 'started_at', precision: 3 })
  startedAt!: Date;

  @Column({ type: 'timestamptz', name: 'finished_at', precision: 3, nullable: true })
  finishedAt!: Date | null;

  @Column({ type: 'text' })
  status!: string;

  @Column({ type: 'integer', name: 'created_count' })
  createdCount!: number;

  @Column({ type: 'integer', name: 'updated_count' })
  updatedCount!: number;

  @Column({ type: 'integer', name: 'unchanged_count' })
  unchangedCount!: number;

  @Column({ type: 'integer', name: 'failed_count' })
  failedCount!: number;

  @Column({ type: 'text', nullable: true })
  error!: string | null;
}
