import { PreparedStatements } from '../../../src/database/prepared-statements.js';

const text = (index: number) => `select ${index}`;

it('one text has one name, and no two texts share one', () => {
  const prepared = new PreparedStatements({ prefix: 'p', most: 10, mostOfOne: 10, sightings: 1 });
  const names = Array.from({ length: 10 }, (_, index) => prepared.nameOf('test.one', text(index)));
  expect(new Set(names).size).toBe(10);
  expect(Array.from({ length: 10 }, (_, index) => prepared.nameOf('test.one', text(index)))).toEqual(names);
  expect(prepared.nameOf('test.one', text(10))).toBeUndefined();
});

it('a text that has to come again gets its name then', () => {
  const prepared = new PreparedStatements({ prefix: 'p', most: 10, mostOfOne: 10, sightings: 3 });
  const names = Array.from({ length: 4 }, () => prepared.nameOf('test.one', text(0)));
  expect(names).toEqual([undefined, undefined, 'p.test.one.0', 'p.test.one.0']);
});

it('texts that come once do not keep others from their names, however many they are', () => {
  const prepared = new PreparedStatements({ prefix: 'p', most: 10, mostOfOne: 10, sightings: 3 });
  for (let index = 0; index < 10_000; index += 1) {
    prepared.nameOf('test.one', text(index));
    if (index % 100 === 0) prepared.nameOf('test.often', 'select often');
  }
  expect(prepared.nameOf('test.often', 'select often')).toBeDefined();
});

it('texts of one statement leave names for those of others, however many they are', () => {
  const prepared = new PreparedStatements({ prefix: 'p', most: 10, mostOfOne: 5, sightings: 1 });
  const names = Array.from({ length: 100 }, (_, index) => prepared.nameOf('test.many', text(index)));
  expect(names.filter((name) => name !== undefined)).toHaveLength(5);
  expect(prepared.nameOf('test.other', 'select other')).toBe('p.test.other.5');
});
