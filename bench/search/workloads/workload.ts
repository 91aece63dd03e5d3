/** What a workload is: a search as a caller writes it, and the best statement written by hand for just that search. */
import { selectList } from '../../../src/database/columns.js';
import { DeviceEntity } from '../../../src/database/entities/device.entity.js';
import { sql, type SqlFragment } from '../../../src/database/sql.js';
import type { parseFacet } from '../../../src/search/facets.js';
import type { parseOrder } from '../../../src/search/order.js';
import type { parsePage } from '../../../src/search/page.js';
import type { DeviceRow } from '../../../src/search/search.js';
import { FLEET_ATTRIBUTES } from '../fleet-attributes.js';

/** A device in the middle of the measured project, whose unique values are searched for. */
export interface Sample {
  readonly id: string;
  readonly deviceSerial: string;
  readonly mac: string;
  readonly address: string;
}

export interface Situation {
  readonly sample: Sample;
  /** Of a deep page: the device before it. */
  readonly after: DeviceRow | undefined;
}

interface Search {
  readonly name: string;
  readonly filter?: (sample: Sample) => object;
}

export interface PageWorkload extends Search {
  readonly kind: 'page';
  readonly orderBy?: Parameters<typeof parseOrder>[0];
  readonly page?: Parameters<typeof parsePage>[0];
  /** Not the first page but one in the middle of the result. */
  readonly deep?: boolean;
  /** Rows of the page and one more, in order. */
  readonly byHand: (situation: Situation) => SqlFragment;
}

interface CountWorkload extends Search {
  readonly kind: 'count';
  /** One row with a column `count`. */
  readonly byHand: (situation: Situation) => SqlFragment;
}

interface FacetWorkload extends Search {
  readonly kind: 'facet';
  readonly by: Parameters<typeof parseFacet>[0];
  /** The largest 20 buckets, as rows (value, count), and `present`: how many devices have a value. */
  readonly byHand: (situation: Situation) => SqlFragment;
}

interface StatisticsWorkload extends Search {
  readonly kind: 'statistics';
  readonly attribute: string;
  /** One row with `count`, `percentiles` (50, 95, 99) and a histogram of 20 buckets. */
  readonly byHand: (situation: Situation) => SqlFragment;
}

interface CatalogueWorkload {
  readonly kind: 'catalogue';
  readonly name: string;
  readonly nameContains?: string;
  /** Rows with `name`, `scope` and `source`. */
  readonly byHand: (situation: Situation) => SqlFragment;
}

export type Workload = PageWorkload | CountWorkload | FacetWorkload | StatisticsWorkload | CatalogueWorkload;

export const COLUMNS = selectList(DeviceEntity, 'd');

/** The measured project. */
export const PROJECT = sql`1`;

/** The id of a key by its attribute's name; of several, the first. */
export function keyOf(name: string): SqlFragment {
  return sql`${idOf(name)}::integer`;
}

function idOf(name: string): number {
  const attribute = FLEET_ATTRIBUTES.find((one) => one.name === name);
  if (attribute === undefined) throw new Error(`the fleet has no attribute ${name}`);
  return attribute.id;
}

/** Rows `alias` of the texts that are `value` under a name: a condition. */
export function textIs(alias: SqlFragment, name: string, value: string): SqlFragment {
  return sql`${alias}.project_id = ${PROJECT} and ${alias}.key_id = ${keyOf(name)} and ${alias}.value = ${value}::text`;
}

/** The value of an attribute in a row `o` of device_document, as text; null if there is none. */
export function inDocument(name: string): SqlFragment {
  return sql`(o.attributes -> ${String(idOf(name))}::text ->> 0)`;
}

/** The devices whose document `o` meets a condition, read in order of id without a look at the devices. */
export function documentsWith(condition: SqlFragment): SqlFragment {
  return sql`select o.device_id as id from device_document o where o.project_id = ${PROJECT} and ${condition}
             order by o.device_id ${LIMIT}`;
}

/** Whether the document of the device `id` meets a condition, one look-up for each. */
export function documentOf(id: SqlFragment, condition: SqlFragment): SqlFragment {
  return sql`exists (select from device_document o
                     where o.project_id = ${PROJECT} and o.device_id = ${id} and ${condition} offset 0)`;
}

/** The devices of a list of ids (column `id`), in order of id. */
export function devicesOf(ids: SqlFragment): SqlFragment {
  return sql`select ${COLUMNS} from (${ids}) page join device d on d.project_id = ${PROJECT} and d.id = page.id order by page.id`;
}

export const LIMIT = sql`limit 51`;
