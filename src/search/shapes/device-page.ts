/** From which rows a page of devices is read, by the shape that fits its filter and its order. */
import { integerLiteral, join, sql, type SqlFragment } from '../../database/sql.js';
import { type CompileContext, compileFilter, compileWithDocument } from '../compile-filter.js';
import { type Filter, isAboutAttributes, speaksOfAttributes } from '../filter.js';
import type { Branch } from './choose.js';
import { devicesWithin, type IdBounds, idsPage } from './ids-page.js';
import { type PostingList, postingListOf } from './posting-list.js';
import type { SortedList } from './sorted.js';

/** Rows `device d` with what else belongs to a statement that reads a page of them. */
export interface Source {
  readonly from: SqlFragment;
  /** Conditions on `d`. */
  readonly conditions: readonly SqlFragment[];
  /** Order by which the rows come already; the statement must repeat it. */
  readonly orderBy?: SqlFragment;
  /** Exactly the page is read: no condition, limit or offset is missing. */
  readonly isPage?: boolean;
  /** `d` is no more than an id. */
  readonly hasIdAlone?: boolean;
  /** Conditions on `d` that cost so much that only the first `looks` rows in the order asked are tested. */
  readonly testedLast?: { readonly looks: number; readonly condition: SqlFragment };
}

/** Sorted by id: the page's ids first, then their devices. */
export function inOrderOfIds(
  branches: readonly Branch[],
  bounds: IdBounds,
  limit: { readonly size: number; readonly offset: number },
  context: CompileContext,
): Source {
  const [branch, another] = branches;
  if (branch?.shape === 'devices' && another === undefined) {
    // The devices are looked at anyway.
    const orderBy = sql`d.id ${bounds.descending ? sql`desc` : sql`asc`}`;
    return { from: sql`device d`, conditions: devicesWithin(branch, bounds, context), orderBy };
  }
  const page = idsPage(branches, bounds, limit, context);
  return {
    from: fromFound(sql`(${page})`, context.projectId),
    conditions: [],
    orderBy: sql`found.id ${bounds.descending ? sql`desc` : sql`asc`}`,
    isPage: true,
  };
}

/**
 * The devices of rare lists, read whole. `byIdAlone`: the order asks for nothing of the device's row, so that it is
 * looked at only if a test does.
 */
export function fromRareLists(
  branches: readonly Branch[],
  filter: Filter,
  context: CompileContext,
  byIdAlone: boolean,
): Source {
  const rest = restOf(branches, filter);
  const hasIdAlone = byIdAlone && rest.every(isAboutAttributes);
  return {
    from: hasIdAlone ? sql`${rareIds(branches)} d` : fromFound(rareIds(branches), context.projectId),
    conditions: rest.map((one) => compileFilter(one, context)),
    hasIdAlone,
  };
}

/** What is still to be tested: of several ways in it is not known which one found a device. */
function restOf([branch, another]: readonly Branch[], filter: Filter): readonly Filter[] {
  return branch !== undefined && another === undefined ? branch.rest : [filter];
}

/** Fenced: the planner takes any list for a long one. */
function rareIds(branches: readonly Branch[]): SqlFragment {
  const lists = branches.flatMap((branch) => branch.lists);
  return sql`(select distinct few.device_id as id from (${unionOf(lists)} offset 0) few offset 0)`;
}

function unionOf(lists: readonly PostingList[]): SqlFragment {
  return join(
    lists.map((list) => list.select([])),
    sql` union all `,
  );
}

/** All devices of the project; lists that the filter has are compared as sets, since all that is found has to be read. */
export function bySets(filter: Filter, context: CompileContext): Source {
  const lists: PostingList[] = [];
  const rest: Filter[] = [];
  for (const term of filter.kind === 'and' ? filter.parts : [filter]) {
    const list = postingListOf(term, context);
    if (list === undefined) rest.push(term);
    else lists.push(list);
  }
  const documents = sql`join device_document o on o.project_id = ${context.projectId} and o.device_id = d.id`;
  return {
    from: sql`device d ${rest.some(speaksOfAttributes) ? documents : sql``}`,
    conditions: [
      ...lists.map((list) => sql`d.id in (${list.select([])})`),
      ...rest.map((one) => compileWithDocument(one, context)),
    ],
  };
}

/**
 * The same, but what is asked of documents is asked of the first devices alone, once all are sorted; undefined if nothing
 * is.
 */
export function bySetsThenTests(filter: Filter, looks: number, context: CompileContext): Source | undefined {
  const terms = filter.kind === 'and' ? filter.parts : [filter];
  const isCostly = (term: Filter) => speaksOfAttributes(term) && postingListOf(term, context) === undefined;
  const costly = terms.filter(isCostly);
  if (costly.length === 0) return undefined;
  return {
    ...bySets({ kind: 'and', parts: terms.filter((term) => !isCostly(term)) }, context),
    testedLast: { looks, condition: compileFilter({ kind: 'and', parts: costly }, context) },
  };
}

/** The devices in the order of an index, each tested until the page is full; only so many are looked at. */
export function alongIndex(sorted: SortedList, looks: number, filter: Filter, context: CompileContext): Source {
  const terms = filter.kind === 'and' ? filter.parts : [filter];
  const ofAttributes: Filter = { kind: 'and', parts: terms.filter(isAboutAttributes) };
  const ofDevices = terms.filter((term) => !isAboutAttributes(term));
  // What is left out must come after everything that is read.
  const end = sorted.isTotal ? sql`only` : sql`with ties`;
  const first = sql`${sorted.select} fetch first ${integerLiteral(looks)} rows ${end}`;
  const byValue = (rows: SqlFragment) =>
    sorted.isTotal
      ? sql`${rows}.value ${sorted.direction}, ${rows}.id ${sorted.idDirection}`
      : sql`${rows}.value ${sorted.direction}`;
  const found = sql`(select d.id, d.value from (${first}) d where ${compileFilter(ofAttributes, context)}
                     order by ${byValue(sql`d`)} offset 0)`;
  return {
    from: fromFound(found, context.projectId),
    conditions: ofDevices.map((one) => compileFilter(one, context)),
    orderBy: byValue(sql`found`),
  };
}

/** Fenced, so that each device found is looked up by its key, in the order in which the list gives them. */
export function fromFound(found: SqlFragment, projectId: string): SqlFragment {
  return sql`${found} found cross join lateral (
               select * from device d where d.project_id = ${projectId} and d.id = found.id offset 0) d`;
}
