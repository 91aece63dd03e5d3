import { isAlwaysPresent } from './fields.js';
import type { Filter } from './filter.js';

/** Whether a filter holds for every device, for none, or depends on the device. */
type Truth = 'always' | 'never' | 'depends';

/**
 * Whether a filter holds for every device whatever its data. Bulk changes refuse such a filter: the whole project must
 * be named in so many words. Finds what can be told from the filter alone: constants (`and []`, `not {or []}`,
 * `notIn []`), tests of what every device has, and a test or-ed with its own negation.
 */
export function alwaysHolds(filter: Filter): boolean {
  return truthOf(filter) === 'always';
}

function truthOf(filter: Filter): Truth {
  switch (filter.kind) {
    case 'and':
      return not(anyTruth(filter.parts.map((part) => not(truthOf(part)))));
    case 'or':
      return isExhaustive(filter.parts) ? 'always' : anyTruth(filter.parts.map(truthOf));
    case 'not':
      return not(truthOf(filter.part));
    case 'attribute':
      return filter.tests.some((test) => test.operator === 'in' && test.values.length === 0) ? 'never' : 'depends';
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

/** Whether some part is another one's negation. */
function isExhaustive(parts: readonly Filter[]): boolean {
  const texts = new Set(parts.map((part) => JSON.stringify(part)));
  return parts.some((part) => texts.has(JSON.stringify(negationOf(part))));
}

function negationOf(filter: Filter): Filter {
  if (filter.kind === 'not') return filter.part;
  if (filter.kind === 'testMode') return { kind: 'testMode', value: !filter.value };
  return { kind: 'not', part: filter };
}
