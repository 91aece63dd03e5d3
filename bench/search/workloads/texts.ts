import { sql } from '../../../src/database/sql.js';
import { devicesOf, documentsWith, inDocument, keyOf, LIMIT, PROJECT, type Workload } from './workload.js';

export const TEXTS: readonly Workload[] = [
  {
    kind: 'page',
    name: 'text: prefix',
    filter: () => ({ attributes: [{ name: 'hostname', startsWith: 'gw-lyon-01' }] }),
    byHand: () =>
      devicesOf(sql`select id from (select a.device_id as id from posting_text a where a.project_id = ${PROJECT}
                      and a.key_id = ${keyOf('hostname')} and a.value >= 'gw-lyon-01' and a.value < 'gw-lyon-02' offset 0) a
                    order by id ${LIMIT}`),
  },
  {
    kind: 'page',
    name: 'text: contains',
    filter: () => ({ attributes: [{ name: 'hostname', contains: '4567' }] }),
    byHand: () =>
      devicesOf(sql`select id from (select a.device_id as id from posting_text a where a.project_id = ${PROJECT}
                      and a.key_id = ${keyOf('hostname')} and a.value like '%4567%' offset 0) a
                    order by id ${LIMIT}`),
  },
  {
    kind: 'page',
    name: 'text: contains, dense',
    filter: () => ({ attributes: [{ name: 'hostname', contains: 'lyon' }] }),
    byHand: () => devicesOf(documentsWith(sql`${inDocument('hostname')} like '%lyon%'`)),
  },
  {
    kind: 'page',
    name: 'text: expression with 3 literals',
    filter: () => ({ attributes: [{ name: 'hostname', matches: 'lyon-012[0-9]+$' }] }),
    byHand: () =>
      devicesOf(sql`select id from (select a.device_id as id from posting_text a where a.project_id = ${PROJECT}
                      and a.key_id = ${keyOf('hostname')} and a.value ~ 'lyon-012[0-9]+$' offset 0) a
                    order by id ${LIMIT}`),
  },
  {
    kind: 'page',
    name: 'text: equality without letter case',
    filter: ({ mac }) => ({ attributes: [{ name: 'mac', eq: mac.toUpperCase(), ignoreCase: true }] }),
    byHand: ({ sample }) =>
      devicesOf(sql`select id from (select a.device_id as id from posting_text a where a.project_id = ${PROJECT}
                      and a.key_id = ${keyOf('mac')} and lower(a.value collate "und-x-icu") = ${sample.mac}::text offset 0) a
                    order by id ${LIMIT}`),
  },
];
