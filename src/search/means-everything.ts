import { isSlug, isGroupName } from '../model/names.js';
import { alwaysHolds } from './always-holds.js';
import { isAlwaysPresent, OWN_TEXT_FIELDS, RELATED_TEXT_FIELDS, type TextField } from './fields.js';
import type { Filter, TextTest, TimeTest } from './filter.js';

/**
 * Whether a filter would hold for every device whatever its data, as far as can be told: a mistake such as "the serial is
 * not A, or it is not B". Bulk changes refuse such a filter; the whole project must be named in so many words.
 *
 * It is tried on made-up devices. The values of each field that could make a difference are few: what the tests name, what
 * lies beside it, something else altogether, and nothing. If no combination fails the filter, none will. Attributes and
 * regular expressions are taken as met or not met, each by itself. Not a proof: use alwaysHolds where an answer depends
 * on it.
 */
export function meansEverything(filter: Filter, instant: Date): boolean {
  if (alwaysHolds(filter)) return true;
  const places = new Map<Leaf, Place>();
  const subjects = subjectsOf(filter, places).map((leaves) => outcomesOf(leaves, instant));
  const count = subjects.reduce((product, outcomes) => product * outcomes.length, 1);
  // More than can be tried are allowed: a filter of so many tests that yet means everything is no slip of the pen.
  if (count > MOST_TRIALS) return false;
  return combinationsOf(subjects).every((outcomes) => holds(filter, outcomes, places));
}

const MOST_TRIALS = 20_000;

/** A test of the filter's tree that is no and, or, not. */
type Leaf = Exclude<Filter, { kind: 'and' | 'or' | 'not' }>;

/** Where the answer of a leaf stands in the outcomes: of which subject, and which of its leaves. */
interface Place {
  readonly subject: number;
  readonly leaf: number;
}

/** Which leaves of one subject hold for one made-up value. */
type Outcome = readonly boolean[];

/** The different leaves of each subject. */
function subjectsOf(filter: Filter, places: Map<Leaf, Place>): Leaf[][] {
  const subjects = new Map<string, { index: number; leaves: Map<string, { index: number; leaf: Leaf }> }>();
  const visit = (part: Filter): void => {
    switch (part.kind) {
      case 'and':
      case 'or':
        part.parts.forEach(visit);
        break;
      case 'not':
        visit(part.part);
        break;
      default: {
        const text = textOf(part);
        const name = subjectNameOf(part, text);
        const subject = subjects.get(name) ?? { index: subjects.size, leaves: new Map() };
        subjects.set(name, subject);
        const leaf = subject.leaves.get(text) ?? { index: subject.leaves.size, leaf: part };
        subject.leaves.set(text, leaf);
        places.set(part, { subject: subject.index, leaf: leaf.index });
      }
    }
  };
  visit(filter);
  return [...subjects.values()].map(({ leaves }) => [...leaves.values()].map(({ leaf }) => leaf));
}

/** Leaves of one subject look at the same value of a device. */
function subjectNameOf(leaf: Leaf, text: string): string {
  switch (leaf.kind) {
    case 'text':
    case 'time':
    case 'present':
      return leaf.field;
    case 'testMode':
    case 'state':
      return leaf.kind;
    default:
      return text;
  }
}

/** What the leaves of one subject say of each value that could make a difference; each combination once. */
function outcomesOf(leaves: readonly Leaf[], instant: Date): Outcome[] {
  const patterns = new Set(leaves.flatMap(patternsOf));
  // An expression is taken as found and as not found.
  const guesses = patterns.size === 0 ? [NO_PATTERNS] : [patterns, NO_PATTERNS];
  const outcomes = valuesOf(leaves, instant).flatMap((value) =>
    guesses.map((matching) => leaves.map((leaf) => meets(leaf, value, matching, instant))),
  );
  return [...new Map(outcomes.map((outcome) => [outcome.join(), outcome])).values()];
}

const NO_PATTERNS: ReadonlySet<string> = new Set();

type MadeUpValue = string | number | boolean | null;

function valuesOf(leaves: readonly Leaf[], instant: Date): readonly MadeUpValue[] {
  const [first] = leaves;
  switch (first?.kind) {
    case 'testMode':
      return [true, false];
    case 'state':
      return ['ACTIVE', 'DISABLED'];
    case 'text':
    case 'time':
    case 'present': {
      const { field } = first;
      const made = isTextField(field) ? textsOf(leaves).filter(possibleTextOf(field)) : timesOf(leaves, instant);
      return isAlwaysPresent(field) ? made : [...made, null];
    }
    case 'attribute':
      return alwaysHolds({ kind: 'not', part: first }) || hasEmptyRange(first) ? [false] : [true, false];
    default:
      return first !== undefined && alwaysHolds({ kind: 'not', part: first }) ? [false] : [true, false];
  }
}

function isTextField(field: string): field is TextField {
  return Object.hasOwn(OWN_TEXT_FIELDS, field) || Object.hasOwn(RELATED_TEXT_FIELDS, field);
}

function possibleTextOf(field: TextField): (text: string) => boolean {
  if (field === 'cohort') return isSlug;
  if (field === 'group') return isGroupName;
  return (text) => text !== '';
}

/** So many texts tell enough of the tests of one field. */
const MOST_TEXTS = 60;

