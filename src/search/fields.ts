/** The device's own fields that can be tested and sorted by, each with its column. */
import { identifier, sql, type SqlFragment } from '../database/sql.js';

interface OwnColumn {
  readonly column: SqlFragment;
  readonly nullable: boolean;
}

function own(column: string, nullable: boolean): OwnColumn {
  return { column: sql`d.${identifier(column)}`, nullable };
}

/** Text in the device's own row. */
export const OWN_TEXT_FIELDS = {
  deviceSerial: own('device_serial', false),
  ownerRef: own('owner_ref', true),
  hardwareVersion: own('hardware_version', true),
  manufacturer: own('manufacturer', true),
  deviceCode: own('device_code', true),
} as const;

/** Text in a row that the device refers to. */
export const RELATED_TEXT_FIELDS = {
  release: { table: identifier('release'), text: identifier('version'), ...own('last_seen_release_id', true) },
  cohort: { table: identifier('cohort'), text: identifier('slug'), ...own('cohort_id', false) },
  group: { table: identifier('device_group'), text: identifier('name'), ...own('group_id', true) },
} as const;

export const TIME_FIELDS = {
  lastSeen: own('last_seen', true),
  createdAt: own('created_at', false),
  updatedAt: own('updated_at', false),
  attributesUpdatedAt: own('attributes_updated_at', true),
} as const;

type OwnTextField = keyof typeof OWN_TEXT_FIELDS;
export type RelatedTextField = keyof typeof RELATED_TEXT_FIELDS;
export type TextField = OwnTextField | RelatedTextField;
export type NullableTextField = Exclude<OwnTextField, 'deviceSerial'>;
export type TimeField = keyof typeof TIME_FIELDS;

/** What DeviceOrder can sort by, as DeviceOrderField names it. */
export const ORDER_FIELDS = {
  ID: { ...own('id', false), type: 'id' },
  DEVICE_SERIAL: { ...OWN_TEXT_FIELDS.deviceSerial, type: 'text' },
  LAST_SEEN: { ...TIME_FIELDS.lastSeen, type: 'time' },
  CREATED_AT: { ...TIME_FIELDS.createdAt, type: 'time' },
  UPDATED_AT: { ...TIME_FIELDS.updatedAt, type: 'time' },
  ATTRIBUTES_UPDATED_AT: { ...TIME_FIELDS.attributesUpdatedAt, type: 'time' },
  HARDWARE_VERSION: { ...OWN_TEXT_FIELDS.hardwareVersion, type: 'text' },
  MANUFACTURER: { ...OWN_TEXT_FIELDS.manufacturer, type: 'text' },
  DEVICE_CODE: { ...OWN_TEXT_FIELDS.deviceCode, type: 'text' },
  OWNER_REF: { ...OWN_TEXT_FIELDS.ownerRef, type: 'text' },
  STATE: { ...own('state', false), type: 'text' },
} as const;
export type OrderField = keyof typeof ORDER_FIELDS;

/** Fields that every device has: testing their presence holds for all. */
export function isAlwaysPresent(field: TextField | TimeField): boolean {
  if (Object.hasOwn(OWN_TEXT_FIELDS, field)) return !OWN_TEXT_FIELDS[field as OwnTextField].nullable;
  if (Object.hasOwn(RELATED_TEXT_FIELDS, field)) return !RELATED_TEXT_FIELDS[field as RelatedTextField].nullable;
  return !TIME_FIELDS[field as TimeField].nullable;
}
