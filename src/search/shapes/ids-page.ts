/** A page of device ids in their order: chosen first, so that only its devices are looked at whole. */
import { allOf, identifier, integerLiteral, join, sql, type SqlFragment } from '../../database/sql.js';
import { type CompileContext, compileFilter, compileWithDocument } from '../compile-filter.js';
import { type Filter, isAboutAttributes } from '../filter.js';
import type { Branch } from './choose.js';
import { type PostingList, postingListOf } from './posting-list.js';

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

function idsOf(branch: Branch, bounds: IdBounds, context: CompileContext): SqlFragment {
  const order = direction(bounds);
  const ofAttributes = branch.rest.filter(isAboutAttributes);
  const ofDevices = branch.rest.filter((filter) => !isAboutAttributes(filter));
  if (branch.shape === 'devices') {
    const conditions = [sql`d.project_id = ${context.projectId}`, ...devicesWithin(branch, bounds, context)];
    return sql`select d.id from device d where ${allOf(conditions)} order by d.id ${order}`;
  }
  if (branch.shape === 'documents') return documents(ofAttributes, ofDevices, bounds, context);
  const tested = (ids: SqlFragment, tests: readonly Filter[]) =>
    tests.length === 0
      ? ids
      : sql`select d.id from (${ids} offset 0) d
            where ${compileFilter(allHold(tests), context)} order by d.id ${order}`;
  // A document is looked at last: it lies elsewhere for each device, and the planner takes both looks for alike.
  const isProbe = (filter: Filter) => postingListOf(filter, context)?.isInDeviceOrder === true;
  const ofDocuments = ofAttributes.filter((filter) => !isProbe(filter));
  const found = tested(tested(listed(branch, bounds), ofAttributes.filter(isProbe)), ofDocuments);
  if (ofDevices.length === 0) return found;
  return sql`select s.id from (${found} offset 0) s
             cross join lateral (
               select * from device d where d.project_id = ${context.projectId} and d.id = s.id offset 0) d
             where ${compileFilter(allHold(ofDevices), context)} order by s.id ${order}`;
}

/** Conditions on `d` of a branch that tests all devices. */
export function devicesWithin({ rest }: Branch, bounds: IdBounds, context: CompileContext): SqlFragment[] {
  return [...within(sql`d.id`, bounds), compileFilter(allHold(rest), context)];
}

/** Compiled together, what is asked of a device's document takes one look at it. */
function allHold(parts: readonly Filter[]): Filter {
  return { kind: 'and', parts };
}

function listed({ shape, lists }: Branch, bounds: IdBounds): SqlFragment {
  return shape === 'walk' ? walk(lists, bounds) : fewest(lists, bounds);
}

function documents(
  ofAttributes: readonly Filter[],
  ofDevices: readonly Filter[],
  bounds: IdBounds,
  context: CompileContext,
): SqlFragment {
  const order = sql`order by o.device_id ${direction(bounds)}`;
  const conditions = allOf([
    sql`o.project_id = ${context.projectId}`,
    ...within(sql`o.device_id`, bounds),
    compileWithDocument(allHold(ofAttributes), context),
  ]);
  if (ofDevices.length === 0) {
    return sql`select o.device_id as id from device_document o where ${conditions} ${order}`;
  }
  return sql`select o.device_id as id
             from (select o.device_id, o.attributes from device_document o where ${conditions} ${order} offset 0) o
             cross join lateral (
               select * from device d where d.project_id = ${context.projectId} and d.id = o.device_id offset 0) d
             where ${compileWithDocument(allHold(ofDevices), context)} ${order}`;
}

/** Fenced: the planner would rather walk all devices in order than sort a list that it takes for a long one. */
function fewest(lists: readonly PostingList[], bounds: IdBounds): SqlFragment {
  const found = lists.map((list) => list.select(within(sql`p.device_id`, bounds)));
  const [list, another] = lists;
  const distinct = list?.isUnique === true && another === undefined ? sql`` : sql`distinct`;
  return sql`select ${distinct} few.device_id as id from (${join(found, sql` union all `)} offset 0) few
             order by few.device_id ${direction(bounds)}`;
}

function walk(lists: readonly PostingList[], bounds: IdBounds): SqlFragment {
  const [first, ...others] = lists.map((list) => list.select(within(sql`p.device_id`, bounds)));
  const joined = others.map((list, index) => {
    const alias = identifier(`l${index + 1}`);
    return sql`join (${list}) ${alias} on ${alias}.device_id = l0.device_id`;
  });
  return sql`select l0.device_id as id from (${first}) l0 ${join(joined, sql` `)}
             order by l0.device_id ${direction(bounds)}`;
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
