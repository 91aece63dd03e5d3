/** Where a search starts: which lists of devices are read, and what is then tested of each device. */
import type { Executor } from '../../database/query.js';
import type { CompileContext } from '../compile-filter.js';
import { describeTerm } from '../describe-term.js';
import { type Filter, speaksOfAttributes } from '../filter.js';
import { deviceListOf } from './device-list.js';
import type { Frequencies, Frequency } from './frequencies.js';
import { type PostingList, postingListOf, toCounted } from './posting-list.js';

/** One way into the result; a search has several where it asks for one thing or another. */
export interface Branch {
  /**
   * - `devices`: all devices of the project, each tested.
   * - `documents`: the documents of all devices, for tests of attributes: one after the other they are read five times as
   *   fast as looked up.
   * - `fewest`: the devices of a rare list, read whole.
   * - `walk`: lists in order of device ids, read together; it ends as soon as the page is full.
   */
  readonly shape: 'devices' | 'documents' | 'fewest' | 'walk';
  readonly lists: readonly PostingList[];
  /** What is still to be tested of each device. */
  readonly rest: readonly Filter[];
}

export interface Choice {
  readonly branches: readonly Branch[];
  readonly estimates: readonly Estimate[];
}

/** For people: how many devices a term was taken to have. */
interface Estimate {
  readonly term: string;
  readonly count: number;
  /** Else there are at least so many. */
  readonly exact: boolean;
}

/** By what a page is sorted, which decides how much of a result has to be read for it. */
export type OrderKind =
  /** Lists have this order already: what is read is what the page needs. */
  | 'id'
  /** There is an index of the values: of serials or of an attribute. */
  | 'indexed'
  /** All that is found has to be read. */
  | 'other';

/**
 * Lists are counted up to a bound, and once more up to a higher one if none of them is found to be rare. In the order of an
 * index a list competes with that index; else a longer one does too: in order of ids its devices are tested only until the
 * page is full, and otherwise all of it must be read, which nothing but a shorter list would spare.
 */
const SHORT = 500;
const SHORT_BESIDE_INDEX = 2_000;
const LONGEST = 20_000;
/** Of a small fleet all devices are read as quickly as a longer list of them. */
const SHARE = 1 / 50;

/** Beyond it a union of ways in costs more to plan than it saves. */
const MAX_BRANCHES = 100;
/**
 * Ways in by long lists. If hardly a device meets what is asked besides, each is walked to its end, with a look at the
 * document of every device on it: beyond so many it is quicker to read all documents one after the other.
 */
const MAX_LONG_WALKS = 2;

export async function chooseBranches(
  executor: Executor,
  frequencies: Frequencies,
  filter: Filter,
  context: CompileContext,
  order: OrderKind,
): Promise<Choice> {
  const entry = entryOf(filter, context);
  const lists = listsOf(entry);
  if (lists.length === 0) return { branches: [everyDevice(entry)], estimates: [] };
  const [, another] = lists;
  // With one list to walk there is nothing to choose.
  const alone = order === 'id' && another === undefined ? walkable(entry) : undefined;
  if (alone !== undefined) return { branches: alone, estimates: [] };
  const count = async (counted: readonly PostingList[], bound: number): Promise<Known> => {
    const found = await frequencies.count(executor, counted.map(toCounted), bound);
    return { counts: new Map(counted.map((list, index) => [list, found[index]!])), bound, order };
  };
  let known = await count(lists, order === 'indexed' ? SHORT_BESIDE_INDEX : SHORT);
  let rarest = rarestOf(entry, known);
  if (rarest === undefined && order !== 'indexed') {
    const size = await frequencies.ofProject(executor, context.projectId);
    const bound = Math.min(Math.max(SHORT, Math.ceil(size * SHARE)), LONGEST);
    // Single values come again, so that their numbers are remembered; ranges seldom do.
    const [ofValues, others] = [true, false].map((isWanted) =>
      lists.filter((list) => list.isInDeviceOrder === isWanted),
    );
    for (const counted of [ofValues!, others!]) {
      if (rarest !== undefined || counted.length === 0) continue;
      const { counts } = await count(counted, bound);
      known = { ...known, bound, counts: new Map([...known.counts, ...counts]) };
      rarest = rarestOf(entry, known);
    }
  }
  const longer = rarest === undefined ? [] : possibleCompanions(entry, rarest, known);
  if (rarest !== undefined && longer.length > 0) {
    const { counts: ofLonger } = await count(longer, mostOfCompanions(rarest));
    known = { ...known, counts: new Map([...known.counts, ...ofLonger]) };
    rarest = rarestOf(entry, known);
  }
  const { counts } = known;
  if (rarest !== undefined) return { branches: rarest.branches, estimates: estimatesOf(counts) };
  const branches = order === 'id' ? mixed(entry, known) : undefined;
  const longWalks = (branches ?? []).filter(
    ({ shape, lists: walked, rest }) =>
      shape === 'walk' && rest.length > 0 && walked.every((list) => counts.get(list)?.isBound !== false),
  );
  const isQuick = branches !== undefined && longWalks.length <= MAX_LONG_WALKS;
  return { branches: isQuick ? branches : [everyDevice(entry)], estimates: estimatesOf(counts) };
}

