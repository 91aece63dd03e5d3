import * as fc from 'fast-check';
import { type Entry, LinkedList } from '../../src/linked-list.js';

test('keeps what a Set would, in its order, whatever is added, removed and shifted', () => {
  const step = fc.oneof(
    fc.record({ does: fc.constant('add' as const) }),
    fc.record({ does: fc.constant('shift' as const) }),
    fc.record({ does: fc.constant('remove' as const), which: fc.nat(20) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const list = new LinkedList<number>();
      const model = new Set<number>();
      const entries: Entry<number>[] = [];
      for (const [index, one] of steps.entries()) {
        if (one.does === 'add') {
          entries.push(list.add(index));
          model.add(index);
        } else if (one.does === 'shift') {
          const [first] = model;
          expect(list.shift()).toBe(first);
          if (first !== undefined) model.delete(first);
        } else if (entries[one.which] !== undefined) {
          // Twice for some, and some that were shifted.
          list.remove(entries[one.which]!);
          model.delete(entries[one.which]!.value);
        }
        expect(list.values()).toEqual([...model]);
        expect(list.first).toBe([...model][0]);
        expect(list.isEmpty).toBe(model.size === 0);
      }
    }),
  );
});

test('an entry that was removed leads to no other', () => {
  const list = new LinkedList<string>();
  const removed = ['a', 'b', 'c'].map((value) => list.add(value))[1]!;
  list.remove(removed);
  expect(Object.values(removed).filter((one) => typeof one === 'object')).toEqual([]);
});
