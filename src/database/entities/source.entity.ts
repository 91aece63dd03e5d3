import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A system that devices are synchronised from. */
@Entity({ name: 'source' })
export class SourceEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'bigint' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  kind!: string;

  @Column({ type: 'text', name: 'base_url' })
  baseUrl!: string;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
}
