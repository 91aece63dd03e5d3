/** What is read of devices and with them, by one statement: what will be asked of them, and nothing else. */
import { type DocumentAttributes, readDocuments } from '../attributes/documents.js';
import type { AttributeKey, AttributeKeys } from '../attributes/keys.js';
import { joinedColumns, propertiesOf, selectSome } from '../database/columns.js';
import { CohortEntity } from '../database/entities/cohort.entity.js';
import type { StoredAttribute, StoredAttributes } from '../database/entities/device-document.entity.js';
import { DeviceGroupEntity } from '../database/entities/device-group.entity.js';
import { DeviceEntity } from '../database/entities/device.entity.js';
import type { Executor } from '../database/query.js';
import { commaSeparated, identifier, join, sql, type SqlFragment } from '../database/sql.js';

/** A cohort or group, with the number of its devices if that was read. */
type Counted<Row> = Row & { readonly deviceCount?: number };

/** What came with a device. What is absent was not read, and is not known. */
interface DeviceChildren {
  readonly cohort?: Counted<CohortEntity>;
  readonly group?: Counted<DeviceGroupEntity> | null;
  attributes?: DocumentAttributes;
}

/** A device as it was read: columns that nobody asked for are missing. */
export type DeviceRow = DeviceEntity & DeviceChildren;

/** Names are of properties of the entities; others are ignored. */
export interface AskedOfDevices {
  readonly columns: ReadonlySet<string>;
  readonly cohort?: AskedOfParent | undefined;
  readonly group?: AskedOfParent | undefined;
  readonly attributes?: boolean;
}

interface AskedOfParent {
  readonly columns: ReadonlySet<string>;
  readonly deviceCount: boolean;
}

type ReadRow = Record<string, unknown> & { readonly document: StoredAttributes | null };

const PARENTS = {
  cohort: { entity: CohortEntity, table: sql`cohort`, alias: 'c', key: sql`"cohortId"`, kind: sql`'COHORT'` },
  group: { entity: DeviceGroupEntity, table: sql`device_group`, alias: 'g', key: sql`"groupId"`, kind: sql`'GROUP'` },
} as const;

/** The cohorts or groups of a page's devices. */
class JoinedParent {
  readonly columns: SqlFragment;
  readonly hasCount: boolean;
  readonly #of: keyof typeof PARENTS;
  readonly #joined: ReturnType<typeof joinedColumns>;

  constructor(of: keyof typeof PARENTS, { columns, deviceCount }: AskedOfParent) {
    const { entity, alias } = PARENTS[of];
    this.#of = of;
    this.#joined = joinedColumns<CohortEntity | DeviceGroupEntity>(entity, alias, columns);
    this.hasCount = deviceCount;
    this.columns = deviceCount ? sql`${this.#joined.list}, ${this.#count}.n as ${this.#count}` : this.#joined.list;
  }

  get #count(): SqlFragment {
    return identifier(`${PARENTS[this.#of].alias}_count`);
  }

  /** Counts are read of the page's cohorts or groups alone: a project may have many. */
  join(projectId: string): SqlFragment {
    const { table, alias, key, kind } = PARENTS[this.#of];
    const parent = identifier(alias);
    const joined = sql`left join ${table} ${parent} on ${parent}.project_id = ${projectId} and ${parent}.id = page.${key}`;
    if (!this.hasCount) return joined;
    return sql`${joined}
      left join (select k.owner_id, sum(k.delta)::integer as n from device_count k
                 where k.project_id = ${projectId} and k.kind = ${kind} and k.owner_id in (select p.${key} from page p)
                 group by k.owner_id) ${this.#count} on ${this.#count}.owner_id = page.${key}`;
  }

  read(row: ReadRow): object | null {
    const own = this.#joined.read(row);
    if (own === null || !this.hasCount) return own;
    return Object.assign(own, { deviceCount: row[`${PARENTS[this.#of].alias}_count`] ?? 0 });
  }
}

interface StatementOptions {
  /** Names of columns that are passed on. */
  readonly others?: readonly string[];
  /** In which order of their ids the devices are answered, if it is one. */
  readonly idOrder?: SqlFragment | undefined;
  /** All attributes that will be asked for, which are taken out of the documents. Absent: the documents are read whole. */
  readonly named?: readonly AttributeKey[] | undefined;
}

interface KeysContext {
  readonly database: Executor;
  readonly attributeKeys: AttributeKeys;
  readonly projectId: string;
}

export class DeviceReading {
  static #made = 0;
  /** All columns of the device, and nothing else. */
  static readonly ownColumns = new DeviceReading({ columns: propertiesOf(DeviceEntity) });

