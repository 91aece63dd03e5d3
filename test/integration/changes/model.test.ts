import * as fc from 'fast-check';
import {
  deleteDevice, deleteDevices, moveDevicesToCohort, moveDevicesToGroup, setAttributesOfDevices,
} from '../../../src/changes/bulk.js'; // prettier-ignore
import type { ChangeContext } from '../../../src/changes/change-context.js';
import { createCohort, deleteCohort, deployRelease, updateCohort } from '../../../src/changes/cohort.js';
import { foldCounts } from '../../../src/changes/counts.js';
import {
  createDevice,
  removeDeviceAttributes,
  removeDeviceFromGroup,
  setDeviceAttributes,
  setDeviceGroup,
  updateDevice,
} from '../../../src/changes/device.js';
import { reportAttributes } from '../../../src/changes/report.js';
import { createGroup, deleteGroup, renameGroup } from '../../../src/changes/group.js';
import { AppError } from '../../../src/errors.js';
import { createFleet, createProject, type Fleet } from '../../support/fleet.js';
import { type Change, type ModelSelector, ProjectModel, Refusal } from '../../support/project-model.js';
import { PROPERTY_TIMEOUT_MS, runs } from '../../support/property.js';
import { readProject, searchedFor, type StoredProject } from '../../support/stored.js';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await createFleet();
});
afterAll(() => fleet.stop());

const serial = fc.constantFrom('a', 'b', 'c', "d'%", 'constructor');
const cohort = fc.constantFrom('default', 'beta', 'gamma');
const group = fc.constantFrom('lab', 'Lab', 'field');
const release = fc.record(
  { version: fc.constantFrom('1', '2'), revision: fc.constantFrom('r', null) },
  { requiredKeys: ['version'] },
);
const scope = fc.constantFrom('INVENTORY' as const, 'TAGS' as const);
const time = fc.constantFrom(...[1, 2, 3].map((day) => new Date(Date.UTC(2026, 0, day))));
const attribute = fc.record(
  {
    name: fc.constantFrom('n', 'list', '__proto__'),
    scope,
    value: fc.constantFrom<(string | number | boolean | string[] | number[])[]>(
      '', 'x', 'y'.repeat(700), `${'y'.repeat(700)}z`, 1, 2, true, ['x'], ['x', 'y', 'x'], ['y', 'x'], ['y'.repeat(700), `${'y'.repeat(700)}z`], [1], [1, 2, 3], [3, 3, 1, 3], [],
    ), // prettier-ignore
    description: fc.constantFrom('about', null, ''),
  },
  { requiredKeys: ['name', 'scope', 'value'] },
);
const attributes = (minLength = 0) =>
  fc.uniqueArray(attribute, { minLength, maxLength: 3, selector: (one) => `${one.scope}/${one.name}` });
