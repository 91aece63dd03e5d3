import * as fc from 'fast-check';
import { LONGEST_ALIKE, mostAlike, toKnownName } from '../../../src/search/name-likeness.js';
import { runs } from '../../support/property.js';

const alike = (name: string, ...known: string[]) => mostAlike(name, known.map(toKnownName));

test.each([
  ['another letter case', 'CPU_TEMP', 'cpu_temp'],
  ['a letter too many', 'cpuu_temp', 'cpu_temp'],
  ['a letter too few', 'cp_temp', 'cpu_temp'],
  ['a wrong letter', 'cpi_temp', 'cpu_temp'],
  ['two letters swapped', 'pcu_temp', 'cpu_temp'],
  ['two mistakes', 'pcu_tamp', 'cpu_temp'],
  ['a mistake at the end', 'cpu_tem', 'cpu_temp'],
  ['another way to join words', 'cpuTemp', 'cpu_temp'],
  ['one mistake in a short name', 'prt', 'port'],
  ['a beginning', 'os', 'os_version'],
  ['a piece', 'temp', 'cpu_temp'],
  ['pieces in another order', 'temp.of.cpu', 'cpu_temperature'],
  ['more than there is', 'device_cpu_temp', 'cpu_temp'],
  ['letters beyond ASCII', 'grösse', 'größe'],
])('%s is alike', (_what, name, known) => {
  expect(alike(name, known, 'humidity')).toEqual([known]);
});

test.each([
  ['three mistakes', 'hunidaty_', 'humidity'],
  ['two mistakes in a short name', 'mac', 'mic_b'],
  ['another name of two letters', 'ip', 'os'],
  ['a single letter of many names', 'c', 'cpu_temp'],
  ['short pieces', 'a-b-c', 'cabinet'],
  ['the name itself', 'cpu', 'cpu'],
  ['the name __proto__', '__proto__', 'constructor'],
])('%s is not alike', (_what, name, known) => {
  expect(alike(name, known)).toEqual([]);
});

test('the likest come first, three at most: by letter case, mistakes, pieces, then by length', () => {
  const known = ['cpu_temperature_max', 'cpu_temperature', 'cpu_tamp', 'CPU_TEMP', 'cpu_tmp', 'cpi_tamp'];
  expect(alike('cpu_temp', ...known)).toEqual(['CPU_TEMP', 'cpu_tamp', 'cpu_tmp']);
  expect(alike('cpu_temp', ...known.slice(0, 2))).toEqual(['cpu_temperature', 'cpu_temperature_max']);
});

test('one and two mistakes are what a table of distances says they are', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 6, maxLength: 9 });
  fc.assert(
    fc.property(letters, letters, (name, other) => {
      fc.pre(name !== other && !other.startsWith(name) && !other.includes(name) && !name.includes(other));
      expect([name, other, alike(name, other).length]).toEqual([name, other, distance(name, other) <= 2 ? 1 : 0]);
    }),
    runs(2_000),
  );
});

/** Least number of letters added, left out, changed, or swapped with the next; none is touched twice. */
function distance(a: string, b: string): number {
  const table = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (__, j) => i + j));
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1;
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      table[i]![j] = Math.min(
        table[i - 1]![j]! + 1,
        table[i]![j - 1]! + 1,
        table[i - 1]![j - 1]! + changed,
        isSwap ? table[i - 2]![j - 2]! + 1 : Infinity,
      );
    }
  }
  return table[a.length]![b.length]!;
}

test('names that are too long to compare are like none, and none is like them', () => {
  const long = 'x'.repeat(LONGEST_ALIKE + 1);
  expect(alike(long, long.toUpperCase(), long.slice(1))).toEqual([]);
  expect(alike(long.slice(1), long)).toEqual([]);
  expect(alike(long.slice(1), long.slice(2))).toEqual([long.slice(2)]);
});
