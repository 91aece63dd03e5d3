import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A named static set of devices; each device is in at most one. (`group` is a word of SQL.) */
@Entity({ name: 'device_group' })
export class DeviceGroupEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'bigint' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}
