import DataLoader from 'dataloader';
import { prefixedColumns, selectList } from '../database/columns.js';
import { CohortEntity } from '../database/entities/cohort.entity.js';
import type { StoredAttributes } from '../database/entities/device-document.entity.js';
import { DeviceGroupEntity } from '../database/entities/device-group.entity.js';
import { DeviceEntity } from '../database/entities/device.entity.js';
import { oneRowPerKey } from '../database/rows-by-key.js';
import { commaSeparated, identifier, join, sql, type SqlFragment } from '../database/sql.js';
import type { SearchContext } from '../search/search.js';
import { isAmong } from './is-among.js';
import { type createAttributesLoader, primeAttributes } from './attributes.js';
import type { createRowLoaders } from './rows.js';

/** What hangs on a device as one row each, and can be read with it. */
export type DeviceChild = 'cohort' | 'group' | 'attributes';

export interface DeviceKey {
  readonly by: 'id' | 'deviceSerial' | 'uuid';
  readonly key: string;
  /** What will be asked of the device: it is read by the same statement, and its own loaders know it then. */
  readonly children?: readonly DeviceChild[];
}

/** Where children that came with their device are kept. */
type ChildLoaders = Pick<ReturnType<typeof createRowLoaders>, 'cohort' | 'group'> & {
  readonly attributes: ReturnType<typeof createAttributesLoader>;
};

type FoundRow = DeviceEntity & { readonly document: StoredAttributes | null } & Readonly<Record<string, unknown>>;

const COLUMNS = {
  id: { column: sql`d.id`, type: 'bigint' },
  deviceSerial: { column: sql`d.device_serial`, type: 'text' },
  uuid: { column: sql`d.uuid`, type: 'uuid' },
} as const;

const COHORT = prefixedColumns(CohortEntity, 'c');
const GROUP = prefixedColumns(DeviceGroupEntity, 'g');

/** Devices by any of their keys; null for one that is unknown or of another project, which are the same to the caller. */
export function createDeviceLoader(
  { database, projectId, attributeKeys }: Pick<SearchContext, 'database' | 'projectId' | 'attributeKeys'>,
  loaders: ChildLoaders,
): DataLoader<DeviceKey, DeviceEntity | null, string> {
  async function load(by: DeviceKey['by'], wanted: readonly DeviceKey[]): Promise<(DeviceEntity | null)[]> {
    const children = new Set(wanted.flatMap((key) => key.children ?? []));
    const keys = wanted.map(({ key }) => key);
    const { column, type } = COLUMNS[by];
    const rows = await database.lookUp<FoundRow>(
      'loaders.devices',
      sql`select ${commaSeparated([selectList(DeviceEntity, 'd'), ...columnsOf(children)])}
          from device d ${joinsOf(children, projectId)}
          where d.project_id = ${projectId} and ${isAmong(column, keys, type)}`,
    );
    if (children.has('cohort')) {
      for (const row of rows) loaders.cohort.prime(row.cohortId, COHORT.read(row));
    }
    if (children.has('group')) {
      for (const row of rows) if (row.groupId !== null) loaders.group.prime(row.groupId, GROUP.read(row));
    }
    if (children.has('attributes')) {
      await primeAttributes(loaders.attributes, { database, projectId, attributeKeys }, rows);
    }
    return oneRowPerKey<DeviceEntity>(keys, rows, (row) => row[by]);
  }

  return new DataLoader(
    async (keys) => {
      const found = new Map<DeviceKey, DeviceEntity | null>();
      const kinds = (['id', 'deviceSerial', 'uuid'] as const).map((by) => keys.filter((key) => key.by === by));
      await Promise.all(
        kinds.map(async (ofKind) => {
          if (ofKind[0] === undefined) return;
          const devices = await load(ofKind[0].by, ofKind);
          for (const [index, key] of ofKind.entries()) found.set(key, devices[index] ?? null);
        }),
      );
      return keys.map((key) => found.get(key) ?? null);
    },
    { cacheKeyFn: ({ by, key }) => `${by}/${key}` },
  );
}

function columnsOf(children: ReadonlySet<DeviceChild>): SqlFragment[] {
  return [
    ...(children.has('cohort') ? [COHORT.list] : []),
    ...(children.has('group') ? [GROUP.list] : []),
    ...(children.has('attributes') ? [sql`x.attributes as document`] : []),
  ];
}

function joinsOf(children: ReadonlySet<DeviceChild>, projectId: string): SqlFragment {
  const joined = (table: string, alias: string, on: SqlFragment) =>
    sql`left join ${identifier(table)} ${identifier(alias)}
        on ${identifier(alias)}.project_id = ${projectId} and ${on}`;
  return join(
    [
      ...(children.has('cohort') ? [joined('cohort', 'c', sql`c.id = d.cohort_id`)] : []),
      ...(children.has('group') ? [joined('device_group', 'g', sql`g.id = d.group_id`)] : []),
      ...(children.has('attributes') ? [joined('device_document', 'x', sql`x.device_id = d.id`)] : []),
    ],
    sql` `,
  );
}