function estimatesOf(counts: ReadonlyMap<PostingList, Frequency>): Estimate[] {
  return [...counts].map(([{ term }, { count, isBound }]) => ({ term: describeTerm(term), count, exact: !isBound }));
}

/** A filter as ways into it: its terms, all of which must hold, each with the list or the alternatives that lead to it. */
interface Entry {
  readonly terms: readonly Term[];
}

interface Term {
  readonly filter: Filter;
  /** Devices of this list meet the term. */
  readonly list?: PostingList;
  /** A device meets the term if it meets one of these. */
  readonly alternatives?: readonly Entry[];
}

function entryOf(filter: Filter, context: CompileContext): Entry {
  return { terms: termsOf(filter).map((term) => toTerm(term, context)) };
}

function toTerm(filter: Filter, context: CompileContext): Term {
  if (filter.kind === 'or') return { filter, alternatives: filter.parts.map((part) => entryOf(part, context)) };
  const list = postingListOf(filter, context) ?? deviceListOf(filter, context);
  if (list === undefined) return { filter };
  if (list.parts === undefined) return { filter, list };
  return { filter, list, alternatives: list.parts.map((part) => ({ terms: [{ filter, list: part }] })) };
}

/** What all must hold. */
function termsOf(filter: Filter): readonly Filter[] {
  return filter.kind === 'and' ? filter.parts.flatMap(termsOf) : [filter];
}

function listsOf(entry: Entry): PostingList[] {
  return entry.terms.flatMap(({ list, alternatives }) =>
    list === undefined ? (alternatives ?? []).flatMap(listsOf) : [list],
  );
}

function everyDevice(entry: Entry): Branch {
  const rest = entry.terms.map(({ filter }) => filter);
  return { shape: rest.some(speaksOfAttributes) ? 'documents' : 'devices', lists: [], rest };
}

function restOf(entry: Entry, covered: readonly Term[]): Filter[] {
  return entry.terms.filter((term) => !covered.includes(term)).map(({ filter }) => filter);
}

interface Known {
  readonly counts: ReadonlyMap<PostingList, Frequency>;
  /** A list of at most so many devices is rare. */
  readonly bound: number;
  readonly order: OrderKind;
}

interface Rare {
  readonly branches: readonly Branch[];
  readonly count: number;
}

/** By the rarest list, or the alternatives that are rarer together; undefined if there is none within the bound. */
function rarestOf(entry: Entry, known: Known): Rare | undefined {
  let rarest: Rare | undefined;
  for (const term of entry.terms) {
    const found = rareBy(term, known);
    if (found === undefined || (rarest !== undefined && rarest.count <= found.count)) continue;
    const rest = restOf(entry, [term]);
    rarest = { ...found, branches: found.branches.map((branch) => ({ ...branch, rest: [...branch.rest, ...rest] })) };
  }
  return rarest === undefined ? undefined : withCompanions(entry, rarest, known);
}

