import { sql } from '../../../src/database/sql.js';
import {
  COLUMNS,
  devicesOf,
  documentOf,
  documentsWith,
  inDocument,
  keyOf,
  LIMIT,
  PROJECT,
  textIs,
  type Workload,
} from './workload.js';

const a = sql`a`;
const b = sql`b`;

export const RANGES: readonly Workload[] = [
  {
    kind: 'page',
    name: 'two equalities and a range',
    filter: () => ({
      attributes: [
        { name: 'device_type', eq: 'type-01' },
        { name: 'region', eq: 'region-5' },
        { name: 'cpu_temperature', gt: 45 },
      ],
    }),
    byHand: () =>
      devicesOf(sql`select s.id from (
                      select a.device_id as id from posting_text a
                      join posting_text b on b.device_id = a.device_id and ${textIs(b, 'region', 'region-5')}
                      where ${textIs(a, 'device_type', 'type-01')} order by a.device_id offset 0) s
                    where ${documentOf(sql`s.id`, sql`${inDocument('cpu_temperature')}::double precision > 45`)}
                    order by s.id ${LIMIT}`),
  },
  {
    kind: 'page',
    name: 'two equalities and a narrow range',
    filter: () => ({
      attributes: [
        { name: 'device_type', eq: 'type-01' },
        { name: 'system', eq: 'system-01' },
        { name: 'cpu_temperature', gt: 57 },
      ],
    }),
    byHand: () =>
      devicesOf(sql`select r.id from (
                      select r.device_id as id from posting_number r where r.project_id = ${PROJECT}
                        and r.key_id = ${keyOf('cpu_temperature')} and r.value > 57 offset 0) r
                    where exists (select from posting_text b where ${textIs(b, 'system', 'system-01')}
                                    and b.device_id = r.id offset 0)
                      and exists (select from posting_text a where ${textIs(a, 'device_type', 'type-01')}
                                    and a.device_id = r.id offset 0)
                    order by r.id ${LIMIT}`),
  },
  {
    kind: 'page',
    name: 'one equality, a range and no group',
    filter: () => ({
      hasGroup: false,
      attributes: [
        { name: 'device_type', eq: 'type-02' },
        { name: 'disk_free_mb', lt: 300 },
      ],
    }),
    byHand: () =>
      sql`select ${COLUMNS} from (
            select a.device_id as id from posting_text a
            where ${textIs(a, 'device_type', 'type-02')}
              and ${documentOf(sql`a.device_id`, sql`${inDocument('disk_free_mb')}::double precision < 300`)}
            order by a.device_id offset 0) s
          join device d on d.project_id = ${PROJECT} and d.id = s.id
          where d.group_id is null order by s.id ${LIMIT}`,
  },
  {
    kind: 'page',
    name: 'one range, broad',
    filter: () => ({ attributes: [{ name: 'cpu_temperature', gt: 40 }] }),
    byHand: () => devicesOf(documentsWith(sql`${inDocument('cpu_temperature')}::double precision > 40`)),
  },
  {
    kind: 'page',
    name: 'one range, narrow',
    filter: () => ({ attributes: [{ name: 'cpu_temperature', gt: 58 }] }),
    byHand: () =>
      devicesOf(sql`select id from (
                      select r.device_id as id from posting_number r where r.project_id = ${PROJECT}
                        and r.key_id = ${keyOf('cpu_temperature')} and r.value > 58 offset 0) r
                    order by id ${LIMIT}`),
  },
];
