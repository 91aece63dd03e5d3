/** What a bulk change tells of devices that it was to find and did not. */
import { moveDevicesToCohort } from '../../../src/changes/bulk.js';
import { createCohort } from '../../../src/changes/cohort.js';
import { createDevice } from '../../../src/changes/device.js';
import { findUnknown } from '../../../src/changes/selection.js';
import { createFleet, type Fleet } from '../../support/fleet.js';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await createFleet();
  await createCohort(fleet.context(), { name: 'Beta', slug: 'beta', ifExists: 'ERROR' });
  for (const deviceSerial of ['a', 'b']) await createDevice(fleet.context(), { deviceSerial, ifExists: 'ERROR' });
});
afterAll(() => fleet?.stop());

const move = (deviceSerials: readonly string[], dryRun = false) =>
  moveDevicesToCohort(fleet.context(), { cohort: 'beta', devices: { deviceSerials }, dryRun });
const namesOfStatements = () => fleet.statements.map(({ name }) => name);

test('it is told in the order given, and each once', async () => {
  for (const dryRun of [true, false]) {
    const { matchedCount, unknownSerials } = await move(['z', 'a', 'y', 'z', 'a'], dryRun);
    expect({ matchedCount, unknownSerials }).toEqual({ matchedCount: 1, unknownSerials: ['z', 'y'] });
  }
});

test('nobody looks for it where all were found', async () => {
  fleet.statements.length = 0;
  expect(await move(['a', 'b', 'a'])).toMatchObject({ matchedCount: 2, unknownSerials: [] });
  expect(namesOfStatements()).toContain('changes.moveToCohort');
  expect(namesOfStatements()).not.toContain('changes.unknownSerials');
});

test('the change is tried again if a device came or went meanwhile', async () => {
  const find = (matchedCount: number) =>
    findUnknown(fleet.database, fleet.projectId, { kind: 'serials', serials: ['a', 'b', 'c'] }, matchedCount);
  expect(await find(2)).toEqual({ unknownSerials: ['c'], unknownIds: [] });
  await expect(find(1)).rejects.toMatchObject({ name: 'LostRace' });
});
