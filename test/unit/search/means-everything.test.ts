import { meansEverything } from '../../../src/search/means-everything.js';
import { parseFilter } from '../../../src/search/parse-filter.js';

const NOW = new Date('2026-11-21T09:00:00Z');
const means = (filter: object) => meansEverything(parseFilter(filter), NOW);
const A = { ownerRef: { eq: 'a' } };
const B = { hardwareVersion: { eq: 'b' } };
const AN_HOUR_AGO = new Date(NOW.getTime() - 3_600_000);

describe('a filter that holds for every device whatever its data', () => {
  it.each<[string, object]>([
    ['is not one or not another', { or: [{ deviceSerial: { ne: 'a' } }, { deviceSerial: { ne: 'b' } }] }],
    ['is in either state', { or: [{ state: ['ACTIVE'] }, { state: ['DISABLED'] }] }],
    ['is not a serial that none can have', { deviceSerial: { ne: '' } }],
    ['is not a slug that none can have', { cohort: { ne: 'UPPER' } }],
    ['is not among slugs that none can have', { cohort: { notIn: [''] } }],
    ['has a serial of any character', { deviceSerial: { matches: '.' } }],
    ['was created since the first of all years', { createdAt: { since: new Date('0001-01-01T00:00:00Z') } }],
    ['is on either side of an instant', { or: [{ createdAt: { since: NOW } }, { createdAt: { until: NOW } }] }],
    ['has some text or none', { or: [{ ownerRef: { contains: '' } }, { ownerRef: { exists: false } }] }],
    ['is a test device or not, one level down', { or: [{ or: [{ testMode: true }] }, { or: [{ testMode: false }] }] }],
    ['fails one of two tests, or meets both', { or: [{ and: [A, B] }, { not: A }, { not: B }] }],
    ['meets both or not, in another order', { or: [{ and: [A, B] }, { not: { and: [B, A] } }] }],
    ['fails one of two opposites', { or: [{ not: { testMode: true } }, { not: { testMode: false } }] }],
    ['is not in both states at once', { not: { and: [{ state: ['ACTIVE'] }, { state: ['DISABLED'] }] } }],
    ['has not two serials at once', { not: { and: [{ deviceSerial: { eq: 'a' } }, { deviceSerial: { eq: 'b' } }] } }],
    ['has not a serial that begins otherwise', { not: { deviceSerial: { eq: 'a', startsWith: 'b' } } }],
    ['has not a number between ends that crossed', { not: { attributes: [{ name: 'x', gt: 5, lt: 3 }] } }],
    [
      'begins with a, or not with ab',
      { or: [{ deviceSerial: { startsWith: 'a' } }, { not: { deviceSerial: { startsWith: 'ab' } } }] },
    ],
  ])('is recognised: it %s', (_what, filter) => {
    expect(means(filter)).toBe(true);
  });

  it.each<[string, object]>([
    ['is not one serial', { deviceSerial: { ne: 'a' } }],
    ['is not one serial, nor another', { and: [{ deviceSerial: { ne: 'a' } }, { deviceSerial: { ne: 'b' } }] }],
    ['is of one owner or of another', { or: [{ ownerRef: { eq: 'a' } }, { ownerRef: { eq: 'b' } }] }],
    [
      'does not have both texts',
      { or: [{ not: { ownerRef: { contains: 'b' } } }, { not: { ownerRef: { contains: 'c' } } }] },
    ],
    [
      'does not begin or does not end so',
      { or: [{ not: { ownerRef: { startsWith: 'a' } } }, { not: { ownerRef: { endsWith: 'b' } } }] },
    ],
    [
      'differs in letter case alone',
      { or: [{ deviceSerial: { eq: 'a' } }, { not: { deviceSerial: { eq: 'a', ignoreCase: true } } }] },
    ],
    ['was created before or after', { or: [{ createdAt: { until: AN_HOUR_AGO } }, { createdAt: { since: NOW } }] }],
    [
      'was seen or not, at times that may be absent',
      { or: [{ lastSeen: { since: NOW } }, { lastSeen: { until: NOW } }] },
    ],
    ['lacks an attribute', { attributes: [{ name: 'x', exists: false }] }],
    ['has a number in a range', { attributes: [{ name: 'x', gt: 3, lt: 5 }] }],
    ['is a test device', { testMode: true }],
    ['is in a group', { hasGroup: true }],
    ['is not in a cohort', { cohort: { ne: 'beta' } }],
    ['matches an expression', { deviceSerial: { matches: '^a' } }],
  ])('is not seen in one that does not: it %s', (_what, filter) => {
    expect(means(filter)).toBe(false);
  });

  it('is decided soon for the largest of filters', () => {
    const texts = Array.from({ length: 999 }, (_, index) => `text ${index}`);
    const or = Array.from({ length: 100 }, (_, index) => ({ deviceSerial: { notIn: [...texts, `own ${index}`] } }));
    expect(means({ or })).toBe(false);
  });
});
