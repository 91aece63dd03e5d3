import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An install or a trace of a device. */
@Entity({ name: 'device_event' })
export class DeviceEventEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'bigint', name: 'device_id' })
  deviceId!: string;

  @PrimaryColumn({ type: 'bigint' })
  id!: string;

  @Column({ type: 'text' })
  kind!: 'INSTALL' | 'TRACE';

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;

  @Column({ type: 'bigint', name: 'release_id', nullable: true })
  releaseId!: string | null;

  @Column({ type: 'text', nullable: true })
  title!: string | null;

  @Column({ type: 'text', nullable: true })
  url!: string | null;
}
