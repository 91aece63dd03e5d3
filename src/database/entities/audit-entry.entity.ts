import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who changed what, when. Written by src/changes/audit.ts alone. */
@Entity({ name: 'audit_log' })
export class AuditEntryEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'bigint' })
  id!: string;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;

  /** Name of the key or person. */
  @Column({ type: 'text' })
  principal!: string;

  /** See Viewer.principalId; null for the installation itself. */
  @Column({ type: 'text', name: 'principal_id', nullable: true })
  principalId!: string | null;

  @Column({ type: 'text' })
  role!: string;

  /** Name of the mutation. */
  @Column({ type: 'text' })
  operation!: string;

  /** Type of the object, as its global id says it. */
  @Column({ type: 'text' })
  kind!: string;

  /** Global id; null for a change of many. */
  @Column({ type: 'text', name: 'object_id', nullable: true })
  objectId!: string | null;

  /** Serial, slug or name that the object had after the change; null for a change of many. */
  @Column({ type: 'text', name: 'object_name', nullable: true })
  objectName!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  before!: unknown;

  @Column({ type: 'jsonb', nullable: true })
  after!: unknown;

  /** Which devices a change of many was about. */
  @Column({ type: 'jsonb', nullable: true })
  selector!: unknown;

  @Column({ type: 'integer', name: 'matched_count', nullable: true })
  matchedCount!: number | null;

  @Column({ type: 'integer', name: 'changed_count', nullable: true })
  changedCount!: number | null;

  @Column({ type: 'text', name: 'request_id' })
  requestId!: string;
}
