/**
 * Where a search starts from. The planner cannot choose: all keys share one value column, and it estimates a range or
 * value over their mixture. So the frequency of each term is counted first, up to a bound, along its index; a count costs
 * a fraction of a millisecond, is always current, and nothing has to be kept.
 */
import type { Executor } from '../../database/query.js';
import { commaSeparated, identifier, integerLiteral, join, sql, type SqlFragment } from '../../database/sql.js';
import { type CompileContext, compileFilter } from '../compile-filter.js';
import type { Filter } from '../filter.js';
import type { OrderKey } from '../order.js';
import { deviceListOf } from './device-list.js';
import { type PostingList, postingListOf } from './posting-list.js';

/** A statement's source of devices and what is still to be tested of each. */
export interface Shape {
  /**
   * - `devices`: all devices of the project, each tested.
   * - `fewest`: the devices of the rarest term, each tested for the rest.
   * - `walk`: the lists of one-value terms together, in order of device ids, each device tested for the rest; it ends as
   *   soon as the page is full.
   */
  readonly name: 'devices' | 'fewest' | 'walk';
  /** What follows FROM: yields `device d`. */
  readonly from: (bounds: DeviceBounds) => SqlFragment;
  /** A subquery of the device ids alone, without conditions; each once. Not for `devices`. */
  readonly found: (bounds: DeviceBounds) => SqlFragment;
  readonly conditions: readonly SqlFragment[];
}

/** Ids between which the page lies, exclusive, where the order is by id; to be repeated on every list. */
export interface DeviceBounds {
  readonly above?: SqlFragment;
  readonly below?: SqlFragment;
  readonly descending?: boolean;
  /** Whether the order is by id at all. */
  readonly isById?: boolean;
}

/** A term with at most so many postings is where to start: all of its devices are tested within some milliseconds. */
const FEW = 2_000;
/** In order of ids only as many devices are tested as the page needs, so that a longer list will do. */
const FEW_BY_ID = 20_000;

/** Which terms of a filter to start from. */
export interface Choice {
  readonly name: Shape['name'];
  readonly start: readonly PostingList[];
}

export async function chooseShape(
  executor: Executor,
  filter: Filter,
  context: CompileContext,
  order: readonly OrderKey[],
): Promise<Choice> {
  const lists = termsOf(filter).flatMap((term) => postingListOf(term, context) ?? deviceListOf(term, context) ?? []);
  if (lists.length === 0) return EVERY_DEVICE;
  const [first] = order;
  const isById = first !== undefined && 'field' in first && first.field === 'ID';
  const few = isById ? FEW_BY_ID : FEW;
  const counts = await countPostings(executor, lists, few);
  const [rarest] = lists.map((list, index) => ({ list, count: counts[index]! })).toSorted((a, b) => a.count - b.count);
  // Sorted by another field all that is found has to be read, which the lists together keep short. Serials and attributes
  // have an index to walk instead.
  const isByField = first !== undefined && 'field' in first && first.field !== 'DEVICE_SERIAL';
  const walked = isByField ? lists.filter(({ isInDeviceOrder }) => isInDeviceOrder) : [];
  if (rarest !== undefined && rarest.count <= (walked.length > 0 ? FEW : few)) {
    return { name: 'fewest', start: [rarest.list] };
  }
  return walked.length > 0 ? { name: 'walk', start: walked } : EVERY_DEVICE;
}

/** Numbers of postings of each list, exact up to `few`, one more beyond. */
async function countPostings(executor: Executor, lists: readonly PostingList[], few: number): Promise<number[]> {
  const bounded = lists.map(
    (list, index) =>
      sql`(select count(*)::integer from (${list.select([])} limit ${integerLiteral(few + 1)}) few) as ${identifier(`n${index}`)}`,
  );
  const [row] = await executor.rows<Record<string, number>>(
    'search.frequencies',
    sql`select ${commaSeparated(bounded)}`,
  );
  return lists.map((_, index) => row?.[`n${index}`] ?? 0);
}

const EVERY_DEVICE: Choice = { name: 'devices', start: [] };

/** What all must hold. */
function termsOf(filter: Filter): readonly Filter[] {
  return filter.kind === 'and' ? filter.parts : [filter];
}

export function compileShape({ name, start }: Choice, filter: Filter, context: CompileContext): Shape {
  const covered = new Set(start.map(({ term }) => term));
  const conditions = termsOf(filter)
    .filter((term) => !covered.has(term))
    .map((term) => compileFilter(term, context));
  const found = (bounds: DeviceBounds) => (name === 'fewest' ? fewest(start, bounds) : walk(start, bounds));
  const from = (bounds: DeviceBounds) =>
    name === 'devices' ? sql`device d` : fromFound(found(bounds), context.projectId);
  return { name, from, found, conditions };
}

/** Fenced, so that each device found is looked up by its key, in the order in which the list gives them. */
export function fromFound(found: SqlFragment, projectId: string): SqlFragment {
  return sql`${found} found cross join lateral (
               select * from device d where d.project_id = ${projectId} and d.id = found.device_id offset 0) d`;
}

function fewest(lists: readonly PostingList[], bounds: DeviceBounds): SqlFragment {
  const found = join(
    lists.map((list) => list.select(within(bounds))),
    sql` union all `,
  );
  // Fenced: the planner would rather walk all devices in order than sort a list that it takes for a long one.
  return sql`(select distinct device_id from (${found} offset 0) few order by device_id ${directionOf(bounds)} offset 0)`;
}

function walk(lists: readonly PostingList[], bounds: DeviceBounds): SqlFragment {
  const [first, ...others] = lists.map((list) => list.select(within(bounds)));
  const joined = others.map((list, index) => {
    const alias = identifier(`l${index + 1}`);
    return sql`join (${list}) ${alias} on ${alias}.device_id = l0.device_id`;
  });
  return sql`(select l0.device_id from (${first}) l0 ${join(joined, sql` `)}
              order by l0.device_id ${directionOf(bounds)} offset 0)`;
}

/** Inequalities do not travel through joins: a cursor on one list would let the others be read from their start. */
function within(bounds: DeviceBounds): SqlFragment[] {
  return [
    ...(bounds.above === undefined ? [] : [sql`p.device_id > ${bounds.above}`]),
    ...(bounds.below === undefined ? [] : [sql`p.device_id < ${bounds.below}`]),
  ];
}

export function directionOf(bounds: DeviceBounds): SqlFragment {
  return bounds.descending === true ? sql`desc` : sql`asc`;
}
