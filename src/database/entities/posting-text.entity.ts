import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Search index of text: one row per string or element of an array of strings. */
@Entity({ name: 'posting_text' })
export class PostingTextEntity {
  @PrimaryColumn({ type: 'bigint', name: 'project_id' })
  projectId!: string;

  @PrimaryColumn({ type: 'bigint', name: 'device_id' })
  deviceId!: string;

  @PrimaryColumn({ type: 'integer', name: 'key_id' })
  keyId!: number;

  @PrimaryColumn({ type: 'integer' })
  ordinal!: number;

  @Column({ type: 'text' })
  value!: string;

  @Column({ type: 'text', nullable: true })
  rest!: string | null;
}
