/** Other values for attributes that a device has, which is most of what fleets write: in one statement (ADR 0021). */
import { type AttributeKeys, storedTypeOf } from '../attributes/keys.js';
import { INDEXED_CHARACTERS } from '../attributes/long-text.js';
import { POSTING_KIND_OF, POSTING_KINDS, POSTING_TABLES, type PostingKind } from '../attributes/postings.js';
import { selectList } from '../database/columns.js';
import { DeviceEntity } from '../database/entities/device.entity.js';
import { commaSeparated, integerLiteral, sql, type SqlFragment } from '../database/sql.js';
import { API_SOURCE } from '../model/attribute-value.js';
import type { DeviceRow } from '../search/search.js';
import type { AttributeWrite } from './attributes.js';
import { auditExpressionOf } from './audit.js';
import type { ChangeContext } from './change-context.js';
import type { ChangedDevice } from './devices.js';

interface KnownWrites {
  readonly deviceSerial: string;
  readonly attributes: readonly AttributeWrite[];
}

/**
 * As changeDevices, in half its time. Null if it is not so simple, and then nothing was changed: the device or one of the
 * attributes is not there, a value is of another type than before, a list or a long text, a description was given, or
 * somebody else is changing the device.
 */
export async function setKnownAttributes(
  context: ChangeContext,
  { deviceSerial, attributes }: KnownWrites,
  now: Date,
  operation: string,
): Promise<ChangedDevice | null> {
  const { database, attributeKeys, projectId } = context;
  const writes = toKnown(attributeKeys, projectId, attributes);
  const json = JSON.stringify(writes ?? []);
  if (writes === undefined || json.length > LONGEST_JSON) return null;
  const kinds = POSTING_KINDS.filter((kind) => writes.some((write) => write.kind === kind));
  const [found] = await database.change<DeviceRow & { readonly isSimple: boolean; readonly changes: boolean }>(
    'changes.setKnownAttributes',
    sql`with ${commaSeparated([
      ...findChange(projectId, deviceSerial, json),
      ...kinds.map((kind) => updatePostings(projectId, kind)),
      sql`documents as (
        update device_document o set attributes = o.attributes || new.attributes
        from (select c.device_id, jsonb_object_agg(c.key_id::text,
                jsonb_build_array(c.value, ${now.getTime()}::bigint) || c.description) as attributes
              from change c group by c.device_id) new
        where o.project_id = ${projectId} and o.device_id = new.device_id)`,
      sql`devices as (
        update device d set attributes_updated_at = ${now}::timestamptz
        from (select distinct c.device_id from change c) changed
        where d.project_id = ${projectId} and d.id = changed.device_id)`,
      ...auditExpressionOf(context, { operation, kind: 'Device', name: deviceSerial }, STATES),
    ])}
    select ${selectList(DeviceEntity, 't')}, checked.is_simple as "isSimple",
           exists (select from change) as changes
    from target t cross join checked`,
  );
  if (found?.isSimple !== true) return null;
  const { isSimple: _, changes: changed, ...before } = found;
  return { device: changed ? { ...before, attributesUpdatedAt: now } : before, created: false, changed };
}

interface KnownWrite {
  readonly key_id: number;
  readonly kind: PostingKind;
  readonly scope: string;
  readonly name: string;
  readonly value: string | number | boolean;
}

/** Of a text that a posting holds whole. */
const LONGEST_TEXT = integerLiteral(INDEXED_CHARACTERS);
/** With what was there before, so little that an entry of the audit log holds it as it is. */
const LONGEST_JSON = 48 * 1024;
const LONGEST_BEFORE = integerLiteral(16 * 1024);

