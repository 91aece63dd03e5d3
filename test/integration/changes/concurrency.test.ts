import { foldCounts } from '../../../src/changes/counts.js';
import {
  deleteDevice,
  deleteDevices,
  moveDevicesToCohort,
  moveDevicesToGroup,
  setAttributesOfDevices,
} from '../../../src/changes/bulk.js';
import { createCohort, deleteCohort } from '../../../src/changes/cohort.js';
import {
  createDevice,
  removeDeviceAttributes,
  setDeviceAttributes,
  setDeviceGroup,
  updateDevice,
} from '../../../src/changes/device.js';
import { reportAttributes } from '../../../src/changes/report.js';
import { createGroup, deleteGroup } from '../../../src/changes/group.js';
import { AppError } from '../../../src/errors.js';
import { createFleet, createProject, type Fleet } from '../../support/fleet.js';
import { readProject, searchedFor, type StoredProject } from '../../support/stored.js';
import type { ChangeContext } from '../../../src/changes/change-context.js';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await createFleet();
});
afterAll(() => fleet.stop());

let projects = 0;
async function newProject(): Promise<ChangeContext> {
  projects += 1;
  return { ...fleet.context(), projectId: await createProject(fleet.database, `project-${projects}`) };
}

const inventory = (name: string, value: unknown) => ({ name, value, scope: 'INVENTORY' as const });

/** What may never be untrue, whoever wrote at the same time. */
function expectConsistent(stored: StoredProject): void {
  for (const { deviceSerial, attributes, postings } of stored.devices) {
    const values = Object.fromEntries(Object.entries(attributes).map(([name, [value]]) => [name, searchedFor(value)]));
    expect({ deviceSerial, values: postings }).toEqual({ deviceSerial, values });
  }
  expect(stored.keptCounts).toEqual(stored.realCounts);
  expect(stored.orphans).toBe(0);
}

