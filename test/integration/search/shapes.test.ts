import 'reflect-metadata';
import { changeDevices } from '../../../src/changes/devices.js';
import { countDevices } from '../../../src/search/count.js';
import { type OrderKey, parseOrder } from '../../../src/search/order.js';
import { parsePage } from '../../../src/search/page.js';
import { parseFilter } from '../../../src/search/parse-filter.js';
import { searchDevices } from '../../../src/search/search.js';
import { createFleet, type Fleet } from '../../support/fleet.js';

/** Large enough that the lists of common values are not read whole. */
const COUNT = 4_500;

interface Sample {
  readonly serial: string;
  readonly os: string;
  readonly type: string;
  readonly load: number;
  readonly tags: readonly string[];
  readonly recall: string | undefined;
}

const samples: readonly Sample[] = Array.from({ length: COUNT }, (_, index) => ({
  serial: `S${String(index).padStart(5, '0')}`,
  os: index % 7 === 0 ? 'macOS' : 'linux',
  type: index % 3 === 0 ? 'sensor' : 'gateway',
  load: (index * 7_919) % 1_000,
  // Twice in some, to see that a device is found once.
  tags: index % 2 === 0 ? ['common', 'common'] : ['common'],
  recall: index % 450 === 0 ? `R${(index * 31) % 10}` : undefined,
}));

let fleet: Fleet;

beforeAll(async () => {
  fleet = await createFleet();
  const now = new Date();
  for (let start = 0; start < COUNT; start += 1_500) {
    const changes = samples.slice(start, start + 1_500).map(({ serial, recall, ...values }) => ({
      deviceSerial: serial,
      path: 'sample',
      attributes: Object.entries({ ...values, ...(recall !== undefined && { recall }) }).map(([name, value]) => ({
        scope: 'INVENTORY' as const,
        name,
        value,
      })),
    }));
    await fleet.database.transaction('test.fill', (transaction) =>
      changeDevices(transaction, fleet.context(), changes, { ifMissing: 'create', ifPresent: 'keep' }, now),
    );
  }
}, 60_000);

afterAll(() => fleet?.stop());

const attribute = (name: string, test: object) => ({ attributes: [{ name, ...test }] });
const LINUX = attribute('os', { eq: 'linux' });
const GATEWAY = attribute('type', { eq: 'gateway' });

interface Case {
  readonly title: string;
  readonly filter: object;
  readonly holds: (sample: Sample) => boolean;
  /** A piece of the statement that tells where it starts. */
  readonly startsAt: string;
  readonly orderBy?: Parameters<typeof parseOrder>[0];
  /** Negative if `a` comes first; absent: by id. */
  readonly compare?: (a: Sample, b: Sample) => number;
}

const WALK = 'order by l0.device_id';
const FEWEST = 'few.device_id as id';
const RARE = 'select distinct few.device_id';
const SORTED = 'order by p.value';

