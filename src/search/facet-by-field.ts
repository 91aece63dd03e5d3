import { identifier, integerLiteral, sql, type SqlFragment } from '../database/sql.js';
import { type FacetStatement, VALUE_KINDS } from './facet-statement.js';
import { OWN_TEXT_FIELDS, RELATED_TEXT_FIELDS } from './fields.js';
import type { FoundDevices } from './found-devices.js';

type FieldColumn =
  | { readonly type: 'text' | 'boolean'; readonly column: SqlFragment }
  | {
      readonly type: 'related';
      readonly column: SqlFragment;
      readonly table: SqlFragment;
      readonly text: SqlFragment;
      /** Under which the devices of each row of the table are counted all the time. */
      readonly counted: 'COHORT' | 'GROUP' | 'RELEASE';
    };

/** What a facet can count by, as DeviceFacetField names it. */
const FACET_FIELDS = {
  COHORT: { type: 'related', counted: 'COHORT', ...RELATED_TEXT_FIELDS.cohort },
  GROUP: { type: 'related', counted: 'GROUP', ...RELATED_TEXT_FIELDS.group },
  HARDWARE_VERSION: { type: 'text', ...OWN_TEXT_FIELDS.hardwareVersion },
  MANUFACTURER: { type: 'text', ...OWN_TEXT_FIELDS.manufacturer },
  DEVICE_CODE: { type: 'text', ...OWN_TEXT_FIELDS.deviceCode },
  OWNER_REF: { type: 'text', ...OWN_TEXT_FIELDS.ownerRef },
  RELEASE: { type: 'related', counted: 'RELEASE', ...RELATED_TEXT_FIELDS.release },
  STATE: { type: 'text', column: sql`d.${identifier('state')}` },
  TEST_MODE: { type: 'boolean', column: sql`d.${identifier('test_mode')}` },
} as const satisfies Record<string, FieldColumn>;
export type FacetField = keyof typeof FACET_FIELDS;

/** Buckets of a field of the device. Releases of one version are one bucket, whatever their revisions. */
export function facetByField(name: FacetField, projectId: string, found: FoundDevices): FacetStatement {
  const field: FieldColumn = FACET_FIELDS[name];
  const kind = field.type === 'boolean' ? 'boolean' : 'text';
  return {
    definitions: [
      sql`counted as (${countField(field, projectId, found)})`,
      sql`bucket as (select c.parent, ${integerLiteral(VALUE_KINDS[kind])} as kind, null::double precision as number,
                            ${kind === 'text' ? sql`c.value` : sql`null::text`} as text, null::text as rest,
                            ${kind === 'boolean' ? sql`c.value` : sql`null::boolean`} as flag, c.n
                     from counted c where c.value is not null)`,
    ],
    totals: sql`select c.parent, sum(c.n) as found, coalesce(sum(c.n) filter (where c.value is not null), 0) as present,
                       null::bigint as beyond
                from counted c group by c.parent`,
  };
}

/** Rows (parent, value, n); those without a value are counted under null. */
function countField(field: FieldColumn, projectId: string, { isWholeProject, parent, condition }: FoundDevices) {
  const counts = sql`select ${parent} as parent, ${field.column} as value, count(*) as n
                     from device d where ${condition} group by 1, 2`;
  if (field.type !== 'related') return counts;
  const { table, text, counted } = field;
  return sql`select i.parent, r.${text} as value, sum(i.n) as n
             from (${isWholeProject ? keptCounts(projectId, counted) : counts}) i
             left join ${table} r on r.project_id = ${projectId} and r.id = i.value
             group by i.parent, r.${text}`;
}

/** The same rows by id, from the counts that are kept, without a look at the devices. */
function keptCounts(projectId: string, kind: 'COHORT' | 'GROUP' | 'RELEASE'): SqlFragment {
  const own = sql`select c.owner_id, sum(c.delta) as n from device_count c
                  where c.project_id = ${projectId} and c.kind = ${kind} group by c.owner_id having sum(c.delta) <> 0`;
  // Each device is in exactly one cohort; those that no group or release counts have none.
  const all = sql`select sum(c.delta) from device_count c where c.project_id = ${projectId} and c.kind = 'COHORT'`;
  return sql`select 0::bigint as parent, o.owner_id as value, o.n from (${own}) o
             union all
             select 0::bigint, null, coalesce((${all}), 0) - coalesce(sum(o.n), 0) from (${own}) o`;
}
