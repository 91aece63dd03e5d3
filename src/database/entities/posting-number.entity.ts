import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Search index of numbers: one row per number or element of an array of numbers. */
@Entity({ name: 'posting_number' })
export class PostingNumberEntity {
  @PrimaryColumn({ type: 'bigint', name: 'project_id' })
  projectId!: string;

  @PrimaryColumn({ type: 'bigint', name: 'device_id' })
  deviceId!: string;

  @PrimaryColumn({ type: 'integer', name: 'key_id' })
  keyId!: number;

  @PrimaryColumn({ type: 'integer' })
  ordinal!: number;

  @Column({ type: 'double precision' })
  value!: number;
}