const cases: readonly Case[] = [
  {
    title: 'two common values are walked together',
    filter: { and: [LINUX, GATEWAY] },
    holds: ({ os, type }) => os === 'linux' && type === 'gateway',
    startsAt: WALK,
  },
  {
    title: 'a list that is not in order of ids is read whole, from the end where the order is',
    filter: { and: [LINUX, attribute('load', { lt: 100 })] },
    holds: ({ os, load }) => os === 'linux' && load < 100,
    orderBy: [{ field: 'ID', direction: 'DESC' }],
    compare: (a, b) => samples.indexOf(b) - samples.indexOf(a),
    startsAt: FEWEST,
  },
  {
    title: 'a rare value is read whole',
    filter: { and: [LINUX, attribute('recall', { exists: true })] },
    holds: ({ os, recall }) => os === 'linux' && recall !== undefined,
    startsAt: FEWEST,
  },
  {
    title: 'a device that has a value twice is found once',
    filter: { and: [attribute('tags', { eq: 'common' }), attribute('recall', { exists: true })] },
    holds: ({ recall }) => recall !== undefined,
    startsAt: FEWEST,
  },
  {
    title: 'the devices of a short list are read whole to be sorted by a field',
    filter: { and: [LINUX, attribute('load', { lt: 100 })] },
    holds: ({ os, load }) => os === 'linux' && load < 100,
    orderBy: [{ field: 'STATE', direction: 'DESC' }],
    startsAt: RARE,
  },
  {
    title: 'long lists are compared as a whole to sort their devices by a field',
    filter: { and: [LINUX, GATEWAY] },
    holds: ({ os, type }) => os === 'linux' && type === 'gateway',
    orderBy: [{ field: 'STATE', direction: 'DESC' }],
    startsAt: 'd.id in (select p.device_id',
  },
  {
    title: 'serials have an index to walk',
    filter: { and: [LINUX, GATEWAY] },
    holds: ({ os, type }) => os === 'linux' && type === 'gateway',
    orderBy: [{ field: 'DEVICE_SERIAL', direction: 'DESC' }],
    compare: (a, b) => (a.serial < b.serial ? 1 : -1),
    startsAt: 'order by s.device_serial desc',
  },
  {
    title: 'the devices of a cohort are walked with those of a value',
    filter: { cohort: { eq: 'default' }, ...GATEWAY },
    holds: ({ type }) => type === 'gateway',
    startsAt: 'm."cohort_id" =',
  },
  {
    title: 'a broad search is read along the index of what it is sorted by',
    filter: LINUX,
    holds: ({ os }) => os === 'linux',
    orderBy: [{ attribute: { name: 'load' } }, { attribute: { name: 'type' }, direction: 'ASC' }],
    compare: (a, b) => b.load - a.load || (a.type < b.type ? -1 : Number(a.type > b.type)),
    startsAt: SORTED,
  },
  {
    title: 'devices without the attribute that a search is sorted by come after the others',
    filter: LINUX,
    holds: ({ os }) => os === 'linux',
    orderBy: [{ attribute: { name: 'recall' }, direction: 'ASC' }],
    compare: (a, b) => {
      if (a.recall === undefined || b.recall === undefined) {
        return Number(a.recall === undefined) - Number(b.recall === undefined);
      }
      return a.recall < b.recall ? -1 : Number(a.recall > b.recall);
    },
    startsAt: SORTED,
  },
];

describe('a search of many devices', () => {
  test.each(cases)('$title', async ({ filter, holds, orderBy, compare = () => 0, startsAt }) => {
    const wanted = samples.filter(holds).toSorted(compare).map(({ serial }) => serial); // prettier-ignore
    const order = parseOrder(orderBy);
    fleet.statements.length = 0;
    expect((await walk(filter, order, { first: 400 })).slice(0, 2_000)).toEqual(wanted.slice(0, 2_000));
    expect(fleet.statements.find(({ name }) => name === 'search.devices')!.text).toContain(startsAt);
    expect((await walk(filter, order, { last: 400 })).slice(0, 2_000)).toEqual(wanted.toReversed().slice(0, 2_000));
    expect(await countDevices(fleet.context(), parseFilter(filter))).toBe(wanted.length);
  });
});

test('a range is not counted if one within it is known to have many devices', async () => {
  const above = (gt: number) => ({ and: [LINUX, GATEWAY, attribute('load', { gt })] });
  const countsFor = async (filter: object) => {
    fleet.statements.length = 0;
    await walk(filter, parseOrder(undefined), { first: 10 });
    return fleet.statements.filter(({ name }) => name === 'search.frequencies').length;
  };
  expect(await countsFor(above(500.5))).toBeGreaterThan(0);
  expect(await countsFor(above(400.5))).toBe(0);
  expect(await countsFor(above(990.5))).toBe(1);
});

/** Serials of up to five pages, from the end that is asked for. */
async function walk(
  filter: object,
  order: readonly OrderKey[],
  { first, last }: { first?: number; last?: number },
): Promise<string[]> {
  const serials: string[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 5; pages += 1) {
    const request = parsePage(last === undefined ? { first, after: cursor } : { last, before: cursor });
    const page = await searchDevices(fleet.context(), { filter: parseFilter(filter), order }, request);
    const rows = last === undefined ? page.rows : page.rows.toReversed();
    serials.push(...rows.map((row) => row.deviceSerial));
    if (!(last === undefined ? page.hasNextPage : page.hasPreviousPage)) break;
    cursor = page.cursorOf(rows.at(-1)!);
  }
  return serials;
}
