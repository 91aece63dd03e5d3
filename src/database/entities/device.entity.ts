import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A device: its own fields only. Attributes are in device_document and the postings. */
@Entity({ name: 'device' })
export class DeviceEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'bigint' })
  id!: string;

  @Column({ type: 'uuid' })
  uuid!: string;

  @Column({ type: 'text', name: 'device_serial' })
  deviceSerial!: string;

  @Column({ type: 'text', name: 'owner_ref', nullable: true })
  ownerRef!: string | null;

  @Column({ type: 'text', name: 'hardware_version', nullable: true })
  hardwareVersion!: string | null;

  @Column({ type: 'text', nullable: true })
  manufacturer!: string | null;

  @Column({ type: 'text', name: 'device_code', nullable: true })
  deviceCode!: string | null;

  @Column({ type: 'boolean', name: 'test_mode' })
  testMode!: boolean;

  @Column({ type: 'text' })
  state!: 'ACTIVE' | 'DISABLED';

  @Column({ type: 'timestamptz', name: 'last_seen', precision: 3, nullable: true })
  lastSeen!: Date | null;

  @Column({ type: 'bigint', name: 'last_seen_release_id', nullable: true })
  lastSeenReleaseId!: string | null;

  @Column({ type: 'bigint', name: 'cohort_id' })
  cohortId!: string;

  @Column({ type: 'bigint', name: 'group_id', nullable: true })
  groupId!: string | null;

  @Column({ type: 'text', name: 'registered_by', nullable: true })
  registeredBy!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;

  @Column({ type: 'timestamptz', name: 'attributes_updated_at', precision: 3, nullable: true })
  attributesUpdatedAt!: Date | null;
}