  /** Another one has another. */
  readonly id = (DeviceReading.#made += 1);
  /** Select list of the devices `d` themselves. */
  readonly columns: SqlFragment;
  /** What of it is answered; the rest is for joins. */
  readonly #own: readonly SqlFragment[];
  readonly #parents: ReadonlyMap<'cohort' | 'group', JoinedParent>;
  readonly #hasDocuments: boolean;
  readonly #asked: AskedOfDevices;

  constructor(asked: AskedOfDevices) {
    const { columns, cohort, group, attributes = false } = asked;
    this.#asked = asked;
    const own = new Set([...propertiesOf(DeviceEntity)].filter((name) => name === 'id' || columns.has(name)));
    const forJoins = [...(cohort === undefined ? [] : ['cohortId']), ...(group === undefined ? [] : ['groupId'])];
    this.columns = selectSome(DeviceEntity, 'd', new Set([...own, ...forJoins]));
    this.#own = [...own].map(identifier);
    this.#hasDocuments = attributes;
    this.#parents = new Map([
      ...(cohort === undefined ? [] : [['cohort', new JoinedParent('cohort', cohort)] as const]),
      ...(group === undefined ? [] : [['group', new JoinedParent('group', group)] as const]),
    ]);
  }

  /** What any of them reads. */
  static union(readings: readonly DeviceReading[]): DeviceReading {
    const asked = readings.map((reading) => reading.#asked);
    return new DeviceReading({
      columns: new Set(asked.flatMap(({ columns }) => [...columns])),
      cohort: unionOfParents(asked.map(({ cohort }) => cohort)),
      group: unionOfParents(asked.map(({ group }) => group)),
      attributes: asked.some(({ attributes }) => attributes),
    });
  }

  get #hasChildren(): boolean {
    return this.#hasDocuments || this.#parents.size > 0;
  }

  /** The devices with what hangs on them. `devices` is a query of `columns` and `others` of devices `d`. */
  statement(
    devices: SqlFragment,
    projectId: string,
    { others = [], idOrder, named }: StatementOptions = {},
  ): SqlFragment {
    if (!this.#hasChildren) return devices;
    const parents = [...this.#parents.values()];
    const columns = [
      ...[...this.#own, ...others.map(identifier)].map((name) => sql`page.${name}`),
      ...parents.map((parent) => parent.columns),
      ...(this.#hasDocuments ? columnsOfDocument(named) : []),
    ];
    const joins = [
      ...parents.map((parent) => parent.join(projectId)),
      ...(this.#hasDocuments
        ? [sql`left join device_document x on x.project_id = ${projectId} and x.device_id = page.id`]
        : []),
    ];
    const page =
      idOrder === undefined ? sql`select f.*, row_number() over () as position from (${devices}) f` : devices;
    const order = idOrder === undefined ? sql`page.position` : sql`page.id ${idOrder}`;
    const isNamed = parents.some(({ hasCount }) => hasCount);
    return sql`${isNamed ? sql`with page as materialized (${page})` : sql``}
      select ${commaSeparated(columns)} from ${isNamed ? sql`page` : sql`(${page}) page`} ${join(joins, sql` `)}
      order by ${order}`;
  }

  /** Puts into each row what came with it. Rows are those of the statement, with the same `named`. */
  async finish(rows: readonly object[], context: KeysContext, named?: readonly AttributeKey[]): Promise<void> {
    const targets = rows as ReadRow[];
    for (const [name, parent] of this.#parents) for (const row of targets) row[name] = parent.read(row);
    if (!this.#hasDocuments) return;
    const { attributeKeys, database, projectId } = context;
    const attributes =
      named === undefined
        ? await readDocuments(
            targets.map(({ document }) => document ?? {}),
            (ids) => attributeKeys.byIds(database, projectId, ids),
          )
        : await readDocuments(
            targets.map((row) => documentOf(row, named)),
            async () => new Map(named.map((key) => [String(key.id), key])),
          );
    for (const [index, row] of targets.entries()) row['attributes'] = attributes[index];
  }
}

function columnsOfDocument(named: readonly AttributeKey[] | undefined): SqlFragment[] {
  if (named === undefined) return [sql`x.attributes as document`];
  return named.map(({ id }, index) => sql`x.attributes -> ${String(id)}::text as ${identifier(`a${index}`)}`);
}

function documentOf(row: ReadRow, named: readonly AttributeKey[]): StoredAttributes {
  const document: Record<string, StoredAttribute> = {};
  for (const [index, { id }] of named.entries()) {
    const stored = row[`a${index}`] as StoredAttribute | null;
    if (stored !== null) document[id] = stored;
  }
  return document;
}

function unionOfParents(asked: readonly (AskedOfParent | undefined)[]): AskedOfParent | undefined {
  const given = asked.filter((one) => one !== undefined);
  if (given.length === 0) return undefined;
  return {
    columns: new Set(given.flatMap(({ columns }) => [...columns])),
    deviceCount: given.some(({ deviceCount }) => deviceCount),
  };
}
