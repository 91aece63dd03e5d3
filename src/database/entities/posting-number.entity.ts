import { Entity, PrimaryColumn } from 'typeorm';

/** Search index of numbers: one row per number or different element of an array of numbers. The table has no primary key, which TypeORM wants. */
@Entity({ name: 'posting_number' })
export class PostingNumberEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'integer', name: 'key_id' })
  keyId!: number;

  @PrimaryColumn({ type: 'bigint', name: 'device_id' })
  deviceId!: string;

  @PrimaryColumn({ type: 'double precision' })
  value!: number;
}
