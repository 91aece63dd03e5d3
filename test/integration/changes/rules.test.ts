import { AttributeKeys } from '../../../src/attributes/keys.js';
import { writePostings } from '../../../src/attributes/write-postings.js';
import {
  deleteDevice,
  deleteDevices,
  moveDevicesToCohort,
  moveDevicesToGroup,
  setAttributesOfDevices,
} from '../../../src/changes/bulk.js';
import type { ChangeContext } from '../../../src/changes/change-context.js';
import { createCohort, deleteCohort, deployRelease, updateCohort } from '../../../src/changes/cohort.js';
import {
  createDevice,
  type CreateDevice,
  removeDeviceAttributes,
  removeDeviceFromGroup,
  setDeviceAttributes,
  updateDevice,
} from '../../../src/changes/device.js';
import { recordDeviceEvent } from '../../../src/changes/device-event.js';
import { reportAttributes } from '../../../src/changes/report.js';
import { createGroup, deleteGroup, renameGroup } from '../../../src/changes/group.js';
import { commaSeparated, sql } from '../../../src/database/sql.js';
import { toGlobalId } from '../../../src/model/global-id.js';
import { createFleet, createProject, type Fleet } from '../../support/fleet.js';
import { readProject, searchedFor } from '../../support/stored.js';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await createFleet();
});
afterAll(() => fleet.stop());

let context: ChangeContext;
let projects = 0;
beforeEach(async () => {
  projects += 1;
  context = { ...fleet.context(), projectId: await createProject(fleet.database, `project-${projects}`) };
});

const stored = () => readProject(fleet, context.projectId);
const tag = (name: string, value: unknown, description?: string | null) => ({
  name,
  value,
  scope: 'TAGS' as const,
  ...(description !== undefined && { description }),
});
const create = (deviceSerial: string, input: Partial<CreateDevice> = {}) =>
  createDevice(context, { deviceSerial, ifExists: 'ERROR', ...input });
const bulk = { dryRun: false };

