import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A signed change of the number of devices of a cohort, group or release; the sum is the count. */
@Entity({ name: 'device_count' })
export class DeviceCountEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'text' })
  kind!: string;

  @PrimaryColumn({ type: 'bigint', name: 'owner_id' })
  ownerId!: string;

  @PrimaryColumn({ type: 'bigint' })
  id!: string;

  @Column({ type: 'bigint' })
  delta!: string;
}