const fields = {
  ownerRef: fc.constantFrom('x', 'y', null),
  hardwareVersion: fc.constantFrom('x', null),
  testMode: fc.boolean(),
  state: fc.constantFrom('ACTIVE' as const, 'DISABLED' as const),
  lastSeen: fc.option(time, { freq: 5 }),
  lastSeenRelease: fc.option(release, { freq: 5 }),
  cohort,
};
const bulk = {
  devices: fc.oneof<fc.Arbitrary<ModelSelector>[]>(
    fc.record({ deviceSerials: fc.array(fc.oneof(serial, fc.constant('unknown')), { minLength: 1, maxLength: 4 }) }),
    fc.record({ filter: fc.record({ testMode: fc.boolean() }) }),
    fc.constant({ all: true }),
  ),
  dryRun: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  maxAffected: fc.constantFrom(0, 2, 100, null, undefined),
};
const bulkKeys = ['devices', 'dryRun'] as const;
const kind = <K extends Change['kind']>(name: K) => fc.constant(name);

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        kind: kind('createDevice'), deviceSerial: serial, ...fields, group: fc.option(group), attributes: attributes(),
        ifExists: fc.constantFrom('ERROR' as const, 'KEEP' as const, 'UPDATE' as const, 'UPDATE' as const),
      },
      { requiredKeys: ['kind', 'deviceSerial', 'ifExists'] },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record(
      { kind: kind('updateDevice'), deviceSerial: serial, ...fields },
      { requiredKeys: ['kind', 'deviceSerial'] },
    ),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('deleteDevice'), deviceSerial: serial }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: kind('setDeviceAttributes'), deviceSerial: serial, attributes: attributes(), scope,
      mode: fc.constantFrom('MERGE' as const, 'REPLACE' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kind('removeDeviceAttributes'), deviceSerial: serial, scope,
      names: fc.uniqueArray(fc.constantFrom('n', 'list', '__proto__', 'unknown'), { maxLength: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: kind('reportAttributes'),
      createMissing: fc.boolean(),
      reports: fc.uniqueArray(
        fc.record(
          {
            deviceSerial: serial, attributes: attributes(), lastSeen: fields.lastSeen,
            lastSeenRelease: fields.lastSeenRelease, group: fc.option(group),
          },
          { requiredKeys: ['deviceSerial', 'attributes'] },
        ),
        { maxLength: 4, selector: ({ deviceSerial }) => deviceSerial },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('setDeviceGroup'), deviceSerial: serial, group }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('removeDeviceFromGroup'), deviceSerial: serial, group }) },
  {
    weight: 2,
    arbitrary: fc.record(
      { kind: kind('moveDevicesToCohort'), cohort, ...bulk },
      { requiredKeys: ['kind', 'cohort', ...bulkKeys] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      { kind: kind('moveDevicesToGroup'), group: fc.option(group), ...bulk },
      { requiredKeys: ['kind', 'group', ...bulkKeys] },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record(
      { kind: kind('setAttributesOfDevices'), attributes: attributes(1), ...bulk },
      { requiredKeys: ['kind', 'attributes', ...bulkKeys] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: kind('deleteDevices'), ...bulk }, { requiredKeys: ['kind', ...bulkKeys] }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kind('createCohort'), name: fc.constantFrom('Beta', 'Other'), slug: cohort,
      ifExists: fc.constantFrom('ERROR' as const, 'KEEP' as const, 'UPDATE' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('updateCohort'), slug: cohort, newSlug: cohort }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('deleteCohort'), slug: cohort }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('deployRelease'), cohort, release }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: kind('createGroup'), name: group, ifExists: fc.constantFrom('ERROR' as const, 'KEEP' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('renameGroup'), name: group, newName: group }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('deleteGroup'), name: group }) },
); // prettier-ignore

/** Makes the change for real, and answers what the model answers. */
async function run(context: ChangeContext, input: Change): Promise<unknown> {
  const brief = ({ created, changed }: { created: boolean; changed: boolean }) => ({ created, changed });
  switch (input.kind) {
    case 'createDevice':
      return brief(await createDevice(context, input));
    case 'updateDevice':
      return brief(await updateDevice(context, input));
    case 'deleteDevice':
      return { deleted: (await deleteDevice(context, input)).id !== null };
    case 'setDeviceAttributes':
      return brief(await setDeviceAttributes(context, input));
    case 'removeDeviceAttributes':
      return brief(await removeDeviceAttributes(context, input));
    case 'reportAttributes':
      return reportAttributes(context, input);
    case 'setDeviceGroup':
      return brief(await setDeviceGroup(context, input));
    case 'removeDeviceFromGroup':
      return brief(await removeDeviceFromGroup(context, input));
    case 'moveDevicesToCohort':
      return moveDevicesToCohort(context, input);
    case 'moveDevicesToGroup':
      return moveDevicesToGroup(context, input);
    case 'setAttributesOfDevices':
      return setAttributesOfDevices(context, input);
    case 'deleteDevices':
      return deleteDevices(context, input);
    case 'createCohort': {
      const { cohort: made, created } = await createCohort(context, input);
      return { created, name: made.name };
    }
    case 'updateCohort':
      return { slug: (await updateCohort(context, input)).slug };
    case 'deleteCohort':
      return deleteCohort(context, input);
    case 'deployRelease':
      await deployRelease(context, input);
      return {};
    case 'createGroup':
      return { created: (await createGroup(context, input)).created };
    case 'renameGroup':
      await renameGroup(context, input);
      return {};
    case 'deleteGroup':
      return deleteGroup(context, input);
  }
}

