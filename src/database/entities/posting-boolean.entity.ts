import { Entity, PrimaryColumn } from 'typeorm';

/** Search index of booleans, and of the presence of empty arrays. The table has no primary key, which TypeORM wants. */
@Entity({ name: 'posting_boolean' })
export class PostingBooleanEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'integer', name: 'key_id' })
  keyId!: number;

  @PrimaryColumn({ type: 'bigint', name: 'device_id' })
  deviceId!: string;

  @PrimaryColumn({ type: 'boolean' })
  value!: boolean;
}
