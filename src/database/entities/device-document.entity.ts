import { Column, Entity, PrimaryColumn } from 'typeorm';

/** By id of the attribute key: the value, when it last changed (milliseconds since 1970), and the description if any. */
export type StoredAttributes = Readonly<Record<string, StoredAttribute>>;
export type StoredAttribute = readonly [value: StoredValue, changedAtMs: number, description?: string];
type StoredValue = string | number | boolean | readonly string[] | readonly number[];

/** Read model: all attributes of a device in one row. */
@Entity({ name: 'device_document' })
export class DeviceDocumentEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'bigint', name: 'device_id' })
  deviceId!: string;

  @Column({ type: 'jsonb' })
  attributes!: StoredAttributes;
}
