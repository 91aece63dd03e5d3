import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a source calls a device. */
@Entity({ name: 'device_source' })
export class DeviceSourceEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'bigint', name: 'source_id' })
  sourceId!: string;

  @PrimaryColumn({ type: 'text', name: 'external_id' })
  externalId!: string;

  @Column({ type: 'bigint', name: 'device_id' })
  deviceId!: string;

  @Column({ type: 'timestamptz', name: 'last_synced_at', precision: 3 })
  lastSyncedAt!: Date;
}
