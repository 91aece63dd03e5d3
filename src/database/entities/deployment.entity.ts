import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A release given to a cohort. */
@Entity({ name: 'deployment' })
export class DeploymentEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'bigint' })
  id!: string;

  @Column({ type: 'bigint', name: 'cohort_id' })
  cohortId!: string;

  @Column({ type: 'bigint', name: 'release_id' })
  releaseId!: string;

  @Column({ type: 'timestamptz', name: 'deployed_at', precision: 3 })
  deployedAt!: Date;
}