/** A look-up takes as long as so many steps along a list. */
const STEPS_OF_LOOK_UP = 20;

function mostOfCompanions({ count }: Rare): number {
  return Math.min(count * STEPS_OF_LOOK_UP, LONGEST);
}

/** Lists in device order that have not been counted far enough to tell whether they are read together with a rare one. */
function possibleCompanions(entry: Entry, rarest: Rare, { counts }: Known): PostingList[] {
  const [branch, another] = rarest.branches;
  if (branch?.shape !== 'walk' || another !== undefined) return [];
  return entry.terms.flatMap(({ list }) => {
    if (list?.isInDeviceOrder !== true || branch.lists.includes(list)) return [];
    const { count, isBound } = counts.get(list)!;
    return isBound && count < mostOfCompanions(rarest) ? [list] : [];
  });
}

/** Other lists in device order are read together with a rare one if that is quicker than to look its devices up in them. */
function withCompanions(entry: Entry, rarest: Rare, { counts }: Known): Rare {
  const [branch, another] = rarest.branches;
  if (branch?.shape !== 'walk' || another !== undefined) return rarest;
  const companions = entry.terms.filter(({ list }) => {
    if (list?.isInDeviceOrder !== true || branch.lists.includes(list)) return false;
    const { count, isBound } = counts.get(list)!;
    return !isBound && count <= mostOfCompanions(rarest);
  });
  const covered = new Set(companions.map(({ filter }) => filter));
  const together: Branch = {
    ...branch,
    lists: [...branch.lists, ...companions.map(({ list }) => list!)],
    rest: branch.rest.filter((filter) => !covered.has(filter)),
  };
  return { ...rarest, branches: [together] };
}

function rareBy({ list, alternatives }: Term, known: Known): Rare | undefined {
  if (list !== undefined) {
    // Parts of a list are not counted by themselves: they are only walked where the whole is not rare.
    const { count, isBound } = known.counts.get(list) ?? { count: known.bound, isBound: true };
    if (isBound || count > known.bound) return undefined;
    const shape = known.order === 'id' && list.isInDeviceOrder ? 'walk' : 'fewest';
    return { branches: [{ shape, lists: [list], rest: [] }], count };
  }
  const parts = (alternatives ?? []).map((part) => rarestOf(part, known));
  if (parts.length === 0 || parts.includes(undefined)) return undefined;
  const branches = parts.flatMap((part) => part!.branches);
  if (branches.length > MAX_BRANCHES) return undefined;
  return { branches, count: parts.reduce((sum, part) => sum + part!.count, 0) };
}

/** Ways in by lists of which none needs to be rare; undefined if a way would have to look at every device. */
function mixed(entry: Entry, known: Known): readonly Branch[] | undefined {
  const rare = rarestOf(entry, known);
  if (rare !== undefined) return rare.branches;
  return walkable(entry) ?? byAlternatives(entry, (part) => mixed(part, known));
}

/** All lists in order of device ids, together. */
function walkable(entry: Entry): readonly Branch[] | undefined {
  const walked = entry.terms.filter(({ list }) => list?.isInDeviceOrder === true);
  if (walked.length === 0) return undefined;
  return [{ shape: 'walk', lists: walked.map(({ list }) => list!), rest: restOf(entry, walked) }];
}

/** The first term all of whose alternatives have ways in. */
function byAlternatives(
  entry: Entry,
  waysInto: (part: Entry) => readonly Branch[] | undefined,
): readonly Branch[] | undefined {
  for (const term of entry.terms) {
    const parts = (term.alternatives ?? []).map(waysInto);
    if (parts.length === 0 || parts.includes(undefined)) continue;
    const branches = parts.flatMap((part) => part!);
    if (branches.length > MAX_BRANCHES) continue;
    const rest = restOf(entry, [term]);
    return branches.map((branch) => ({ ...branch, rest: [...branch.rest, ...rest] }));
  }
  return undefined;
}
