import { AttributeKeys } from '../../../src/attributes/keys.js';
import { setAttributesOfDevices } from '../../../src/changes/bulk.js';
import { setDeviceAttributes } from '../../../src/changes/device.js';
import { reportAttributes } from '../../../src/changes/report.js';
import { createFleet, createProject, type Fleet } from '../../support/fleet.js';
import { readProject } from '../../support/stored.js';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await createFleet();
});
afterAll(() => fleet.stop());

const identity = (name: string) => ({ name, scope: 'TAGS', source: 'api', type: 'STRING' }) as const;

class Abandoned extends Error {}

async function rolledBack(work: Parameters<Fleet['database']['transaction']>[1]): Promise<void> {
  const abandoned = fleet.database.transaction('test.abandoned', async (transaction) => {
    await work(transaction);
    throw new Abandoned();
  });
  await expect(abandoned).rejects.toThrow(Abandoned);
}

describe('the dictionary of attribute names', () => {
  test('answers the same id for the same name, made or found, and different ids for different names', async () => {
    const keys = new AttributeKeys();
    const ensure = (of: AttributeKeys, names: string[]) =>
      fleet.database.transaction('test.ensure', async (transaction) => {
        const idOf = await of.ensure(transaction, fleet.projectId, names.map(identity));
        return names.map((name) => idOf(identity(name)));
      });
    const made = await ensure(keys, ['a', 'b', 'constructor', '__proto__', 'a b', 'a\tb']);
    expect(new Set(made).size).toBe(6);
    expect(await ensure(keys, ['b', 'a', 'a\tb'])).toEqual([made[1], made[0], made[5]]);
    expect(await ensure(new AttributeKeys(), ['__proto__', 'constructor'])).toEqual([made[3], made[2]]);
  });

  test('forgets names of a transaction that was rolled back, even if that asked for them twice', async () => {
    const keys = new AttributeKeys();
    await rolledBack(async (transaction) => {
      await keys.ensure(transaction, fleet.projectId, [identity('phantom')]);
      await keys.ensure(transaction, fleet.projectId, [identity('phantom')]);
    });
    const id = await fleet.database.transaction('test.ensure', async (transaction) =>
      (await keys.ensure(transaction, fleet.projectId, [identity('phantom')]))(identity('phantom')),
    );
    const found = await keys.byNames(fleet.database, fleet.projectId, ['phantom']);
    expect(found).toEqual([{ ...identity('phantom'), id }]);
  });

  test('asks the database once for what has been committed', async () => {
    const keys = new AttributeKeys();
    const ensure = () =>
      fleet.database.transaction('test.ensure', (transaction) =>
        keys.ensure(transaction, fleet.projectId, [identity('known')]),
      );
    await ensure();
    await ensure();
    fleet.statements.length = 0;
    await ensure();
    expect(fleet.statements).toEqual([]);
  });

  test('keeps the names of projects apart', async () => {
    const keys = new AttributeKeys();
    const other = await createProject(fleet.database, 'other');
    const ids = await fleet.database.transaction('test.ensure', async (transaction) => [
      (await keys.ensure(transaction, fleet.projectId, [identity('shared')]))(identity('shared')),
      (await keys.ensure(transaction, other, [identity('shared')]))(identity('shared')),
    ]);
    expect(ids[0]).not.toBe(ids[1]);
    expect(await keys.byIds(fleet.database, other, [String(ids[0])])).toEqual(new Map());
  });
});

test('a bulk change of more devices than one batch that is refused leaves no name behind, in the process neither', async () => {
  const projectId = await createProject(fleet.database, 'large');
  const context = { ...fleet.context(), projectId };
  for (const part of [0, 1, 2]) {
    const reports = Array.from({ length: part === 2 ? 1_001 : 2_000 }, (_, index) => ({
      deviceSerial: `device-${part}-${index}`,
      attributes: [],
    }));
    await reportAttributes(context, { reports, createMissing: true });
  }
  // The last device is full, so that its batch, the second one, is refused.
  const full = Array.from({ length: 1_000 }, (_, index) => ({
    name: `n${index}`,
    scope: 'TAGS' as const,
    value: index,
  }));
  await setDeviceAttributes(context, { deviceSerial: 'device-2-1000', attributes: full, mode: 'MERGE', scope: 'TAGS' });
  const set = (deviceSerials?: string[]) =>
    setAttributesOfDevices(context, {
      devices: deviceSerials === undefined ? { all: true } : { deviceSerials },
      attributes: [{ name: 'one more', scope: 'TAGS', value: 'x' }],
      dryRun: false,
    });
  await expect(set()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', field: 'input.attributes' });
  expect((await readProject(fleet, projectId)).keys).not.toContain('TAGS/api/one more/STRING');
  expect(await set(['device-0-0'])).toMatchObject({ matchedCount: 1, changedCount: 1 });
  const stored = await readProject(fleet, projectId);
  expect(stored.devices.find(({ deviceSerial }) => deviceSerial === 'device-0-0')!.attributes).toMatchObject({
    'TAGS/api/one more': ['x', expect.any(Number), null],
  });
});