const times = <T>(count: number, make: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
const outcomes = async (works: Promise<unknown>[]) =>
  (await Promise.allSettled(works)).map((one) => {
    if (one.status === 'fulfilled') return 'done';
    if (one.reason instanceof AppError) return one.reason.code;
    throw one.reason;
  });

test('of many who create one device at once exactly one wins, and the others are told CONFLICT', async () => {
  const context = await newProject();
  const results = await outcomes(
    Array.from({ length: 50 }, (_, index) =>
      createDevice(context, {
        deviceSerial: 'one',
        group: `group-${index}`,
        attributes: [inventory('winner', index)],
        ifExists: 'ERROR',
      }),
    ),
  );
  expect(results.filter((result) => result === 'done')).toHaveLength(1);
  expect(results.filter((result) => result === 'CONFLICT')).toHaveLength(49);
  const stored = await readProject(fleet, context.projectId);
  expect(stored.devices).toHaveLength(1);
  // The losers leave nothing behind.
  expect(stored.groups).toEqual([stored.devices[0]!.group]);
  expect(stored.groups).toEqual([`group-${String(stored.devices[0]!.postings['INVENTORY/api/winner'])}`]);
  expectConsistent(stored);
});

test('attributes that many set on one device at once are all kept', async () => {
  const context = await newProject();
  await createDevice(context, { deviceSerial: 'one', ifExists: 'ERROR' });
  await times(40, (index) =>
    setDeviceAttributes(context, {
      deviceSerial: 'one',
      attributes: [inventory(`name-${index}`, index)],
      mode: 'MERGE',
      scope: 'INVENTORY',
    }),
  );
  const stored = await readProject(fleet, context.projectId);
  expect(Object.keys(stored.devices[0]!.attributes)).toHaveLength(40);
  expectConsistent(stored);
});

test('fields that many change on one device at once are all kept', async () => {
  const context = await newProject();
  await createDevice(context, { deviceSerial: 'one', ifExists: 'ERROR' });
  await Promise.all([
    updateDevice(context, { deviceSerial: 'one', ownerRef: 'somebody' }),
    updateDevice(context, { deviceSerial: 'one', hardwareVersion: '7' }),
    updateDevice(context, { deviceSerial: 'one', testMode: true }),
    updateDevice(context, { deviceSerial: 'one', state: 'DISABLED' }),
    setDeviceGroup(context, { deviceSerial: 'one', group: 'lab' }),
    setAttributesOfDevices(context, { devices: { all: true }, attributes: [inventory('a', 1)], dryRun: false }),
    reportAttributes(context, {
      reports: [{ deviceSerial: 'one', attributes: [inventory('b', 2)], lastSeenRelease: { version: '1' } }],
      createMissing: false,
    }),
    setDeviceAttributes(context, {
      deviceSerial: 'one',
      attributes: [inventory('c', 3)],
      mode: 'MERGE',
      scope: 'INVENTORY',
    }),
  ]);
  const stored = await readProject(fleet, context.projectId);
  expect(stored.devices).toMatchObject([
    {
      ownerRef: 'somebody', hardwareVersion: '7', testMode: true, state: 'DISABLED', group: 'lab', release: ['1', null],
      postings: { 'INVENTORY/api/a': 1, 'INVENTORY/api/b': 2, 'INVENTORY/api/c': 3 },
    }, // prettier-ignore
  ]);
  expectConsistent(stored);
});

test('the latest of many reports is when the device was last seen', async () => {
  const context = await newProject();
  await createDevice(context, { deviceSerial: 'one', ifExists: 'ERROR' });
  const newest = 1_700_000_000_000;
  await times(30, (index) =>
    reportAttributes(context, {
      reports: [
        {
          deviceSerial: 'one',
          attributes: [],
          lastSeen: new Date(newest - ((index * 7) % 30)),
          lastSeenRelease: { version: `v${(index * 7) % 30}` },
        },
      ],
      createMissing: false,
    }),
  );
  const stored = await readProject(fleet, context.projectId);
  expect(stored.devices[0]!.lastSeen).toEqual(new Date(newest));
  expect(stored.devices[0]!.release).toEqual(['v0', null]);
  expectConsistent(stored);
});

test('writers of the same devices in every order neither lose a change nor show a deadlock', async () => {
  const context = await newProject();
  const serials = Array.from({ length: 30 }, (_, index) => `device-${index}`);
  const report = (names: readonly string[], attribute: string) => ({
    reports: names.map((deviceSerial) => ({
      deviceSerial,
      attributes: [inventory(attribute, attribute)],
      group: `group-${deviceSerial.at(-1)}`,
    })),
    createMissing: true,
  });
  await times(12, (index) => {
    const turned = [...serials.slice(index * 2), ...serials.slice(0, index * 2)];
    return reportAttributes(context, report(index % 2 === 0 ? turned : turned.toReversed(), `name-${index}`));
  });
  const stored = await readProject(fleet, context.projectId);
  expect(stored.devices).toHaveLength(30);
  for (const { attributes } of stored.devices) expect(Object.keys(attributes)).toHaveLength(12);
  expect(stored.groups).toHaveLength(10);
  expectConsistent(stored);
});

test('counts, values and postings stay true while everything happens at once', async () => {
  const context = await newProject();
  const serial = (index: number) => `device-${index % 20}`;
  for (const slug of ['beta', 'gamma']) await createCohort(context, { name: slug, ifExists: 'ERROR' });
  await reportAttributes(context, {
    reports: Array.from({ length: 20 }, (_, index) => ({ deviceSerial: serial(index), attributes: [] })),
    createMissing: true,
  });
  const bulk = { dryRun: false };
  const kinds: ((index: number) => Promise<unknown>)[] = [
    (index) =>
      moveDevicesToCohort(context, {
        ...bulk,
        devices: { deviceSerials: [serial(index), serial(index + 3), serial(index + 7)] },
        cohort: index % 2 === 0 ? 'beta' : 'gamma',
      }),
    (index) =>
      moveDevicesToGroup(context, { ...bulk, devices: { all: true }, group: index % 3 === 0 ? null : `g${index % 4}` }),
    (index) =>
      setAttributesOfDevices(context, {
        ...bulk,
        devices: { filter: { testMode: false } },
        attributes: [inventory('n', index), inventory('list', [String(index), 'x'])],
      }),
    (index) =>
      reportAttributes(context, {
        reports: [
          {
            deviceSerial: serial(index),
            attributes: [inventory('n', true), inventory(`own-${index}`, index)],
            group: 'g1',
            lastSeenRelease: { version: `${index % 3}` },
          },
          { deviceSerial: `new-${index}`, attributes: [inventory('n', 'new')] },
        ],
        createMissing: true,
      }),
    (index) => deleteDevice(context, { deviceSerial: serial(index) }),
    (index) => deleteDevices(context, { ...bulk, devices: { deviceSerials: [serial(index + 1), `new-${index - 6}`] } }),
    (index) =>
      createDevice(context, {
        deviceSerial: serial(index),
        cohort: 'gamma',
        group: 'g2',
        attributes: [inventory('n', [index])],
        lastSeenRelease: { version: '1' },
        ifExists: 'UPDATE',
      }),
    (index) =>
      removeDeviceAttributes(context, { deviceSerial: serial(index), names: ['n', 'list'], scope: 'INVENTORY' }),
    (index) => deleteGroup(context, { name: `g${index % 4}` }),
    (index) => createGroup(context, { name: `g${index % 4}`, ifExists: 'KEEP' }),
    async (index) => {
      await deleteCohort(context, { slug: index % 2 === 0 ? 'beta' : 'gamma' });
      await createCohort(context, { name: index % 2 === 0 ? 'beta' : 'gamma', ifExists: 'KEEP' });
    },
    () => foldCounts(fleet.database),
  ];
  const results = await outcomes(Array.from({ length: 180 }, (_, index) => kinds[(index * 5) % kinds.length]!(index)));
  // A device or cohort may be gone when its turn comes; nobody is told of deadlocks or races.
  expect([...new Set(results)].filter((result) => result !== 'done' && result !== 'NOT_FOUND')).toEqual([]);
  expect(results.filter((result) => result === 'done').length).toBeGreaterThan(90);
  expectConsistent(await readProject(fleet, context.projectId));
  await foldCounts(fleet.database);
  expectConsistent(await readProject(fleet, context.projectId));
});

test('values that many set again and again are searched for as they are stored', async () => {
  const context = await newProject();
  const names = ['a', 'b', 'c'];
  const set = (deviceSerial: string, value: unknown, written = names) => {
    const attributes = written.map((name) => inventory(name, value));
    return setDeviceAttributes(context, { deviceSerial, attributes, mode: 'MERGE', scope: 'INVENTORY' });
  };
  for (const deviceSerial of names) {
    await createDevice(context, { deviceSerial, ifExists: 'ERROR' });
    await set(deviceSerial, 0);
    await set(deviceSerial, 1);
  }
  for (let round = 0; round < 10; round += 1) {
    await times(60, (index) => set(names[index % 3]!, index % 7, names.slice(index % 3)));
  }
  expectConsistent(await readProject(fleet, context.projectId));
});

test('a bulk delete takes along what is written while it waits', async () => {
  const context = await newProject();
  for (let round = 0; round < 8; round += 1) {
    await createDevice(context, { deviceSerial: 'one', ifExists: 'KEEP' });
    await outcomes([
      ...Array.from({ length: 6 }, (_, index) =>
        setDeviceAttributes(context, {
          deviceSerial: 'one',
          attributes: [inventory(`name-${index}`, `${round}`)],
          mode: 'MERGE',
          scope: 'INVENTORY',
        }),
      ),
      deleteDevices(context, { devices: { deviceSerials: ['one'] }, dryRun: false }),
      setDeviceAttributes(context, {
        deviceSerial: 'one',
        attributes: [inventory('late', round)],
        mode: 'MERGE',
        scope: 'INVENTORY',
      }),
    ]);
  }
  const stored = await readProject(fleet, context.projectId);
  expectConsistent(stored);
});

test('folding while others write and fold loses no count', async () => {
  const context = await newProject();
  await reportAttributes(context, {
    reports: [
      { deviceSerial: 'one', attributes: [] },
      { deviceSerial: 'two', attributes: [] },
    ],
    createMissing: true,
  });
  for (let index = 0; index < 60; index += 1)
    await setDeviceGroup(context, { deviceSerial: 'one', group: `g${index % 2}` });
  await Promise.all([
    foldCounts(fleet.database),
    ...Array.from({ length: 20 }, (_, index) =>
      setDeviceGroup(context, { deviceSerial: 'two', group: `g${index % 2}` }),
    ),
    foldCounts(fleet.database),
    foldCounts(fleet.database),
  ]);
  const stored = await readProject(fleet, context.projectId);
  expectConsistent(stored);
  await foldCounts(fleet.database);
  expect(await readProject(fleet, context.projectId)).toEqual(stored);
});
