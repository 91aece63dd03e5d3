import { sql } from '../../src/database/sql.js';
import type { Fleet } from './fleet.js';

/** What is stored of an attribute: by `scope/source/name`. */
type StoredValues = Record<string, unknown>;

interface StoredDevice {
  readonly deviceSerial: string;
  readonly ownerRef: string | null;
  readonly hardwareVersion: string | null;
  readonly testMode: boolean;
  readonly state: string;
  readonly lastSeen: Date | null;
  readonly release: readonly [string, string | null] | null;
  readonly cohort: string;
  readonly group: string | null;
  readonly updatedAt: Date;
  readonly attributesUpdatedAt: Date | null;
  /** From the document: value, instant of its last change, description or null. */
  readonly attributes: Record<string, readonly [unknown, number, string | null]>;
  /** The same values put together from the postings; of an array its different elements, as `searchedFor` gives them. */
  readonly postings: StoredValues;
}

export interface StoredProject {
  readonly devices: readonly StoredDevice[];
  /** Kept counts and real ones, by `kind/name`; what has no devices is absent. */
  readonly keptCounts: Record<string, number>;
  readonly realCounts: Record<string, number>;
  /** Rows of postings and documents whose device is gone. */
  readonly orphans: number;
  /** `scope/source/name/type` of every attribute key. */
  readonly keys: readonly string[];
  readonly cohorts: readonly string[];
  readonly groups: readonly string[];
  readonly releases: readonly string[];
}

/** What searches know of a value: of an array its different elements, in an order of their own. */
export function searchedFor(value: unknown): unknown {
  return Array.isArray(value) ? inOneOrder([...new Set<unknown>(value)]) : value;
}

