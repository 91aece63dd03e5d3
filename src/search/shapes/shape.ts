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
}

/** A term with at most so many postings is where to start: all of its devices are tested within some milliseconds. */
const FEW = 2_000;

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
  const lists = termsOf(filter).flatMap((term) => postingListOf(term, context) ?? []);
  if (lists.length === 0) return EVERY_DEVICE;
  const counts = await countPostings(executor, lists);
  const [rarest] = lists.map((list, index) => ({ list, count: counts[index]! })).toSorted((a, b) => a.count - b.count);
  if (rarest !== undefined && rarest.count <= FEW) return { name: 'fewest', start: [rarest.list] };
  const [first] = order;
  const isById = first !== undefined && 'field' in first && first.field === 'ID';
  const walked = isById ? lists.filter(({ isInDeviceOrder }) => isInDeviceOrder) : [];
  return walked.length > 0 ? { name: 'walk', start: walked } : EVERY_DEVICE;
}

/** Numbers of postings of each list, exact up to FEW and FEW + 1 beyond. */
async function countPostings(executor: Executor, lists: readonly PostingList[]): Promise<number[]> {
  const bounded = lists.map(
    (list, index) =>
      sql`(select count(*)::integer from (${list.select([])} limit ${integerLiteral(FEW + 1)}) few) as ${identifier(`n${index}`)}`,
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
  const found = (bounds: DeviceBounds) => (name === 'fewest' ? fewest(start) : walk(start, bounds));
  const from = (bounds: DeviceBounds) =>
    name === 'devices'
      ? sql`device d`
      : // Fenced, so that each device found is looked up by its key, in the order in which the list gives them.
        sql`${found(bounds)} found cross join lateral (
              select * from device d where d.project_id = ${context.projectId} and d.id = found.device_id offset 0) d`;
  return { name, from, found, conditions };
}

function fewest(lists: readonly PostingList[]): SqlFragment {
  const found = join(
    lists.map((list) => list.select([])),
    sql` union all `,
  );
  return sql`(select distinct device_id from (${found}) few offset 0)`;
}

function walk(lists: readonly PostingList[], bounds: DeviceBounds): SqlFragment {
  // Inequalities do not travel through joins: a cursor on one list would let the others be read from their start.
  const within = [
    ...(bounds.above === undefined ? [] : [sql`p.device_id > ${bounds.above}`]),
    ...(bounds.below === undefined ? [] : [sql`p.device_id < ${bounds.below}`]),
  ];
  const [first, ...others] = lists.map((list) => list.select(within));
  const joined = others.map((list, index) => {
    const alias = identifier(`l${index + 1}`);
    return sql`join (${list}) ${alias} on ${alias}.device_id = l0.device_id`;
  });
  const direction = bounds.descending === true ? sql`desc` : sql`asc`;
  return sql`(select l0.device_id from (${first}) l0 ${join(joined, sql` `)}
              order by l0.device_id ${direction} offset 0)`;
}