describe('a write over a limit is refused whole and leaves nothing behind', () => {
  const tooLarge: [string, CreateDevice['attributes'], string, string][] = [
    ['1,001 attributes', Array.from({ length: 1_001 }, (_, n) => tag(`n${n}`, n)), 'LIMIT_EXCEEDED', 'attributes'],
    ['a string of 16 KiB and a byte', [tag('a', 1), tag('b', 'x'.repeat(16_385))], 'LIMIT_EXCEEDED', 'attributes[1].value'],
    ['a string of 16 KiB and a byte in UTF-8', [tag('a', `${'ä'.repeat(8_192)}x`)], 'LIMIT_EXCEEDED', 'attributes[0].value'],
    ['an array of 1,001 elements', [tag('a', 1), tag('b', Array.from({ length: 1_001 }, () => 1))], 'LIMIT_EXCEEDED', 'attributes[1].value'],
    ['an element of 16 KiB and a byte', [tag('a', ['', 'x'.repeat(16_385)])], 'LIMIT_EXCEEDED', 'attributes[0].value[1]'],
    ['a description of 1 KiB and a byte', [tag('a', 1), tag('b', 1, 'x'.repeat(1_025))], 'LIMIT_EXCEEDED', 'attributes[1].description'],
    ['a name of 1,025 bytes', [tag('a', 1), tag('x'.repeat(1_025), 1)], 'LIMIT_EXCEEDED', 'attributes[1].name'],
    ['an empty name', [tag('a', 1), tag('', 1)], 'BAD_USER_INPUT', 'attributes[1].name'],
    ['a name given twice', [tag('a', 1), tag('b', 1), tag('a', 2)], 'BAD_USER_INPUT', 'attributes[2].name'],
    ['a mixed array', [tag('a', 1), tag('b', [1, 'a'])], 'BAD_USER_INPUT', 'attributes[1].value[1]'],
    ['NUL in a value', [tag('a', 1), tag('b', 'a\0')], 'BAD_USER_INPUT', 'attributes[1].value'],
    ['an unpaired surrogate in a name', [tag('a', 1), tag('\ud800', 1)], 'BAD_USER_INPUT', 'attributes[1].name'],
    ['an integer that would be rounded', [tag('a', 1), tag('b', Infinity)], 'BAD_USER_INPUT', 'attributes[1].value'],
    ['null as a value', [tag('a', 1), tag('b', null)], 'BAD_USER_INPUT', 'attributes[1].value'],
  ]; // prettier-ignore

  test.each(tooLarge)('%s', async (_, attributes, code, field) => {
    await create('there');
    const before = await stored();
    const more = { group: 'new', lastSeenRelease: { version: 'new' } };
    await expect(create('new', { attributes, ...more })).rejects.toMatchObject({ code, field: `input.${field}` });
    const reports = [
      { deviceSerial: 'there', attributes: [tag('fine', 1)], ...more },
      { deviceSerial: 'new', attributes: attributes!, ...more },
    ];
    await expect(reportAttributes(context, { reports, createMissing: true })).rejects.toMatchObject({
      code,
      field: `input.reports[1].${field}`,
    });
    const set = { devices: { all: true }, attributes: attributes!, ...bulk };
    await expect(setAttributesOfDevices(context, set)).rejects.toMatchObject({ code, field: `input.${field}` });
    expect(await stored()).toEqual(before);
  });

  test('one attribute more than 1,000 of one device, though each write was small', async () => {
    await create('full', { attributes: Array.from({ length: 1_000 }, (_, n) => tag(`n${n}`, n)) });
    await create('fresh');
    const before = await stored();
    const one = [tag('n999', 'other'), tag('one more', 1)];
    const refusal = { code: 'LIMIT_EXCEEDED', field: 'input.attributes' };
    const merge = { deviceSerial: 'full', attributes: one, mode: 'MERGE', scope: 'TAGS' } as const;
    await expect(setDeviceAttributes(context, merge)).rejects.toMatchObject(refusal);
    await expect(
      setAttributesOfDevices(context, { devices: { all: true }, attributes: one, ...bulk }),
    ).rejects.toMatchObject(refusal);
    const reports = [
      { deviceSerial: 'fresh', attributes: one, group: 'new' },
      { deviceSerial: 'full', attributes: one, lastSeenRelease: { version: 'new' } },
    ];
    await expect(reportAttributes(context, { reports, createMissing: false })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'input.reports[1].attributes',
    });
    expect(await stored()).toEqual(before);
    // A change of what is there needs no room, and REPLACE makes its own.
    await setDeviceAttributes(context, { ...merge, attributes: [tag('n999', 'other')] });
    await setDeviceAttributes(context, { ...merge, attributes: one, mode: 'REPLACE' });
    expect(Object.keys((await stored()).devices.find((one) => one.deviceSerial === 'full')!.attributes)).toHaveLength(
      2,
    );
  });

  test('as much as the limits allow is stored and read back as it was', async () => {
    const attributes = [
      tag('string', 'ä'.repeat(8_192), 'd'.repeat(1_024)),
      tag(
        'x'.repeat(1_024),
        Array.from({ length: 1_000 }, (_, n) => `${'😀'.repeat(650)}${n}`),
      ),
      tag('numbers', [5e-324, 1.7976931348623157e308, -(2 ** 53), 0.1, 1e-7, 1e21]),
      tag('empty', []),
    ];
    await create('x'.repeat(1_024), { attributes, ownerRef: '😀'.repeat(256), group: 'g'.repeat(256) });
    const [device] = (await stored()).devices;
    for (const { name, value } of attributes) {
      expect(device!.attributes[`TAGS/api/${name}`]![0]).toEqual(value);
      expect(device!.postings[`TAGS/api/${name}`]).toEqual(searchedFor(value));
    }
    expect(device!.attributes['TAGS/api/string']![2]).toHaveLength(1_024);
  });

  test('2,001 reports, or a device twice', async () => {
    const reports = Array.from({ length: 2_001 }, (_, n) => ({ deviceSerial: `d${n}`, attributes: [] }));
    await expect(reportAttributes(context, { reports, createMissing: true })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'input.reports',
    });
    const twice = [...reports.slice(0, 3), reports[1]!];
    await expect(reportAttributes(context, { reports: twice, createMissing: true })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.reports[3].deviceSerial',
    });
    expect((await stored()).devices).toEqual([]);
  });

  test('an unknown device or cohort among known ones', async () => {
    await create('known');
    const before = await stored();
    const reports = ['known', 'unknown'].map((deviceSerial) => ({
      deviceSerial,
      attributes: [tag('a', 1)],
      group: 'new',
    }));
    await expect(reportAttributes(context, { reports, createMissing: false })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      field: 'input.reports[1].deviceSerial',
    });
    await expect(create('new', { cohort: 'unknown', group: 'new' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      field: 'input.cohort',
    });
    await expect(
      updateDevice(context, { deviceSerial: 'known', cohort: 'unknown', ownerRef: 'x' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND', field: 'input.cohort' });
    expect(await stored()).toEqual(before);
  });
});

describe('what may be null and what may not', () => {
  test.each(['testMode', 'state', 'cohort'] as const)('null for %s is an error', async (name) => {
    await create('one');
    const refusal = { code: 'BAD_USER_INPUT', field: `input.${name}` };
    await expect(updateDevice(context, { deviceSerial: 'one', [name]: null })).rejects.toMatchObject(refusal);
    await expect(create('two', { [name]: null })).rejects.toMatchObject(refusal);
  });

  test('null clears the others, absent ones stay', async () => {
    const lastSeen = new Date('2026-01-01T00:00:00.000Z');
    await create('one', { ownerRef: 'x', hardwareVersion: 'y', lastSeen, lastSeenRelease: { version: '1' } });
    await updateDevice(context, { deviceSerial: 'one', ownerRef: null });
    expect((await stored()).devices).toMatchObject([{ ownerRef: null, hardwareVersion: 'y', lastSeen }]);
    await updateDevice(context, { deviceSerial: 'one', lastSeen: null, lastSeenRelease: null, hardwareVersion: null });
    expect((await stored()).devices).toMatchObject([{ hardwareVersion: null, lastSeen: null, release: null }]);
  });

  test.each(['ownerRef', 'hardwareVersion', 'manufacturer', 'deviceCode'] as const)(
    '%s has 1 to 256 characters',
    async (name) => {
      const refusal = (code: string) => ({ code, field: `input.${name}` });
      await expect(create('one', { [name]: '' })).rejects.toMatchObject(refusal('BAD_USER_INPUT'));
      await expect(create('one', { [name]: 'x'.repeat(257) })).rejects.toMatchObject(refusal('LIMIT_EXCEEDED'));
      await expect(create('one', { [name]: 'x\0' })).rejects.toMatchObject(refusal('BAD_USER_INPUT'));
      expect((await create('one', { [name]: '😀'.repeat(256) })).device[name]).toBe('😀'.repeat(256));
    },
  );
});

describe('a new device', () => {
  test('has its uuid as serial if it is given none', async () => {
    const { device } = await createDevice(context, { ifExists: 'ERROR' });
    expect(device.deviceSerial).toBe(device.uuid);
    await expect(createDevice(context, { deviceSerial: '', ifExists: 'ERROR' })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.deviceSerial',
    });
  });

  test('is in the default cohort, whatever that is called, and knows who made it', async () => {
    await updateCohort(context, { slug: 'default', newSlug: 'everything', name: 'Everything' });
    const { device } = await create('one');
    expect(device.registeredBy).toBe('a test');
    expect((await stored()).devices[0]!.cohort).toBe('everything');
  });
});