/** Undefined if something tells already that they are not so simple. */
function toKnown(
  attributeKeys: AttributeKeys,
  projectId: string,
  attributes: readonly AttributeWrite[],
): readonly KnownWrite[] | undefined {
  if (attributes.length === 0) return undefined;
  const known: KnownWrite[] = [];
  for (const { scope, name, value, description } of attributes) {
    if (description !== undefined || typeof value === 'object') return undefined;
    if (typeof value === 'string' && value.length > INDEXED_CHARACTERS) return undefined;
    const type = storedTypeOf(value);
    const keyId = attributeKeys.knownId(projectId, { scope, source: API_SOURCE, name, type });
    if (keyId === undefined) return undefined;
    known.push({ key_id: keyId, kind: POSTING_KIND_OF[type], scope, name, value });
  }
  return known;
}

/**
 * Common table expressions: `target`, the device; `checked`, whether it is so simple; `change`, the values that differ.
 *
 * What is locked is as the last writer has left it, but everything else, the postings above all, is seen as it was when the
 * statement began. So that these are of one moment the document must be the same in both ways.
 */
function findChange(projectId: string, deviceSerial: string, writes: string): SqlFragment[] {
  return [
    sql`target as materialized (
      select d.*, o.attributes as document, o.ctid as version
      from device d join device_document o on o.project_id = ${projectId} and o.device_id = d.id
      where d.project_id = ${projectId} and d.device_serial = ${deviceSerial}
      for update of d, o skip locked)`,
    sql`written as materialized (
      select t.id as device_id, w.*, t.document -> w.key_id::text as stored
      from target t cross join jsonb_to_recordset(${writes}::jsonb)
             as w(key_id integer, kind text, scope text, name text, value jsonb))`,
    sql`checked as materialized (
      select bool_and(w.stored is not null and length(w.stored ->> 0) <= ${LONGEST_TEXT}) and sum(length(w.stored::text)) <= ${LONGEST_BEFORE}
             and (select s.ctid = t.version from target t
                  join device_document s on s.project_id = ${projectId} and s.device_id = t.id) as is_simple
      from written w)`,
    sql`change as materialized (
      select w.*, case when w.stored -> 2 is null then '[]' else jsonb_build_array(w.stored -> 2) end as description
      from written w cross join checked
      where checked.is_simple and w.stored -> 0 is distinct from w.value)`,
  ];
}

const TEXT = sql`(c.value #>> '{}')`;
const STORED_TEXT = sql`(c.stored ->> 0)`;
const NEXT: Readonly<Record<PostingKind, SqlFragment>> = {
  text: sql`value = ${TEXT}, rest = null`,
  number: sql`value = ${TEXT}::double precision`,
  boolean: sql`value = ${TEXT}::boolean`,
};
const BEFORE: Readonly<Record<PostingKind, SqlFragment>> = {
  text: STORED_TEXT,
  number: sql`${STORED_TEXT}::double precision`,
  boolean: sql`${STORED_TEXT}::boolean`,
};

const POSTINGS: Readonly<Record<PostingKind, SqlFragment>> = {
  text: sql`texts`,
  number: sql`numbers`,
  boolean: sql`booleans`,
};

/** By all columns of the index of values. */
function updatePostings(projectId: string, kind: PostingKind): SqlFragment {
  return sql`${POSTINGS[kind]} as (
    update ${POSTING_TABLES[kind]} p set ${NEXT[kind]} from change c
    where c.kind = ${kind} and p.project_id = ${projectId} and p.key_id = c.key_id
      and p.value = ${BEFORE[kind]} and p.device_id = c.device_id)`;
}

/** A value with its description, as the audit log shows it. */
const shown = (value: SqlFragment) => sql`
  case when c.stored -> 2 is null then ${value} else jsonb_build_object('value', ${value}, 'description', c.stored -> 2) end`;

/** What differs, for the audit log. */
const STATES = sql`
  select c.device_id as id, jsonb_build_object('attributes', jsonb_object_agg(c.scope, c.before)) as before,
         jsonb_build_object('attributes', jsonb_object_agg(c.scope, c.after)) as after
  from (select c.device_id, c.scope, jsonb_object_agg(c.name, ${shown(sql`c.stored -> 0`)}) as before,
               jsonb_object_agg(c.name, ${shown(sql`c.value`)}) as after
        from change c group by c.device_id, c.scope) c
  group by c.device_id`;
