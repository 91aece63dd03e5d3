import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The dictionary of attribute names: scope, source, name and type as one small number. */
@Entity({ name: 'attribute_key' })
export class AttributeKeyEntity {
  @PrimaryColumn({ type: 'integer', name: 'project_id' })
  projectId!: number;

  @PrimaryColumn({ type: 'bigint' })
  id!: string;

  @Column({ type: 'text' })
  scope!: string;

  @Column({ type: 'text' })
  source!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  type!: string;
}