describe('groups', () => {
  test('are created by what names one, but not by a dry run nor where nothing matches', async () => {
    await create('one');
    const move = (group: string, deviceSerials: string[], dryRun: boolean) =>
      moveDevicesToGroup(context, { devices: { deviceSerials }, group, dryRun });
    expect(await move('dry', ['one'], true)).toMatchObject({ matchedCount: 1, changedCount: 1, dryRun: true });
    expect(await move('nothing', ['unknown'], false)).toMatchObject({ matchedCount: 0, unknownSerials: ['unknown'] });
    expect((await stored()).groups).toEqual([]);
    expect(await move('lab', ['one'], false)).toMatchObject({ matchedCount: 1, changedCount: 1, dryRun: false });
    expect((await stored()).groups).toEqual(['lab']);
  });

  test('stay when they are empty, until deleted', async () => {
    await create('one', { group: 'lab' });
    await removeDeviceFromGroup(context, { deviceSerial: 'one', group: 'lab' });
    expect((await stored()).groups).toEqual(['lab']);
    await deleteGroup(context, { name: 'lab' });
    expect((await stored()).groups).toEqual([]);
  });

  test('have names of 1 to 256 of A-Z a-z 0-9 _ -', async () => {
    for (const name of ['', 'a b', 'ä', 'a/b', 'a\n', 'x'.repeat(257)]) {
      const code = name.length > 256 ? 'LIMIT_EXCEEDED' : 'BAD_USER_INPUT';
      await expect(createGroup(context, { name, ifExists: 'ERROR' })).rejects.toMatchObject({
        code,
        field: 'input.name',
      });
      await expect(create('one', { group: name })).rejects.toMatchObject({ code, field: 'input.group' });
    }
    await createGroup(context, { name: 'A-z_9', ifExists: 'ERROR' });
    await expect(renameGroup(context, { name: 'A-z_9', newName: 'a b' })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.newName',
    });
  });

  test('a group that is not named at all is an error of the bulk move, null is not', async () => {
    await create('one', { group: 'lab' });
    await expect(moveDevicesToGroup(context, { devices: { all: true }, ...bulk })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.group',
    });
    expect(await moveDevicesToGroup(context, { devices: { all: true }, group: null, ...bulk })).toMatchObject({
      changedCount: 1,
    });
  });

  test('a device that is not in the group named is NOT_FOUND', async () => {
    await create('one', { group: 'lab' });
    await create('two');
    for (const [deviceSerial, group, field] of [
      ['one', 'other', 'input.group'],
      ['two', 'lab', 'input.group'],
      ['three', 'lab', 'input.deviceSerial'],
    ] as const) {
      await expect(removeDeviceFromGroup(context, { deviceSerial, group })).rejects.toMatchObject({
        code: 'NOT_FOUND',
        field,
      });
    }
  });
});

