/** Changes of single devices: what a caller asks for, parsed, to one change of `changeDevices`. */
import { randomUUID } from 'node:crypto';
import { sql } from '../database/sql.js';
import { AppError, badInput, limitExceeded } from '../errors.js';
import { ATTRIBUTE_LIMITS, type AttributeScope } from '../model/attribute-value.js';
import { parseAttributeName, parseDeviceSerial, parseGroupName, parseName, parseSlug } from '../model/names.js';
import { type AttributeInput, parseAttributeWrites } from './attributes.js';
import type { ChangeContext } from './change-context.js';
import { type ChangedDevice, changeDevices, type ChangePolicy, type DeviceChange, MUST_EXIST } from './devices.js';
import { parseReleaseName, type ReleaseInput } from './release-look-up.js';
import { setKnownAttributes } from './set-known-attributes.js';

interface DeviceFieldsInput {
  readonly ownerRef?: string | null;
  readonly hardwareVersion?: string | null;
  readonly manufacturer?: string | null;
  readonly deviceCode?: string | null;
  readonly testMode?: boolean | null;
  readonly state?: 'ACTIVE' | 'DISABLED' | null;
  readonly lastSeen?: Date | null;
  readonly lastSeenRelease?: ReleaseInput | null;
  readonly cohort?: string | null;
}

export interface CreateDevice extends DeviceFieldsInput {
  readonly deviceSerial?: string | null;
  readonly group?: string | null;
  readonly attributes?: readonly AttributeInput[] | null;
  readonly ifExists: 'ERROR' | 'KEEP' | 'UPDATE';
}

const IF_EXISTS = {
  ERROR: { ifMissing: 'create', ifPresent: 'refuse' },
  KEEP: { ifMissing: 'create', ifPresent: 'keep' },
  UPDATE: { ifMissing: 'create', ifPresent: 'change' },
} as const satisfies Record<string, ChangePolicy>;

export async function createDevice(context: ChangeContext, input: CreateDevice): Promise<ChangedDevice> {
  const change: DeviceChange = {
    ...parseFields(input),
    ...parseIdentity(input),
    ...(input.group !== undefined && {
      group: input.group === null ? null : parseGroupName(input.group, 'input.group'),
    }),
    ...(input.attributes && { attributes: parseAttributeWrites(input.attributes, 'input.attributes') }),
    path: 'input',
  };
  return changeOne(context, 'createDevice', change, IF_EXISTS[input.ifExists]);
}

/** A device without a serial has its uuid as serial. */
function parseIdentity({ deviceSerial }: CreateDevice): Pick<DeviceChange, 'deviceSerial' | 'uuid'> {
  if (deviceSerial !== undefined && deviceSerial !== null) {
    return { deviceSerial: parseDeviceSerial(deviceSerial, 'input.deviceSerial') };
  }
  const uuid = randomUUID();
  return { deviceSerial: uuid, uuid };
}

export async function updateDevice(
  context: ChangeContext,
  input: DeviceFieldsInput & { readonly deviceSerial: string },
): Promise<ChangedDevice> {
  const change = { ...parseFields(input), deviceSerial: parseDeviceSerial(input.deviceSerial, 'input.deviceSerial') };
  return changeOne(context, 'updateDevice', { ...change, path: 'input' }, MUST_EXIST);
}

export async function setDeviceAttributes(
  context: ChangeContext,
  input: {
    readonly deviceSerial: string;
    readonly attributes: readonly AttributeInput[];
    readonly mode: 'MERGE' | 'REPLACE';
    readonly scope: AttributeScope;
  },
): Promise<ChangedDevice> {
  const attributes = parseAttributeWrites(input.attributes, 'input.attributes');
  if (input.mode === 'REPLACE') {
    attributes.forEach(({ scope }, index) => {
      if (scope === input.scope) return;
      throw badInput(
        `input.attributes[${index}].scope`,
        `REPLACE leaves the scope ${input.scope} with exactly these attributes, so all must be of it; this is of ${scope}`,
      );
    });
  }
  const change = {
    deviceSerial: parseDeviceSerial(input.deviceSerial, 'input.deviceSerial'),
    attributes,
    ...(input.mode === 'REPLACE' && { replaceScope: input.scope }),
    path: 'input',
  };
  const operation = 'setDeviceAttributes';
  const known = input.mode === 'MERGE' && (await setKnownAttributes(context, change, new Date(), operation));
  return known || changeOne(context, operation, change, MUST_EXIST);
}

