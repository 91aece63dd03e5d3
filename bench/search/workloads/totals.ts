import { sql } from '../../../src/database/sql.js';
import { keyOf, PROJECT, textIs, type Workload } from './workload.js';

const a = sql`a`;
const b = sql`b`;

export const TOTALS: readonly Workload[] = [
  {
    kind: 'count',
    name: 'total: everything',
    byHand: () =>
      sql`select coalesce(sum(delta), 0)::integer as count from device_count
          where project_id = ${PROJECT} and kind = 'COHORT'`,
  },
  {
    kind: 'count',
    name: 'total: one equality (25 %)',
    filter: () => ({ attributes: [{ name: 'device_type', eq: 'type-01' }] }),
    byHand: () =>
      sql`select count(*)::integer as count from posting_text a where ${textIs(a, 'device_type', 'type-01')}`,
  },
  {
    kind: 'count',
    name: 'total: two equalities',
    filter: () => ({
      attributes: [
        { name: 'device_type', eq: 'type-01' },
        { name: 'system', eq: 'system-01' },
      ],
    }),
    byHand: () => sql`select count(*)::integer as count from posting_text a
                      join posting_text b on b.device_id = a.device_id and ${textIs(b, 'system', 'system-01')}
                      where ${textIs(a, 'device_type', 'type-01')}`,
  },
  {
    kind: 'count',
    name: 'total: one equality and a range',
    filter: () => ({
      attributes: [
        { name: 'device_type', eq: 'type-02' },
        { name: 'disk_free_mb', lt: 300 },
      ],
    }),
    byHand: () => sql`
      select count(*)::integer as count
      from (select a.device_id from posting_text a where ${textIs(a, 'device_type', 'type-02')} offset 0) a
      join (select r.device_id from posting_number r where r.project_id = ${PROJECT}
              and r.key_id = ${keyOf('disk_free_mb')} and r.value < 300 offset 0) r on r.device_id = a.device_id`,
  },
];
