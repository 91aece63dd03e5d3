import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How many devices had a value under an attribute key, and when that was counted. */
@Entity({ name: 'attribute_key_count' })
export class AttributeKeyCountEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'integer', name: 'key_id' })
  keyId!: number;

  @Column({ type: 'bigint', name: 'device_count' })
  deviceCount!: string;

  @Column({ type: 'timestamptz', name: 'counted_at', precision: 3 })
  countedAt!: Date;
}