describe('cohorts', () => {
  test('a slug made from a name that is taken is CONFLICT, as is one that is given', async () => {
    const made = await createCohort(context, { name: 'Früh & Co', ifExists: 'ERROR' });
    expect(made.cohort.slug).toBe('fruh-co');
    await expect(createCohort(context, { name: 'fruh co', ifExists: 'ERROR' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await expect(updateCohort(context, { slug: 'fruh-co', newSlug: 'default' })).rejects.toMatchObject({
      code: 'CONFLICT',
      field: 'input.newSlug',
    });
  });

  test('the default one cannot be deleted, also under another name', async () => {
    await updateCohort(context, { slug: 'default', newSlug: 'main' });
    await expect(deleteCohort(context, { slug: 'main' })).rejects.toMatchObject({ code: 'CONFLICT' });
    // The old name is free, and is not the default one any more.
    await createCohort(context, { name: 'default', ifExists: 'ERROR' });
    expect(await deleteCohort(context, { slug: 'default' })).toEqual({ deleted: true, movedDeviceCount: 0 });
  });

  test('take their deployments with them', async () => {
    await createCohort(context, { name: 'beta', ifExists: 'ERROR' });
    await deployRelease(context, { cohort: 'beta', release: { version: '1' } });
    await deployRelease(context, { cohort: 'default', release: { version: '1' } });
    await deleteCohort(context, { slug: 'beta' });
    const left = await fleet.rows(sql`select 1 from deployment where project_id = ${context.projectId}`);
    expect(left).toHaveLength(1);
    expect((await stored()).releases).toEqual(['1/']);
  });

  test('are never created by the way', async () => {
    await create('one');
    await expect(
      moveDevicesToCohort(context, { devices: { all: true }, cohort: 'unknown', ...bulk }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND', field: 'input.cohort' });
    expect((await stored()).cohorts).toEqual(['default']);
  });
});

describe('which devices a bulk change is about', () => {
  const refused: [string, object, string, string][] = [
    ['nothing', {}, 'BAD_USER_INPUT', ''],
    ['two ways at once', { all: true, deviceSerials: ['one'] }, 'BAD_USER_INPUT', ''],
    ['all: false', { all: false }, 'BAD_USER_INPUT', '.all'],
    ['no serials', { deviceSerials: [] }, 'BAD_USER_INPUT', '.deviceSerials'],
    ['no ids', { ids: [] }, 'BAD_USER_INPUT', '.ids'],
    ['null', { deviceSerials: null }, 'BAD_USER_INPUT', '.deviceSerials'],
    ['a null filter', { filter: null }, 'BAD_USER_INPUT', '.filter'],
    ['an empty filter', { filter: {} }, 'BAD_USER_INPUT', '.filter'],
    ['a filter that holds for all', { filter: { and: [] } }, 'BAD_USER_INPUT', '.filter'],
    ['a filter that excludes nothing', { filter: { not: { or: [] } } }, 'BAD_USER_INPUT', '.filter'],
    ['a filter of no forbidden values', { filter: { ownerRef: { notIn: [] } } }, 'BAD_USER_INPUT', '.filter'],
    ['a filter with an unknown field', { filter: { tesMode: true } }, 'BAD_USER_INPUT', '.filter.tesMode'],
    ['an empty serial', { deviceSerials: ['one', ''] }, 'BAD_USER_INPUT', '.deviceSerials[1]'],
    ['a malformed id', { ids: ['one'] }, 'BAD_USER_INPUT', '.ids[0]'],
    ['50,001 serials', { deviceSerials: Array.from({ length: 50_001 }, () => 'one') }, 'LIMIT_EXCEEDED', '.deviceSerials'],
    ['an unknown way', { everything: true }, 'BAD_USER_INPUT', '.everything'],
  ]; // prettier-ignore

  test.each(refused)('%s is refused by every bulk change, dry or not', async (_, devices, code, field) => {
    await create('one');
    const before = await stored();
    for (const dryRun of [false, true]) {
      const input = { devices, dryRun };
      for (const work of [
        () => moveDevicesToCohort(context, { ...input, cohort: 'default' }),
        () => moveDevicesToGroup(context, { ...input, group: 'lab' }),
        () => setAttributesOfDevices(context, { ...input, attributes: [tag('a', 1)] }),
        () => deleteDevices(context, input),
      ]) {
        await expect(work()).rejects.toMatchObject({ code, field: `input.devices${field}` });
      }
    }
    expect(await stored()).toEqual(before);
  });

  test('unknown ids are listed as they were given: of nobody, of another type, of another project', async () => {
    const { device } = await create('one');
    const other = { ...context, projectId: await createProject(fleet.database, `other-${projects}`) };
    const foreign = await createDevice(other, { deviceSerial: 'one', ifExists: 'ERROR' });
    const known = toGlobalId('Device', device.id);
    const unknown = [
      toGlobalId('Device', '9223372036854775807'),
      toGlobalId('Cohort', device.id),
      toGlobalId('Device', foreign.device.id),
    ];
    const result = await deleteDevices(context, { devices: { ids: [unknown[0]!, known, known, ...unknown] }, ...bulk });
    expect(result).toEqual({
      matchedCount: 1,
      changedCount: 1,
      unknownSerials: [],
      unknownIds: unknown,
      dryRun: false,
    });
    expect((await readProject(fleet, other.projectId)).devices).toHaveLength(1);
  });

  test('more matches than maxAffected change nothing and are told, a dry run only counts', async () => {
    for (const serial of ['a', 'b', 'c']) await create(serial);
    const before = await stored();
    const input = { devices: { all: true }, maxAffected: 2 };
    await expect(deleteDevices(context, { ...input, ...bulk })).rejects.toMatchObject({
      code: 'TOO_MANY_AFFECTED',
      field: 'input.maxAffected',
      details: { matchedCount: 3 },
    });
    expect(await deleteDevices(context, { ...input, dryRun: true })).toMatchObject({
      matchedCount: 3,
      changedCount: 3,
    });
    expect(await stored()).toEqual(before);
    await expect(deleteDevices(context, { ...input, maxAffected: -1, ...bulk })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'input.maxAffected',
    });
    expect(await deleteDevices(context, { ...input, maxAffected: 3, ...bulk })).toMatchObject({ changedCount: 3 });
    expect((await stored()).devices).toEqual([]);
  });
});

describe('deleting a device', () => {
  test('removes everything of it and nothing of the others, here or in other projects', async () => {
    const other = { ...context, projectId: await createProject(fleet.database, `other-${projects}`) };
    const rich = { attributes: [tag('a', ['x', 'y']), tag('n', 1), tag('b', true), tag('e', [])], group: 'lab' };
    for (const project of [context, other]) {
      for (const deviceSerial of ['one', 'two']) {
        await createDevice(project, { deviceSerial, ifExists: 'ERROR', lastSeenRelease: { version: '1' }, ...rich });
        const event = { deviceSerial, kind: 'INSTALL', at: new Date(), release: { version: '2' } } as const;
        await recordDeviceEvent(project, event);
      }
    }
    const [before, elsewhere] = [await stored(), await readProject(fleet, other.projectId)];
    expect(await deleteDevice(context, { deviceSerial: 'one' })).toMatchObject({ id: expect.any(String) });
    expect(await deleteDevice(context, { deviceSerial: 'one' })).toEqual({ id: null });
    const after = await stored();
    expect(after.devices).toEqual(before.devices.filter(({ deviceSerial }) => deviceSerial === 'two'));
    expect(after.orphans).toBe(0);
    expect(after.keptCounts).toEqual(after.realCounts);
    expect(await fleet.rows(sql`select 1 from device_event where project_id = ${context.projectId}`)).toHaveLength(1);
    expect(await readProject(fleet, other.projectId)).toEqual(elsewhere);
    // All of it is of the deleted device or of the other one.
    await deleteDevices(context, { devices: { deviceSerials: ['two'] }, ...bulk });
    expect(await stored()).toMatchObject({ devices: [], orphans: 0, keptCounts: {} });
    expect(await readProject(fleet, other.projectId)).toEqual(elsewhere);
  });
});

describe('values of other sources', () => {
  test('are touched by no change of the API, and count towards the limit of a device', async () => {
    const { device } = await create('one', { attributes: [tag('own', 1)] });
    const source = Array.from({ length: 998 }, (_, n) => ({ name: `n${n}`, scope: 'TAGS', source: 'memfault', type: 'NUMBER' }) as const); // prettier-ignore
    await fleet.database.transaction('test.source', async (transaction) => {
      const idOf = await new AttributeKeys().ensure(transaction, context.projectId, source);
      const postings = source.map((key, n) => ({ deviceId: device.id, keyId: idOf(key), type: key.type, after: n }));
      const document = JSON.stringify(Object.fromEntries(postings.map(({ keyId, after }) => [keyId, [after, 0]])));
      await transaction.rows(
        'test.write',
        sql`with ${commaSeparated(writePostings(context.projectId, postings))}
            update device_document set attributes = attributes || ${document}::jsonb
            where project_id = ${context.projectId} and device_id = ${device.id}`,
      );
    });
    const ofSource = async () =>
      Object.entries((await stored()).devices[0]!.postings).filter(([name]) => name.startsWith('TAGS/memfault/'));
    const set = (names: string[], mode: 'MERGE' | 'REPLACE') =>
      setDeviceAttributes(context, {
        deviceSerial: 'one',
        attributes: names.map((name) => tag(name, 'api')),
        mode,
        scope: 'TAGS',
      });
    await set(['n0'], 'MERGE');
    await expect(set(['n1'], 'MERGE')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await set(['n1'], 'REPLACE');
    await removeDeviceAttributes(context, { deviceSerial: 'one', names: ['n1', 'n2'], scope: 'TAGS' });
    expect(await ofSource()).toHaveLength(998);
    expect(Object.keys((await stored()).devices[0]!.postings)).toHaveLength(998);
  });
});

describe('an event', () => {
  const event = (input: object) =>
    recordDeviceEvent(context, { deviceSerial: 'one', kind: 'TRACE', at: new Date(), ...input });

  test.each(['javascript:alert(1)', 'data:text/html,x', 'nowhere', '//host', 'ftp://host', ' '])(
    'does not take %s for an address, which pages would show as a link',
    async (url) => {
      await create('one');
      await expect(event({ url })).rejects.toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.url' });
    },
  );

  test('moves no time of the device, and of an unknown one leaves not even its release', async () => {
    await create('one');
    const before = await stored();
    await event({ url: 'https://example.org/trace', title: 'x', release: { version: '1', revision: 'r' } });
    expect(await stored()).toEqual({ ...before, releases: ['1/r'] });
    await expect(event({ deviceSerial: 'two', release: { version: '2' } })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      field: 'input.deviceSerial',
    });
    expect((await stored()).releases).toEqual(['1/r']);
  });
});
