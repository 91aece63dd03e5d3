import { deleteDevice } from '../../../src/changes/bulk.js';
import type { AttributeWrite } from '../../../src/changes/attributes.js';
import type { ChangeContext } from '../../../src/changes/change-context.js';
import { changeDevices, MUST_EXIST } from '../../../src/changes/devices.js';
import { setKnownAttributes } from '../../../src/changes/set-known-attributes.js';
import { sql } from '../../../src/database/sql.js';
import { toGlobalId } from '../../../src/model/global-id.js';
import { createFleet, createProject, type Fleet } from '../../support/fleet.js';
import { readProject } from '../../support/stored.js';

const CREATED = new Date('2026-11-21T17:00:00.007Z');
const NOW = new Date('2026-11-21T18:00:00.123Z');

let fleet: Fleet;
let context: ChangeContext;

beforeAll(async () => {
  fleet = await createFleet();
});
afterAll(() => fleet.stop());

const write = (name: string, value: unknown, more: object = {}) =>
  ({ scope: 'INVENTORY', name, value, ...more }) as AttributeWrite;

const HAD = [
  write('level', 1),
  write('version', '5.1', { description: 'of the kernel' }),
  write('is_open', false, { scope: 'TAGS' }),
  write('same', 'as it was', { scope: 'MONITOR' }),
  write('list', ['a', 'b']),
  write('long', 'x'.repeat(601)),
  write('constructor', 'a name too'),
];

/** Two devices that have the same. */
beforeEach(async () => {
  const projectId = await createProject(fleet.database, `p${Math.random()}`.replace('.', ''));
  const audit = { role: 'WRITER', principalId: 'k1', requestId: 'r1', reports: 'keys' } as const;
  context = { ...fleet.context(), projectId, audit };
  const devices = ['a', 'b'].map((deviceSerial) => ({ deviceSerial, attributes: HAD, path: 'input' }));
  await fleet.database.transaction('test.create', (transaction) =>
    changeDevices(transaction, context, devices, { ifMissing: 'create', ifPresent: 'keep' }, CREATED),
  );
  // The keys were made by the transaction, so that they are not remembered yet.
  await changeKnown('b', HAD);
  fleet.statements.length = 0;
});

const set = (deviceSerial: string, attributes: readonly AttributeWrite[]) =>
  setKnownAttributes(context, { deviceSerial, attributes }, NOW, 'setDeviceAttributes');

/** The same by the way that everything can be changed. */
function changeKnown(deviceSerial: string, attributes: readonly AttributeWrite[]) {
  const change = { deviceSerial, attributes, path: 'input' };
  return fleet.database.transaction('test.change', async (transaction) => {
    const [changed] = await changeDevices(transaction, context, [change], MUST_EXIST, NOW, 'setDeviceAttributes');
    return changed!;
  });
}

async function auditOf(deviceSerial: string) {
  const [device] = await fleet.rows<{ id: string }>(
    sql`select id from device where project_id = ${context.projectId} and device_serial = ${deviceSerial}`,
  );
  return fleet.rows(sql`
    select principal, principal_id, role, operation, kind, object_id = ${toGlobalId('Device', device!.id)} as is_id, before, after, selector,
           matched_count, changed_count, request_id
    from audit_log where project_id = ${context.projectId} and object_name = ${deviceSerial} order by id`);
}

async function storedOf(deviceSerial: string) {
  const { devices, orphans } = await readProject(fleet, context.projectId);
  expect(orphans).toBe(0);
  return { ...devices.find((one) => one.deviceSerial === deviceSerial), deviceSerial: '' };
}

test.each([
  ['one number', [write('level', 2.5)]],
  ['texts with their description', [write('version', '5.2 "\\')]],
  ['one of each type in several scopes', [write('level', -1e300), write('version', ''), write('is_open', true, { scope: 'TAGS' })]],
  ['some that differ and some that do not', [write('level', 7), write('same', 'as it was', { scope: 'MONITOR' }), write('constructor', 'ü😀')]],
  ['none that differs', [write('level', 1), write('version', '5.1')]],
])('%s: stores in one statement what the long way stores', async (_what, attributes) => {
  const changed = await set('a', attributes);
  expect(fleet.statements.map(({ name }) => name)).toEqual(['changes.setKnownAttributes']);
  const expected = await changeKnown('b', attributes);
  expect(await storedOf('a')).toEqual(await storedOf('b'));
  expect(await auditOf('a')).toEqual(await auditOf('b'));
  const { id, uuid, deviceSerial } = expected.device;
  expect({ ...changed, device: { ...changed!.device, id, uuid, deviceSerial } }).toEqual(expected);
}); // prettier-ignore

test.each([
  ['a device that is not there', 'c', [write('level', 2)]],
  ['an attribute that the device has not', 'a', [write('level', 2), write('level', 2, { scope: 'TAGS' })]],
  ['a name that is unknown', 'a', [write('level', 2), write('unknown', 2)]],
  ['a value of another type', 'a', [write('level', 'two')]],
  ['a list', 'a', [write('list', ['b'])]],
  ['a value instead of a list', 'a', [write('list', 'a')]],
  ['a text that the index does not hold whole', 'a', [write('version', 'x'.repeat(601))]],
  ['a text after such a one', 'a', [write('long', 'short')]],
  ['a description', 'a', [write('level', 2, { description: null })]],
  ['nothing', 'a', []],
])('%s is left to the long way', async (_what, deviceSerial, attributes) => {
  const before = [await readProject(fleet, context.projectId), await auditOf('a')];
  expect(await set(deviceSerial, attributes)).toBeNull();
  expect([await readProject(fleet, context.projectId), await auditOf('a')]).toEqual(before);
});

test('more than an entry of the audit log holds is left to the long way', async () => {
  const many = Array.from({ length: 100 }, (_, index) => write(`n${index}`, 'y'.repeat(600)));
  for (const deviceSerial of ['a', 'b']) await changeKnown(deviceSerial, many);
  expect(await set('a', many)).toBeNull();
  const short = many.map(({ name }) => write(name, 'z'));
  expect(await set('a', short)).toBeNull();
  expect((await set('a', short.slice(0, 20)))?.changed).toBe(true);
});

test('a device that somebody else is changing is not waited for', async () => {
  await fleet.database.transaction('test.lock', async (transaction) => {
    await transaction.rows('test.lock', sql`select 1 from device where project_id = ${context.projectId} for update`);
    expect(await set('a', [write('level', 2)])).toBeNull();
  });
  await fleet.database.transaction('test.lock', async (transaction) => {
    await transaction.rows(
      'test.lock',
      sql`select 1 from device_document where project_id = ${context.projectId} for update`,
    );
    expect(await set('a', [write('level', 2)])).toBeNull();
  });
  expect(await set('a', [write('level', 2)])).toMatchObject({ changed: true });
});

test('a device that is gone is not there', async () => {
  await deleteDevice(context, { deviceSerial: 'a' });
  expect(await set('a', [write('level', 2)])).toBeNull();
});

test('whose changes leave no entry leaves none', async () => {
  const before = await auditOf('a');
  context = { ...context, audit: { ...context.audit!, role: 'DEVICE' } };
  expect(await set('a', [write('level', 2)])).toMatchObject({ changed: true });
  expect(await auditOf('a')).toEqual(before);
});
