import * as fc from 'fast-check';
import { digestOf, formatCursor, parseCursor } from '../../../src/search/cursor.js';
import { parseFilter } from '../../../src/search/parse-filter.js';
import { arbitraryFilter } from '../../support/arbitrary-search.js';
import { fixtureValue, sampleFixtures } from '../../support/fixtures.js';
import type { FilterInput } from '../../support/matches.js';
import { runs } from '../../support/property.js';

const devices = sampleFixtures(20, 1).map((device, index) => ({ ...device, id: String(index + 1) }));

test('a cursor comes back as it went out', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fixtureValue), { maxLength: 6 }), fc.nat(), (values, instantMs) => {
      const text = formatCursor('digest', instantMs, values);
      expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(parseCursor(text, 'digest', values.length, 'after')).toEqual({ digest: 'digest', instantMs, values });
      expect(() => parseCursor(text, 'digest', values.length + 1, 'after')).toThrow(
        expect.objectContaining({ code: 'BAD_USER_INPUT', field: 'after' }),
      );
      expect(() => parseCursor(text, 'other', values.length, 'after')).toThrow(
        expect.objectContaining({ code: 'CURSOR_MISMATCH', field: 'after' }),
      );
    }),
    runs(200),
  );
});

const digest = (filter: FilterInput) => digestOf({ filter: parseFilter(filter), projectId: '1' });

test('different filters have different digests, the same filter written in another order the same', () => {
  const turned = (value: unknown): unknown => {
    if (Array.isArray(value) || value instanceof Date || typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([key, inner]) => [key, turned(inner)]),
    );
  };
  fc.assert(
    fc.property(arbitraryFilter(devices), arbitraryFilter(devices), (one, other) => {
      expect(digest(turned(one) as FilterInput)).toBe(digest(one));
      // Filters that read alike after parsing are alike, such as hasGroup and group.exists.
      const alike = JSON.stringify(parseFilter(one)) === JSON.stringify(parseFilter(other));
      fc.pre(!alike);
      expect(digest({ and: [one, { testMode: true }] })).not.toBe(digest({ or: [one, { testMode: true }] }));
      expect(digest({ not: one })).not.toBe(digest(one));
    }),
    runs(200),
  );
});

test('a digest speaks of everything that decides the rows and their order', () => {
  const filter = parseFilter({ testMode: true });
  const base = { filter, projectId: '1', order: [{ field: 'ID' }], within: undefined, parentId: '' };
  const others = [
    { ...base, projectId: '2' },
    { ...base, order: [{ field: 'STATE' }] },
    { ...base, within: 'cohort' },
    { ...base, parentId: '1' },
    { ...base, filter: parseFilter({ testMode: false }) },
    { ...base, filter: parseFilter({ attributes: [{ name: 'a', eq: 1 }] }) },
    { ...base, filter: parseFilter({ attributes: [{ name: 'a', eq: '1' }] }) },
    { ...base, filter: parseFilter({ attributes: [{ name: 'a', eq: '1', ignoreCase: true }] }) },
    { ...base, filter: parseFilter({ attributes: [{ name: 'a', eq: '1', scope: 'TAGS' }] }) },
    { ...base, filter: parseFilter({ attributes: [{ name: 'a', eq: '1', source: 'api' }] }) },
    { ...base, filter: parseFilter({ attributes: [{ name: 'a', in: ['1', '2'] }] }) },
    { ...base, filter: parseFilter({ attributes: [{ name: 'a', in: ['1'], startsWith: '2' }] }) },
  ];
  expect(new Set([base, ...others].map(digestOf)).size).toBe(others.length + 1);
});

test('a digest is the same wherever in the input a name or an expression stands', () => {
  const tests = [{ eq: 1 }, { exists: true }, { hasAll: ['b'] }, { matches: 'c' }].map((one) => ({
    name: 'a',
    ...one,
  }));
  for (const test of tests) {
    const filter = { attributes: [test] };
    expect([test, digest({ and: [filter] })]).toEqual([test, digest(filter)]);
  }
});

test('a digest of quotes within quotes, nested as deep as may be, is made of no more text than the filter', () => {
  let filter: FilterInput = { attributes: Array.from({ length: 90 }, () => ({ name: 'a', eq: '"'.repeat(16_384) })) };
  for (let depth = 1; depth < 10; depth += 1) filter = { and: [filter, { testMode: true }] };
  expect(digest(filter)).toHaveLength(16);
});
