import * as fc from 'fast-check';
import type { Filter } from '../../../src/search/filter.js';
import { normalForm } from '../../../src/search/normal-form.js';

/** Terms are told apart by a bit that says whether the term holds. */
const term = fc.nat(5).map((bit): Filter => ({ kind: 'ids', ids: [String(bit)] }));

const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 5 },
    term,
    fc.record({ kind: fc.constantFrom('and', 'or'), parts: fc.array(tie('filter'), { maxLength: 3 }) }),
    tie('filter').map((part): Filter => ({ kind: 'not', part })),
  ),
}));

function holds(one: Filter, bits: number): boolean {
  switch (one.kind) {
    case 'and':
      return one.parts.every((part) => holds(part, bits));
    case 'or':
      return one.parts.some((part) => holds(part, bits));
    case 'not':
      return !holds(one.part, bits);
    case 'ids':
      return ((bits >> Number(one.ids[0])) & 1) === 1;
    default:
      throw new Error('not in these filters');
  }
}

/** Problems of form; of `and` and `or` the parents. */
function faultsOf(one: Filter, parent?: string): string[] {
  switch (one.kind) {
    case 'and':
    case 'or':
      return [
        ...(one.kind === parent ? [`${one.kind} in ${parent}`] : []),
        ...one.parts.flatMap((part) => faultsOf(part, one.kind)),
      ];
    case 'not':
      return ['and', 'or', 'not'].includes(one.part.kind) ? [`not before ${one.part.kind}`] : [];
    default:
      return [];
  }
}

test('the normal form of a filter holds for the same devices', () => {
  fc.assert(
    fc.property(filter, fc.nat(63), (one, bits) => {
      expect(holds(normalForm(one), bits)).toBe(holds(one, bits));
    }),
  );
});

test('a normal form has not before single terms alone, and nothing nested in its like', () => {
  fc.assert(
    fc.property(filter, (one) => {
      expect(faultsOf(normalForm(one))).toEqual([]);
    }),
  );
});
