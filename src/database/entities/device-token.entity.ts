import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A bearer token of a device. Only its hash is kept. */
@Entity({ name: 'device_token' })
export class DeviceTokenEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'bytea', name: 'token_hash' })
  tokenHash!: Buffer;

  @Column({ type: 'bigint', name: 'device_id' })
  deviceId!: string;

  /** Valid while the device's credential is this one. */
  @Column({ type: 'text', name: 'client_id' })
  clientId!: string;

  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 })
  expiresAt!: Date;
}
