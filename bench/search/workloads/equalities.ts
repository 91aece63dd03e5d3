import { sql } from '../../../src/database/sql.js';
import { devicesOf, documentsWith, inDocument, keyOf, LIMIT, PROJECT, textIs, type Workload } from './workload.js';

const a = sql`a`;
const b = sql`b`;

const TWO = {
  attributes: [
    { name: 'device_type', eq: 'type-01' },
    { name: 'region', eq: 'region-5' },
  ],
};

export const EQUALITIES: readonly Workload[] = [
  {
    kind: 'page',
    name: 'one unique equality',
    filter: ({ mac }) => ({ attributes: [{ name: 'mac', eq: mac }] }),
    byHand: ({ sample }) =>
      devicesOf(sql`select a.device_id as id from posting_text a where ${textIs(a, 'mac', sample.mac)}
                    order by a.device_id ${LIMIT}`),
  },
  {
    kind: 'page',
    name: 'one dense equality',
    filter: () => ({ attributes: [{ name: 'device_type', eq: 'type-01' }] }),
    byHand: () =>
      devicesOf(sql`select a.device_id as id from posting_text a where ${textIs(a, 'device_type', 'type-01')}
                    order by a.device_id ${LIMIT}`),
  },
  {
    kind: 'page',
    name: 'OR of two equalities',
    filter: () => ({
      or: [
        { attributes: [{ name: 'device_type', eq: 'type-03' }] },
        { attributes: [{ name: 'region', eq: 'region-5' }] },
      ],
    }),
    byHand: () =>
      devicesOf(sql`(select a.device_id as id from posting_text a where ${textIs(a, 'device_type', 'type-03')}
                     order by a.device_id ${LIMIT})
                    union
                    (select a.device_id from posting_text a where ${textIs(a, 'region', 'region-5')}
                     order by a.device_id ${LIMIT})
                    order by id ${LIMIT}`),
  },
  {
    kind: 'page',
    name: 'lacks an attribute that 97 % have',
    filter: () => ({ attributes: [{ name: 'location', exists: false }] }),
    byHand: () => devicesOf(documentsWith(sql`${inDocument('location')} is null`)),
  },
  {
    kind: 'page',
    name: 'lacks an attribute that 0.1 % have',
    filter: () => ({ attributes: [{ name: 'recall', exists: false }] }),
    byHand: () => devicesOf(documentsWith(sql`${inDocument('recall')} is null`)),
  },
  {
    kind: 'page',
    name: 'has an attribute that 0.1 % have',
    filter: () => ({ attributes: [{ name: 'recall', exists: true }] }),
    byHand: () =>
      devicesOf(sql`select a.device_id as id from posting_text a
                    where a.project_id = ${PROJECT} and a.key_id = ${keyOf('recall')} order by a.device_id ${LIMIT}`),
  },
  {
    kind: 'page',
    name: 'equal and not equal',
    filter: () => ({
      attributes: [
        { name: 'device_type', eq: 'type-01' },
        { name: 'region', ne: 'region-1' },
      ],
    }),
    byHand: () =>
      devicesOf(sql`select a.device_id as id from posting_text a where ${textIs(a, 'device_type', 'type-01')}
                      and not exists (select from posting_text b where ${textIs(b, 'region', 'region-1')}
                                        and b.device_id = a.device_id)
                    order by a.device_id ${LIMIT}`),
  },
  {
    kind: 'page',
    name: 'two equalities, first page',
    filter: () => TWO,
    byHand: () =>
      devicesOf(sql`select a.device_id as id from posting_text a
                    join posting_text b on b.device_id = a.device_id and ${textIs(b, 'region', 'region-5')}
                    where ${textIs(a, 'device_type', 'type-01')} order by a.device_id ${LIMIT}`),
  },
  {
    kind: 'page',
    name: 'two equalities, deep page',
    deep: true,
    filter: () => TWO,
    byHand: ({ after }) =>
      devicesOf(sql`select a.device_id as id from posting_text a
                    join posting_text b on b.device_id = a.device_id and ${textIs(b, 'region', 'region-5')}
                     and b.device_id > ${after?.id}
                    where ${textIs(a, 'device_type', 'type-01')} and a.device_id > ${after?.id}
                    order by a.device_id ${LIMIT}`),
  },
  {
    kind: 'page',
    name: 'two equalities, last page',
    page: { last: 50 },
    filter: () => TWO,
    byHand: () =>
      sql`${devicesOf(sql`select a.device_id as id from posting_text a
                    join posting_text b on b.device_id = a.device_id and ${textIs(b, 'region', 'region-5')}
                    where ${textIs(a, 'device_type', 'type-01')} order by a.device_id desc ${LIMIT}`)} desc`,
  },
  {
    kind: 'page',
    name: 'two sparse equalities',
    filter: () => ({
      attributes: [
        { name: 'site', eq: 'site-0100' },
        { name: 'customer', eq: 'customer-020' },
      ],
    }),
    byHand: () =>
      devicesOf(sql`select a.device_id as id from posting_text a
                    join posting_text b on b.device_id = a.device_id and ${textIs(b, 'customer', 'customer-020')}
                    where ${textIs(a, 'site', 'site-0100')} order by a.device_id ${LIMIT}`),
  },
  {
    kind: 'page',
    name: 'a dense and a rare equality',
    filter: () => ({
      attributes: [
        { name: 'device_type', eq: 'type-01' },
        { name: 'canary', eq: 'wave-1' },
      ],
    }),
    byHand: () =>
      devicesOf(sql`select b.device_id as id from posting_text b
                    where ${textIs(b, 'canary', 'wave-1')}
                      and exists (select from posting_text a where ${textIs(a, 'device_type', 'type-01')}
                                    and a.device_id = b.device_id offset 0)
                    order by b.device_id ${LIMIT}`),
  },
  {
    kind: 'page',
    name: 'element of an array, dense',
    filter: () => ({ attributes: [{ name: 'ports', eq: 9100 }] }),
    byHand: () =>
      devicesOf(sql`select a.device_id as id from posting_number a where a.project_id = ${PROJECT}
                      and a.key_id = ${keyOf('ports')} and a.value = 9100 order by a.device_id ${LIMIT}`),
  },
  {
    kind: 'page',
    name: 'element of an array, unique',
    filter: ({ address }) => ({ attributes: [{ name: 'addresses', eq: address }] }),
    byHand: ({ sample }) =>
      devicesOf(sql`select a.device_id as id from posting_text a where ${textIs(a, 'addresses', sample.address)}
                    order by a.device_id ${LIMIT}`),
  },
];
