/** Each field of DeviceFilter and of DeviceOrder alone, and with one test of an attribute. */
import { toGlobalId } from '../../../src/model/global-id.js';
import { ORDER_FIELDS, type OrderField } from '../../../src/search/fields.js';
import { sql, type SqlFragment } from '../../../src/database/sql.js';
import { COLUMNS, devicesOf, LIMIT, PROJECT, type Sample, textIs, type Workload } from './workload.js';

const DAY_MS = 86_400_000;
const AT = new Date('2026-10-31T12:00:00.000Z');
const RECENT = new Date('2026-11-01T11:00:00.000Z');

interface FieldTest {
  readonly name: string;
  readonly filter: (sample: Sample) => object;
  readonly condition: (sample: Sample) => SqlFragment;
  /** Few devices, found by an index of their own: they come first, and are sorted and tested for the attribute after. */
  readonly first?: boolean;
}

const TESTS: readonly FieldTest[] = [
  {
    name: 'deviceSerial eq',
    first: true,
    filter: ({ deviceSerial }) => ({ deviceSerial: { eq: deviceSerial } }),
    condition: ({ deviceSerial }) => sql`d.device_serial = ${deviceSerial}`,
  },
  {
    name: 'deviceSerial startsWith',
    first: true,
    filter: () => ({ deviceSerial: { startsWith: 'SN-0123' } }),
    condition: () => sql`d.device_serial >= 'SN-0123' and d.device_serial < 'SN-0124'`,
  },
  {
    name: 'deviceSerial contains',
    filter: () => ({ deviceSerial: { contains: '4567' } }),
    condition: () => sql`d.device_serial like '%4567%'`,
  },
  {
    name: 'ownerRef eq, sparse',
    filter: () => ({ ownerRef: { eq: 'owner-2500' } }),
    condition: () => sql`d.owner_ref = 'owner-2500'`,
  },
  {
    name: 'ownerRef exists false',
    filter: () => ({ ownerRef: { exists: false } }),
    condition: () => sql`d.owner_ref is null`,
  },
  {
    name: 'hardwareVersion eq',
    filter: () => ({ hardwareVersion: { eq: 'rev-H' } }),
    condition: () => sql`d.hardware_version = 'rev-H'`,
  },
  {
    name: 'manufacturer ne',
    filter: () => ({ manufacturer: { ne: 'maker-2' } }),
    condition: () => sql`d.manufacturer is distinct from 'maker-2'`,
  },
  {
    name: 'deviceCode in',
    filter: () => ({ deviceCode: { in: ['code-119', 'code-118'] } }),
    condition: () => sql`d.device_code in ('code-119', 'code-118')`,
  },
  { name: 'testMode', filter: () => ({ testMode: true }), condition: () => sql`d.test_mode` },
  {
    name: 'state',
    filter: () => ({ state: ['DISABLED'] }),
    condition: () => sql`d.state = 'DISABLED'`,
  },
  {
    name: 'lastSeen withinLast an hour',
    filter: () => ({ lastSeen: { withinLast: DAY_MS / 24 } }),
    condition: () => sql`d.last_seen >= ${RECENT}::timestamptz`,
  },
  {
    name: 'lastSeen olderThan 390 days',
    filter: () => ({ lastSeen: { olderThan: 390 * DAY_MS } }),
    condition: () => sql`d.last_seen < timestamptz '2025-10-07 12:00:00Z'`,
  },
  {
    name: 'lastSeen exists false',
    filter: () => ({ lastSeen: { exists: false } }),
    condition: () => sql`d.last_seen is null`,
  },
  {
    name: 'createdAt since',
    filter: () => ({ createdAt: { since: new Date('2025-09-26T12:00:00.000Z') } }),
    condition: () => sql`d.created_at >= timestamptz '2025-09-26 12:00:00Z'`,
  },
  {
    name: 'updatedAt since',
    filter: () => ({ updatedAt: { since: AT } }),
    condition: () => sql`d.updated_at >= ${AT}::timestamptz`,
  },
  {
    name: 'attributesUpdatedAt until',
    filter: () => ({ attributesUpdatedAt: { until: new Date('2025-10-07T12:00:00.000Z') } }),
    condition: () => sql`d.attributes_updated_at < timestamptz '2025-10-07 12:00:00Z'`,
  },
  {
    name: 'ids',
    first: true,
    filter: ({ id }) => ({ ids: [toGlobalId('Device', id), toGlobalId('Device', '7'), toGlobalId('Device', '77')] }),
    condition: ({ id }) => sql`d.id in (7, 77, ${id})`,
  },
  {
    name: 'release eq, sparse',
    filter: () => ({ release: { eq: '2.0.30' } }),
    condition: () =>
      sql`d.last_seen_release_id = (select id from release where project_id = ${PROJECT} and version = '2.0.30')`,
  },
  {
    name: 'cohort eq, 1 %',
    first: true,
    filter: () => ({ cohort: { eq: 'cohort-12' } }),
    condition: () => sql`d.cohort_id = 12`,
  },
  {
    name: 'cohort ne, 32 %',
    filter: () => ({ cohort: { ne: 'cohort-1' } }),
    condition: () => sql`d.cohort_id <> 1`,
  },
  {
    name: 'group eq',
    first: true,
    filter: () => ({ group: { eq: 'group-100' } }),
    condition: () => sql`d.group_id = 100`,
  },
  {
    name: 'group startsWith',
    first: true,
    filter: () => ({ group: { startsWith: 'group-19' } }),
    condition: () => sql`d.group_id in (19, 190, 191, 192, 193, 194, 195, 196, 197, 198, 199)`,
  },
  { name: 'hasGroup false', filter: () => ({ hasGroup: false }), condition: () => sql`d.group_id is null` },
];

