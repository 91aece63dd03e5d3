import { assertNever } from '../errors.js';
import { shorten } from '../model/text.js';
import type { Filter } from './filter.js';

const LONGEST_NAME = 60;

/** A term of a filter in some words, for people. Never an operand: those may be long, or secret. */
export function describeTerm(term: Filter): string {
  switch (term.kind) {
    case 'and':
    case 'or':
      return `${term.kind} of ${term.parts.length}`;
    case 'not':
      return `not ${describeTerm(term.part)}`;
    case 'attribute':
      return `${shorten(term.name, LONGEST_NAME)} ${operatorsOf(term)}`;
    case 'attributeExists':
      return `${shorten(term.name, LONGEST_NAME)} exists`;
    case 'arrayHasAll':
      return `${shorten(term.name, LONGEST_NAME)} hasAll ${term.elements.length}`;
    case 'text':
      return `${term.field} ${operatorsOf(term)}`;
    case 'time':
      return `${term.field} ${term.tests.map(({ operator }) => operator).join(' ')}`;
    case 'present':
      return `${term.field} exists`;
    case 'testMode':
      return 'testMode';
    case 'state':
      return `state in ${term.states.length}`;
    case 'ids':
      return `ids in ${term.ids.length}`;
    default:
      return assertNever(term);
  }
}

function operatorsOf({ tests, ignoreCase }: Extract<Filter, { kind: 'attribute' | 'text' }>): string {
  const operators = tests.map((test) => {
    if (test.operator !== 'in') return test.operator;
    return test.values.length === 1 ? 'eq' : `in ${test.values.length}`;
  });
  return [...operators, ...(ignoreCase ? ['ignoreCase'] : [])].join(' ');
}