function inOneOrder(values: readonly unknown[]): unknown[] {
  return values.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Everything of a project that changes are about, read with statements of the tests' own. */
export async function readProject(fleet: Fleet, projectId: string): Promise<StoredProject> {
  const keys = await fleet.rows<{ id: string; scope: string; source: string; name: string; type: string }>(
    sql`select id, scope, source, name, type from attribute_key where project_id = ${projectId}`,
  );
  const keyById = new Map(keys.map((key) => [key.id, key]));
  const nameOf = (id: string) => {
    const key = keyById.get(id);
    if (key === undefined) throw new Error(`something stored names the attribute key ${id}, which does not exist`);
    return `${key.scope}/${key.source}/${key.name}`;
  };
  const rows = await fleet.rows<
    Omit<StoredDevice, 'attributes' | 'postings' | 'release'> & {
      id: string;
      version: string | null;
      revision: string | null;
      document: Record<string, [unknown, number, string?]>;
    }
  >(
    sql`select d.id, d.device_serial as "deviceSerial", d.owner_ref as "ownerRef",
               d.hardware_version as "hardwareVersion", d.test_mode as "testMode", d.state, d.last_seen as "lastSeen",
               r.version, r.revision, c.slug as cohort, g.name as "group", d.updated_at as "updatedAt",
               d.attributes_updated_at as "attributesUpdatedAt", o.attributes as document
        from device d join cohort c on c.project_id = d.project_id and c.id = d.cohort_id
        left join device_group g on g.project_id = d.project_id and g.id = d.group_id
        left join release r on r.project_id = d.project_id and r.id = d.last_seen_release_id
        join device_document o on o.project_id = d.project_id and o.device_id = d.id
        where d.project_id = ${projectId} order by d.device_serial`,
  );
  const postings = await readPostings(fleet, projectId);
  const deviceIds = new Set(rows.map(({ id }) => id));
  const valuesOf = (deviceId: string) => {
    const values: StoredValues = {};
    for (const one of postings.filter((posting) => posting.deviceId === deviceId)) {
      const key = keyById.get(one.keyId);
      const name = nameOf(one.keyId);
      if (Object.hasOwn(values, name)) throw new Error(`${name} has postings of two types`);
      values[name] =
        key?.type === 'EMPTY_ARRAY'
          ? []
          : key?.type.endsWith('_ARRAY') === true
            ? inOneOrder(one.values)
            : one.values[0];
      if (key?.type.endsWith('_ARRAY') !== true && one.values.length !== 1) throw new Error(`${name} has two postings`);
    }
    return values;
  };
  return {
    devices: rows.map(({ id, version, revision, document, ...device }) => ({
      ...device,
      release: version === null ? null : [version, revision],
      attributes: Object.fromEntries(
        Object.entries(document).map(([keyId, [value, at, description]]) => [
          nameOf(keyId),
          [value, at, description ?? null],
        ]),
      ),
      postings: valuesOf(id),
    })),
    keptCounts: await readCounts(fleet, projectId),
    realCounts: countReal(rows),
    orphans:
      new Set(postings.filter(({ deviceId }) => !deviceIds.has(deviceId)).map(({ deviceId }) => deviceId)).size +
      (await documentsWithoutDevice(fleet, projectId)),
    keys: keys.map(({ scope, source, name, type }) => `${scope}/${source}/${name}/${type}`).toSorted(),
    ...(await readNames(fleet, projectId)),
  };
}

interface Postings {
  readonly deviceId: string;
  readonly keyId: string;
  readonly values: readonly unknown[];
}

async function readPostings(fleet: Fleet, projectId: string): Promise<Postings[]> {
  const rows = await fleet.rows<{ deviceId: string; keyId: string; value: unknown }>(
    sql`select device_id as "deviceId", key_id::text as "keyId", value from (
          select device_id, key_id, to_jsonb(value || coalesce(rest, '')) as value
            from posting_text where project_id = ${projectId}
          union all select device_id, key_id, to_jsonb(value) from posting_number where project_id = ${projectId}
          union all select device_id, key_id, to_jsonb(value) from posting_boolean where project_id = ${projectId}
        ) p`,
  );
  const groups = new Map<string, { deviceId: string; keyId: string; values: unknown[] }>();
  for (const { deviceId, keyId, value } of rows) {
    const group = groups.get(`${deviceId}/${keyId}`) ?? { deviceId, keyId, values: [] };
    group.values.push(value);
    groups.set(`${deviceId}/${keyId}`, group);
  }
  return [...groups.values()];
}

async function readCounts(fleet: Fleet, projectId: string): Promise<Record<string, number>> {
  const rows = await fleet.rows<{ kind: string; name: string; count: number }>(
    sql`select n.kind, coalesce(c.slug, g.name, r.version || '/' || coalesce(r.revision, ''), n.owner_id || ' unknown') as name,
               sum(n.delta)::integer as count
        from device_count n
        left join cohort c on n.kind = 'COHORT' and c.project_id = n.project_id and c.id = n.owner_id
        left join device_group g on n.kind = 'GROUP' and g.project_id = n.project_id and g.id = n.owner_id
        left join release r on n.kind = 'RELEASE' and r.project_id = n.project_id and r.id = n.owner_id
        where n.project_id = ${projectId} group by 1, 2 having sum(n.delta) <> 0`,
  );
  return Object.fromEntries(rows.map(({ kind, name, count }) => [`${kind}/${name}`, count]));
}

function countReal(
  devices: readonly { cohort: string; group: string | null; version: string | null; revision: string | null }[],
): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (owner: string) => {
    counts[owner] = (counts[owner] ?? 0) + 1;
  };
  for (const { cohort, group, version, revision } of devices) {
    add(`COHORT/${cohort}`);
    if (group !== null) add(`GROUP/${group}`);
    if (version !== null) add(`RELEASE/${version}/${revision ?? ''}`);
  }
  return counts;
}

async function documentsWithoutDevice(fleet: Fleet, projectId: string): Promise<number> {
  const [row] = await fleet.rows<{ count: number }>(
    sql`select count(*)::integer as count from device_document o where o.project_id = ${projectId}
          and not exists (select 1 from device d where d.project_id = o.project_id and d.id = o.device_id)`,
  );
  return row!.count;
}

async function readNames(fleet: Fleet, projectId: string) {
  const names = async (from: Parameters<Fleet['rows']>[0]) => {
    const rows = await fleet.rows<{ name: string }>(from);
    return rows.map(({ name }) => name).toSorted();
  };
  return {
    cohorts: await names(sql`select slug as name from cohort where project_id = ${projectId}`),
    groups: await names(sql`select name from device_group where project_id = ${projectId}`),
    releases: await names(
      sql`select version || '/' || coalesce(revision, '') as name from release where project_id = ${projectId}`,
    ),
  };
}