function textsOf(leaves: readonly Leaf[]): string[] {
  const tests = leaves.flatMap((leaf) => (leaf.kind === 'text' ? leaf.tests : []));
  const operandsOf = (operator: TextTest['operator']) =>
    tests.flatMap((test) => (test.operator !== operator || test.operator === 'in' ? [] : [test.value]));
  // The values of one list are alike.
  const equal = tests.flatMap((test) => (test.operator === 'in' ? test.values.slice(0, 2) : []));
  const [starts, middles, ends] = [operandsOf('startsWith'), operandsOf('contains'), operandsOf('endsWith')];
  const middle = middles.join('');
  const joined = [...starts, ''].flatMap((start) => [...ends, ''].map((end) => start + middle + end));
  const texts = [...equal, ...starts, ...middles, ...ends, middle, ...joined].slice(0, MOST_TEXTS);
  const cases = texts.flatMap((text) => [text, text.toLowerCase(), text.toUpperCase()]);
  return [...new Set([...cases, 'something-else', 'another'])];
}

const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

function timesOf(leaves: readonly Leaf[], instant: Date): number[] {
  const bounds = leaves.flatMap((leaf) =>
    leaf.kind === 'time' ? leaf.tests.map((test) => boundOf(test, instant)) : [],
  );
  const times = [...bounds, instant.getTime()].flatMap((bound) => [bound - 1, bound, bound + 1]);
  return [...new Set(times)].filter((time) => time >= EARLIEST_MS && time <= LATEST_MS);
}

function boundOf(test: TimeTest, instant: Date): number {
  return 'at' in test ? test.at : instant.getTime() - test.durationMs;
}

function patternsOf(leaf: Leaf): string[] {
  return leaf.kind === 'text' ? leaf.tests.flatMap((test) => (test.operator === 'matches' ? [test.value] : [])) : [];
}

function meets(leaf: Leaf, value: MadeUpValue, matching: ReadonlySet<string>, instant: Date): boolean {
  switch (leaf.kind) {
    case 'text':
      return typeof value === 'string' && leaf.tests.every((test) => meetsText(test, value, leaf.ignoreCase, matching));
    case 'time':
      return typeof value === 'number' && leaf.tests.every((test) => meetsTime(test, value, instant));
    case 'present':
      return value !== null;
    case 'testMode':
      return leaf.value === value;
    case 'state':
      return leaf.states.some((state) => state === value);
    default:
      return value === true;
  }
}

function meetsText(test: TextTest, value: string, ignoreCase: boolean, matching: ReadonlySet<string>): boolean {
  const text = ignoreCase ? value.toLowerCase() : value;
  if (test.operator === 'in') return valuesOfList(test, ignoreCase).has(text);
  const operand = ignoreCase ? test.value.toLowerCase() : test.value;
  switch (test.operator) {
    case 'contains':
      return text.includes(operand);
    case 'startsWith':
      return text.startsWith(operand);
    case 'endsWith':
      return text.endsWith(operand);
    case 'matches':
      return EVERYTHING_PATTERN.test(test.value) || matching.has(test.value);
  }
}

const valuesByTest = new WeakMap<TextTest, ReadonlySet<string>>();

/** A list is asked for each made-up text, and may be long. */
function valuesOfList(test: Extract<TextTest, { operator: 'in' }>, ignoreCase: boolean): ReadonlySet<string> {
  const known = valuesByTest.get(test);
  if (known !== undefined) return known;
  const values = new Set(ignoreCase ? test.values.map((one) => one.toLowerCase()) : test.values);
  valuesByTest.set(test, values);
  return values;
}

/** Expressions that are found in every text that is not empty. */
const EVERYTHING_PATTERN = /^\^?(\.[*+?]?|.\*|)\$?$/;

function meetsTime(test: TimeTest, time: number, instant: Date): boolean {
  const bound = boundOf(test, instant);
  return test.operator === 'since' || test.operator === 'withinLast' ? time >= bound : time < bound;
}

/** A range of numbers that ends before it begins. */
function hasEmptyRange({ tests }: Extract<Leaf, { kind: 'attribute' }>): boolean {
  const numbers = (operators: readonly string[]) =>
    tests.flatMap((test) =>
      'value' in test && typeof test.value === 'number' && operators.includes(test.operator) ? [test.value] : [],
    );
  const [low, high] = [Math.max(...numbers(['gt', 'gte'])), Math.min(...numbers(['lt', 'lte']))];
  const isStrict = numbers(['gt']).includes(low) || numbers(['lt']).includes(high);
  return low > high || (low === high && isStrict);
}

function holds(filter: Filter, outcomes: readonly Outcome[], places: ReadonlyMap<Leaf, Place>): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.every((part) => holds(part, outcomes, places));
    case 'or':
      return filter.parts.some((part) => holds(part, outcomes, places));
    case 'not':
      return !holds(filter.part, outcomes, places);
    default: {
      const { subject, leaf } = places.get(filter)!;
      return outcomes[subject]![leaf]!;
    }
  }
}

function combinationsOf(subjects: readonly (readonly Outcome[])[]): Outcome[][] {
  return subjects.reduce<Outcome[][]>(
    (combinations, outcomes) => combinations.flatMap((one) => outcomes.map((outcome) => [...one, outcome])),
    [[]],
  );
}

/** Equal for equal leaves: where an expression stands in the input does not matter. */
function textOf(leaf: Leaf): string {
  return JSON.stringify(leaf, (key, value: unknown) => (key === 'path' ? undefined : value));
}
