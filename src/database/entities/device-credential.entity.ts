import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The OAuth client of a device: one at a time. Only the hash of the secret is kept. */
@Entity({ name: 'device_credential' })
export class DeviceCredentialEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'bigint' })
  id!: string;

  @Column({ type: 'bigint', name: 'device_id' })
  deviceId!: string;

  @Column({ type: 'text', name: 'client_id' })
  clientId!: string;

  @Column({ type: 'bytea', name: 'secret_hash' })
  secretHash!: Buffer;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
}
