import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A tenant. Every other row belongs to one; a credential sees one. */
@Entity({ name: 'project' })
export class ProjectEntity {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'text' })
  slug!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
}
