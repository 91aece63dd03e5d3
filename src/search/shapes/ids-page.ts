/** A page of device ids in their order: chosen first, so that only its devices are looked at whole. */
import { allOf, identifier, integerLiteral, join, sql, type SqlFragment } from '../../database/sql.js';
import { type CompileContext, compileFilter } from '../compile-filter.js';
import type { Filter } from '../filter.js';
import type { Branch } from './choose.js';
import type { PostingList } from './posting-list.js';

/** Ids between which the page lies, exclusive; repeated on every list, since inequalities do not travel through joins. */
export interface IdBounds {
  readonly above?: SqlFragment;
  readonly below?: SqlFragment;
  readonly descending: boolean;
}

interface Limit {
  readonly size: number;
  readonly offset: number;
}

/** A query for the ids (column `id`) of the page that the branches have together, in order, each once. */
export function idsPage(
  branches: readonly Branch[],
  bounds: IdBounds,
  { size, offset }: Limit,
  context: CompileContext,
): SqlFragment {
  const limit = sql`limit ${integerLiteral(size)} offset ${integerLiteral(offset)}`;
  const [branch, another] = branches;
  if (branch !== undefined && another === undefined) return sql`${idsOf(branch, bounds, context)} ${limit}`;
  // Each way in ends by itself; one condition with OR would not end before it has seen every device.
  const enough = sql`limit ${integerLiteral(size + offset)}`;
  const ways = branches.map((one) => sql`(${idsOf(one, bounds, context)} ${enough})`);
  return sql`select u.id from (${join(ways, UNION)}) u order by u.id ${direction(bounds)} ${limit}`;
}

const UNION = sql` union `;

function idsOf({ shape, lists, rest }: Branch, bounds: IdBounds, context: CompileContext): SqlFragment {
  const order = direction(bounds);
  const compiled = (filters: readonly Filter[]) => filters.map((filter) => compileFilter(filter, context));
  if (shape === 'devices') {
    const conditions = [sql`d.project_id = ${context.projectId}`, ...within(sql`d.id`, bounds), ...compiled(rest)];
    return sql`select d.id from device d where ${allOf(conditions)} order by d.id ${order}`;
  }
  const ofAttributes = rest.filter(needsIdAlone);
  const ofDevices = rest.filter((filter) => !needsIdAlone(filter));
  const start = shape === 'walk' ? walk(lists, bounds) : fewest(lists, bounds);
  const found = sql`select d.id from (${start}) d where ${allOf(compiled(ofAttributes))}`;
  if (ofDevices.length === 0) return sql`${found} order by d.id ${order}`;
  return sql`select s.id from (${found} order by d.id ${order} offset 0) s
             cross join lateral (
               select * from device d where d.project_id = ${context.projectId} and d.id = s.id offset 0) d
             where ${allOf(compiled(ofDevices))} order by s.id ${order}`;
}

/** Tested of an id, without a look at the device's row. */
export function needsIdAlone(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.every(needsIdAlone);
    case 'not':
      return needsIdAlone(filter.part);
    default:
      return filter.kind === 'attribute' || filter.kind === 'attributeExists' || filter.kind === 'arrayHasAll';
  }
}

/** Fenced: the planner would rather walk all devices in order than sort a list that it takes for a long one. */
function fewest(lists: readonly PostingList[], bounds: IdBounds): SqlFragment {
  const found = lists.map((list) => list.select(within(sql`p.device_id`, bounds)));
  return sql`select distinct device_id as id from (${join(found, sql` union all `)} offset 0) few
             order by device_id ${direction(bounds)} offset 0`;
}

function walk(lists: readonly PostingList[], bounds: IdBounds): SqlFragment {
  const [first, ...others] = lists.map((list) => list.select(within(sql`p.device_id`, bounds)));
  const joined = others.map((list, index) => {
    const alias = identifier(`l${index + 1}`);
    return sql`join (${list}) ${alias} on ${alias}.device_id = l0.device_id`;
  });
  return sql`select l0.device_id as id from (${first}) l0 ${join(joined, sql` `)}
             order by l0.device_id ${direction(bounds)} offset 0`;
}

function within(id: SqlFragment, { above, below }: IdBounds): SqlFragment[] {
  return [
    ...(above === undefined ? [] : [sql`${id} > ${above}`]),
    ...(below === undefined ? [] : [sql`${id} < ${below}`]),
  ];
}

function direction({ descending }: IdBounds): SqlFragment {
  return descending ? sql`desc` : sql`asc`;
}
