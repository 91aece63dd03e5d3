import * as fc from 'fast-check';
import { toGlobalId } from '../../../src/model/global-id.js';
import { alwaysHolds } from '../../../src/search/always-holds.js';
import { parseFilter } from '../../../src/search/parse-filter.js';
import { arbitraryFilter } from '../../support/arbitrary-search.js';
import { FIXTURE_INSTANT, sampleFixtures } from '../../support/fixtures.js';
import { type FilterInput, matches } from '../../support/matches.js';
import { runs, SEED } from '../../support/property.js';

const always: FilterInput[] = [
  { and: [] },
  { not: { or: [] } },
  { attributes: [] },
  { ownerRef: { notIn: [] } },
  { attributes: [{ name: 'a', notIn: [] }] },
  { not: { attributes: [{ name: 'a', in: [] }] } },
  { not: { ids: [] } },
  { not: { ids: [toGlobalId('Cohort', '1')] } },
  { not: { state: [] } },
  { state: ['ACTIVE', 'DISABLED'] },
  { state: ['DISABLED', 'ACTIVE', 'ACTIVE'] },
  { deviceSerial: { exists: true } },
  { cohort: { exists: true } },
  { createdAt: { exists: true } },
  { updatedAt: { exists: true } },
  { deviceSerial: { contains: '' } },
  { cohort: { startsWith: '', endsWith: '' } },
  { or: [{ testMode: true }, { testMode: false }] },
  { not: { and: [{ testMode: true }, { testMode: false }] } },
  { not: { testMode: true, and: [{ testMode: false }] } },
  { or: [{ hasGroup: true }, { hasGroup: false }] },
  { or: [{ lastSeen: { exists: true } }, { lastSeen: { exists: false } }] },
  { or: [{ ownerRef: { eq: 'a' } }, { ownerRef: { ne: 'a' } }] },
  { or: [{ ownerRef: { matches: 'a' } }, { not: { ownerRef: { matches: 'a' } } }] },
  { or: [{ attributes: [{ name: 'a', gt: 1 }] }, { not: { attributes: [{ name: 'a', gt: 1 }] } }] },
  { not: { attributes: [{ name: 'a', eq: 1, startsWith: 'x' }] } },
  { not: { attributes: [{ name: 'a', gt: 1, lt: 'x' }] } },
  { not: { attributes: [{ name: 'a', hasAll: [1, 'x'] }] } },
  { not: { attributes: [{ name: 'a', hasAll: [true] }] } },
  { or: [{ testMode: true }, { and: [] }] },
  { and: [{ and: [] }, { not: { not: { and: [] } } }] },
];

test.each(always.map((filter) => [JSON.stringify(filter), filter] as const))(
  '%s holds for every device',
  (_, filter) => {
    expect(alwaysHolds(parseFilter(filter))).toBe(true);
  },
);

test('no filter at all holds for every device', () => {
  expect(alwaysHolds(parseFilter(undefined))).toBe(true);
});

const depends: FilterInput[] = [
  { or: [] },
  { testMode: true },
  { deviceSerial: { contains: 'a' } },
  { ownerRef: { contains: '' } },
  { ownerRef: { exists: true } },
  { group: { contains: '' } },
  { release: { exists: true } },
  { lastSeen: { exists: true } },
  { attributesUpdatedAt: { exists: true } },
  { attributes: [{ name: 'a', exists: true }] },
  { attributes: [{ name: 'a', contains: '' }] },
  { attributes: [{ name: 'a', hasAll: [] }] },
  { not: { attributes: [{ name: 'a', in: [1, 'x'], gt: 0 }] } },
  { not: { attributes: [{ name: 'a', in: [['x']] }] } },
  { or: [{ ownerRef: { eq: 'a' } }, { manufacturer: { ne: 'a' } }] },
  { state: ['ACTIVE'] },
];

test.each(depends.map((filter) => [JSON.stringify(filter), filter] as const))('%s does not', (_, filter) => {
  expect(alwaysHolds(parseFilter(filter))).toBe(false);
});

test('a filter that some device does not meet is never said to hold for all', () => {
  const devices = sampleFixtures(60, SEED).map((device, index) => ({ ...device, id: String(index + 1) }));
  let held = 0;
  fc.assert(
    fc.property(arbitraryFilter(devices), (filter) => {
      if (!alwaysHolds(parseFilter(filter))) return;
      held += 1;
      expect(devices.filter((device) => !matches(filter, device, FIXTURE_INSTANT))).toEqual([]);
    }),
    runs(4_000),
  );
  // Else it would say nothing.
  expect(held).toBeGreaterThan(50);
});