const told = (work: () => unknown) =>
  Promise.resolve()
    .then(work)
    .catch((error: unknown) => {
      if (error instanceof AppError || error instanceof Refusal) return error.code;
      throw error;
    });

/** Steps are told apart by their milliseconds. */
async function nextMillisecond(): Promise<number> {
  const now = Date.now();
  while (Date.now() === now) await new Promise((resolve) => setTimeout(resolve, 1));
  return Date.now();
}

/** The number of the step within whose time an instant lies. */
function stepOf(at: Date | number | null, starts: readonly number[]): number | null {
  return at === null ? null : starts.findLastIndex((start) => start <= Number(at));
}

function expectStored(stored: StoredProject, model: ProjectModel, starts: readonly number[]): void {
  const sorted = (names: Iterable<string>) => [...names].toSorted();
  const byName = <T>(entries: Iterable<[string, T]>) => [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
  expect(
    stored.devices.map(({ attributes: own, postings: _postings, ...device }) => ({
      ...device,
      updatedAt: stepOf(device.updatedAt, starts),
      attributesUpdatedAt: stepOf(device.attributesUpdatedAt, starts),
      attributes: byName(Object.entries(own)).map(([name, [value, at, description]]) => [
        name, value, stepOf(at, starts), description,
      ]),
    })),
  ).toEqual(
    sorted(model.devices.keys()).map((deviceSerial) => {
      const { attributes: own, ...device } = model.devices.get(deviceSerial)!;
      return {
        deviceSerial,
        ...device,
        attributes: byName(own).map(([name, { value, changedAt, description }]) => [
          name, value, changedAt, description,
        ]),
      };
    }),
  ); // prettier-ignore
  for (const { attributes: own, postings } of stored.devices) {
    expect(postings).toEqual(
      Object.fromEntries(Object.entries(own).map(([name, [value]]) => [name, searchedFor(value)])),
    );
  }
  expect(stored.orphans).toBe(0);
  expect(stored.keptCounts).toEqual(stored.realCounts);
  expect([stored.cohorts, stored.groups, stored.releases, stored.keys]).toEqual(
    [model.cohorts.keys(), model.groups, model.releases, model.keys].map((names) => sorted(names)),
  );
}

test(
  'random changes store and answer what a plain model says, values and postings agree, counts are true',
  async () => {
    let projects = 0;
    const refused = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 8, maxLength: 30, size: 'max' }), async (changes) => {
        projects += 1;
        const projectId = await createProject(fleet.database, `project-${projects}`);
        const context = { ...fleet.context(), projectId };
        let model = new ProjectModel();
        const starts: number[] = [0];
        for (const [index, one] of changes.entries()) {
          starts.push(await nextMillisecond());
          const attempt = model.clone();
          const expected = await told(() => attempt.apply(one, index + 1));
          const answered = await told(() => run(context, one));
          expect([one, answered]).toEqual([one, expected]);
          if (typeof expected === 'string') refused.add(expected);
          else if (!('dryRun' in one && one.dryRun)) model = attempt;
          // A look after each change costs as much as the change; every third is enough to find where it went wrong.
          if (index % 3 === 2) expectStored(await readProject(fleet, projectId), model, starts);
        }
        expectStored(await readProject(fleet, projectId), model, starts);
        await foldCounts(fleet.database);
        expectStored(await readProject(fleet, projectId), model, starts);
      }),
      runs(25),
    );
    // Else the refusals would not be tried.
    expect([...refused].toSorted()).toEqual(['BAD_USER_INPUT', 'CONFLICT', 'NOT_FOUND', 'TOO_MANY_AFFECTED']);
  },
  PROPERTY_TIMEOUT_MS,
);