export async function removeDeviceAttributes(
  context: ChangeContext,
  input: { readonly deviceSerial: string; readonly names: readonly string[]; readonly scope: AttributeScope },
): Promise<ChangedDevice> {
  if (input.names.length > ATTRIBUTE_LIMITS.perDevice) {
    throw limitExceeded('input.names', `at most ${ATTRIBUTE_LIMITS.perDevice} names, got ${input.names.length}`);
  }
  const names = input.names.map((name, index) => parseAttributeName(name, `input.names[${index}]`));
  const change: DeviceChange = {
    deviceSerial: parseDeviceSerial(input.deviceSerial, 'input.deviceSerial'),
    removeAttributes: { scope: input.scope, names: new Set(names) },
    path: 'input',
  };
  return changeOne(context, 'removeDeviceAttributes', change, MUST_EXIST);
}

export async function setDeviceGroup(
  context: ChangeContext,
  input: { readonly deviceSerial: string; readonly group: string },
): Promise<ChangedDevice> {
  const change: DeviceChange = {
    deviceSerial: parseDeviceSerial(input.deviceSerial, 'input.deviceSerial'),
    group: parseGroupName(input.group, 'input.group'),
    path: 'input',
  };
  return changeOne(context, 'setDeviceGroup', change, MUST_EXIST);
}

/** NOT_FOUND if the device is unknown or not in that group. */
export async function removeDeviceFromGroup(
  context: ChangeContext,
  input: { readonly deviceSerial: string; readonly group: string },
): Promise<ChangedDevice> {
  const deviceSerial = parseDeviceSerial(input.deviceSerial, 'input.deviceSerial');
  const group = parseGroupName(input.group, 'input.group');
  return context.database.transaction('changes.removeDeviceFromGroup', async (transaction) => {
    const [changed] = await changeDevices(
      transaction,
      context,
      [{ deviceSerial, path: 'input' }],
      MUST_EXIST,
      new Date(),
    );
    const [present] = await transaction.rows<{ id: string }>(
      'changes.groupOfDevice',
      sql`select id from device_group
          where project_id = ${context.projectId} and id = ${changed!.device.groupId} and name = ${group}`,
    );
    if (present === undefined) {
      const field = 'input.group';
      throw new AppError('NOT_FOUND', `${field}: the device "${deviceSerial}" is not in the group "${group}"`, {
        field,
      });
    }
    const change: DeviceChange = { deviceSerial, group: null, path: 'input' };
    return only(await changeDevices(transaction, context, [change], MUST_EXIST, new Date(), 'removeDeviceFromGroup'));
  });
}

async function changeOne(
  context: ChangeContext,
  operation: string,
  change: DeviceChange,
  policy: ChangePolicy,
): Promise<ChangedDevice> {
  return context.database.transaction(`changes.${operation}`, async (transaction) =>
    only(await changeDevices(transaction, context, [change], policy, new Date(), operation)),
  );
}

function only([changed]: readonly ChangedDevice[]): ChangedDevice {
  if (changed === undefined) throw new Error('a change of one device has one result');
  return changed;
}

/** Own fields of a device as a caller gives them: absent keeps, null clears what may be null. */
function parseFields(input: DeviceFieldsInput): Omit<DeviceChange, 'deviceSerial' | 'path'> {
  for (const name of ['testMode', 'state', 'cohort'] as const) {
    if (input[name] === null) throw badInput(`input.${name}`, 'must not be null; leave it out to keep what there is');
  }
  const { testMode, state } = input;
  const text = (name: 'ownerRef' | 'hardwareVersion' | 'manufacturer' | 'deviceCode') => {
    const value = input[name];
    if (value === undefined) return {};
    return { [name]: value === null ? null : parseName(value, `input.${name}`) };
  };
  return {
    fields: {
      ...text('ownerRef'),
      ...text('hardwareVersion'),
      ...text('manufacturer'),
      ...text('deviceCode'),
      ...(typeof testMode === 'boolean' && { testMode }),
      ...(typeof state === 'string' && { state }),
    },
    ...(input.lastSeen !== undefined && { lastSeen: input.lastSeen }),
    ...(input.lastSeenRelease !== undefined && {
      lastSeenRelease:
        input.lastSeenRelease === null ? null : parseReleaseName(input.lastSeenRelease, 'input.lastSeenRelease'),
    }),
    ...(typeof input.cohort === 'string' && { cohort: parseSlug(input.cohort, 'input.cohort') }),
  };
}