const a = sql`a`;
const OF_TYPE = { name: 'device_type', eq: 'type-03' } as const;

function filterWorkloads({ name, filter, condition, first = false }: FieldTest): Workload[] {
  const inOrder = (sample: Sample) =>
    sql`select d.id from device d where d.project_id = ${PROJECT} and ${condition(sample)}`;
  return [
    {
      kind: 'page',
      name: `field: ${name}`,
      filter,
      byHand: ({ sample }) =>
        first
          ? devicesOf(sql`select id from (${inOrder(sample)} offset 0) d order by id ${LIMIT}`)
          : sql`select ${COLUMNS} from device d where d.project_id = ${PROJECT} and ${condition(sample)} order by d.id ${LIMIT}`,
    },
    {
      kind: 'page',
      name: `field: ${name}, and an attribute`,
      filter: (sample) => ({ ...filter(sample), attributes: [OF_TYPE] }),
      byHand: ({ sample }) =>
        first
          ? devicesOf(sql`select d.id from (${inOrder(sample)} order by d.id offset 0) d
                          where exists (select from posting_text a where ${textIs(a, OF_TYPE.name, OF_TYPE.eq)}
                                          and a.device_id = d.id offset 0)
                          order by d.id ${LIMIT}`)
          : sql`select ${COLUMNS} from (
                  select a.device_id from posting_text a where ${textIs(a, OF_TYPE.name, OF_TYPE.eq)}
                  order by a.device_id offset 0) a
                join device d on d.project_id = ${PROJECT} and d.id = a.device_id
                where ${condition(sample)} order by a.device_id ${LIMIT}`,
    },
  ];
}

function orderWorkloads([field, { column, nullable }]: [OrderField, (typeof ORDER_FIELDS)[OrderField]]): Workload[] {
  const order = nullable ? sql`${column} desc nulls last` : sql`${column} desc`;
  const orderBy = field === 'ID' ? order : sql`${order}, d.id`;
  return [
    {
      kind: 'page',
      name: `order: ${field}`,
      orderBy: [{ field }],
      byHand: () => sql`select ${COLUMNS} from device d where d.project_id = ${PROJECT} order by ${orderBy} ${LIMIT}`,
    },
    {
      kind: 'page',
      name: `order: ${field}, and an attribute`,
      filter: () => ({ attributes: [OF_TYPE] }),
      orderBy: [{ field }],
      byHand: () =>
        // Serials have an index in their order; nothing else has but the id, whose order the postings have too.
        field === 'DEVICE_SERIAL'
          ? sql`select ${COLUMNS} from device d where d.project_id = ${PROJECT}
                  and exists (select from posting_text a where ${textIs(a, OF_TYPE.name, OF_TYPE.eq)}
                                and a.device_id = d.id offset 0)
                order by ${orderBy} ${LIMIT}`
          : sql`select ${COLUMNS} from posting_text a join device d on d.project_id = ${PROJECT} and d.id = a.device_id
                where ${textIs(a, OF_TYPE.name, OF_TYPE.eq)} order by ${field === 'ID' ? sql`a.device_id desc` : orderBy} ${LIMIT}`,
    },
  ];
}

export const FIELDS: readonly Workload[] = [
  ...TESTS.flatMap(filterWorkloads),
  ...(Object.entries(ORDER_FIELDS) as [OrderField, (typeof ORDER_FIELDS)[OrderField]][]).flatMap(orderWorkloads),
];
