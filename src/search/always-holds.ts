import { isAlwaysPresent } from './fields.js';
import type { Filter, ValueTest } from './filter.js';

/** Whether a filter holds for every device, for none, or depends on the device. */
type Truth = 'always' | 'never' | 'depends';

/**
 * Whether a filter holds for every device whatever its data. Bulk changes refuse such a filter: the whole project must
 * be named in so many words. Finds what can be told from the filter alone: constants (`and []`, `not {or []}`,
 * `notIn []`), tests of what every device has, the negation of tests that no value can meet, and a test or-ed with its
 * own negation.
 */
export function alwaysHolds(filter: Filter): boolean {
  return truthOf(filter) === 'always';
}

function truthOf(filter: Filter): Truth {
  switch (filter.kind) {
    case 'and':
      return hasOpposites(filter.parts) ? 'never' : not(anyTruth(filter.parts.map((part) => not(truthOf(part)))));
    case 'or':
      return hasOpposites(filter.parts) ? 'always' : anyTruth(filter.parts.map(truthOf));
    case 'not':
      return not(truthOf(filter.part));
    case 'attribute':
      return TYPES_OF_VALUES.some((type) => filter.tests.every((test) => admits(test, type))) ? 'depends' : 'never';
    case 'arrayHasAll': {
      const types = new Set(filter.elements.map((element) => typeof element));
      return types.has('boolean') || types.size > 1 ? 'never' : 'depends';
    }
    case 'text':
      if (filter.tests.some((test) => test.operator === 'in' && test.values.length === 0)) return 'never';
      return isAlwaysPresent(filter.field) && filter.tests.every((test) => test.operator !== 'in' && test.value === '')
        ? 'always'
        : 'depends';
    case 'present':
      return isAlwaysPresent(filter.field) ? 'always' : 'depends';
    case 'state':
      if (filter.states.length === 0) return 'never';
      return new Set(filter.states).size === 2 ? 'always' : 'depends';
    case 'ids':
      return filter.ids.length === 0 ? 'never' : 'depends';
    default:
      return 'depends';
  }
}

function not(truth: Truth): Truth {
  if (truth === 'depends') return 'depends';
  return truth === 'always' ? 'never' : 'always';
}

function anyTruth(truths: readonly Truth[]): Truth {
  if (truths.includes('always')) return 'always';
  return truths.every((truth) => truth === 'never') ? 'never' : 'depends';
}

const TYPES_OF_VALUES = ['string', 'number', 'boolean', 'object'] as const;

/** Whether a value of this type (`object`: a whole array) can meet the test. */
function admits(test: ValueTest, type: (typeof TYPES_OF_VALUES)[number]): boolean {
  return test.operator === 'in' ? test.values.some((value) => typeof value === type) : typeof test.value === type;
}

/** Whether some part is another one's negation. */
function hasOpposites(parts: readonly Filter[]): boolean {
  const texts = new Set(parts.map(textOf));
  return parts.some((part) => texts.has(textOf(negationOf(part))));
}

/** Equal for equal filters: where an expression stands in the input does not matter. */
function textOf(filter: Filter): string {
  return JSON.stringify(filter, (key, value: unknown) => (key === 'path' ? undefined : value));
}

function negationOf(filter: Filter): Filter {
  if (filter.kind === 'not') return filter.part;
  if (filter.kind === 'testMode') return { kind: 'testMode', value: !filter.value };
  return { kind: 'not', part: filter };
}
