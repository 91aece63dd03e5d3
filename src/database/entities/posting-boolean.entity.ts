import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Search index of booleans, and of the presence of empty arrays. */
@Entity({ name: 'posting_boolean' })
export class PostingBooleanEntity {
  @PrimaryColumn({ type: 'bigint', name: 'project_id' })
  projectId!: string;

  @PrimaryColumn({ type: 'bigint', name: 'device_id' })
  deviceId!: string;

  @PrimaryColumn({ type: 'integer', name: 'key_id' })
  keyId!: number;

  @PrimaryColumn({ type: 'integer' })
  ordinal!: number;

  @Column({ type: 'boolean' })
  value!: boolean;
}
