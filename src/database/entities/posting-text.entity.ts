import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Search index of text: one row per string or different element of an array of strings. The table has no primary key, which TypeORM wants. */
@Entity({ name: 'posting_text' })
export class PostingTextEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'integer', name: 'key_id' })
  keyId!: number;

  @PrimaryColumn({ type: 'bigint', name: 'device_id' })
  deviceId!: string;

  @PrimaryColumn({ type: 'text' })
  value!: string;

  @Column({ type: 'text', nullable: true })
  rest!: string | null;
}
