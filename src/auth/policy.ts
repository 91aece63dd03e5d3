/** Who may do what: one function for each rule. */
import { AppError, badInput } from '../errors.js';
import type { NodeId } from '../model/global-id.js';
import { type KeyRole, roleIncludes, type Viewer } from '../model/viewer.js';

/** Throws UNAUTHENTICATED if nobody asks, FORBIDDEN if who asks has less than this role. */
export function assertRole(viewer: Viewer | undefined, least: KeyRole): void {
  if (viewer === undefined) throw new AppError('UNAUTHENTICATED', 'A valid key is needed, as HTTP Basic or Bearer.');
  if (!roleIncludes(viewer.role, least)) {
    throw new AppError('FORBIDDEN', `This needs a key of role ${least}; the role of this key is ${viewer.role}.`);
  }
}

/** Keys are seen by those who may make and revoke them; to others they are as unknown as random ids. */
function maySeeApiKeys(viewer: Viewer): boolean {
  return roleIncludes(viewer.role, 'ADMIN');
}

/** How searches are carried out tells of the installation, and of how often values occur. */
export function maySeePlans(viewer: Viewer): boolean {
  return roleIncludes(viewer.role, 'ADMIN');
}

/** A device sees no other device: others are as unknown to it as random ids. */
export function maySeeDevice(viewer: Viewer, deviceId: string): boolean {
  return viewer.role !== 'DEVICE' || viewer.deviceId === deviceId;
}

/** What somebody may not see is as unknown to him as random ids. */
export function maySeeNode(viewer: Viewer, { type, id }: NodeId): boolean {
  if (viewer.role === 'DEVICE') return type === 'Device' && maySeeDevice(viewer, id);
  return type !== 'ApiKey' || maySeeApiKeys(viewer);
}

/**
 * All fields that a device may ask for; a field that is not here is refused, also a new one. Itself, and of what is
 * around it the names: neither other devices nor their numbers.
 */
const FIELDS_OF_DEVICES: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    Query: 'viewer node nodes device',
    Mutation: 'reportAttributes',
    ReportAttributesPayload: 'createdCount updatedCount unchangedCount',
    Viewer: 'name project role',
    Project: 'id name slug',
    Cohort: 'id name slug',
    Group: 'id name',
    Release: 'id version revision',
    DeviceEvent: 'at kind release title url',
    Attribute: 'description name scope source type updatedAt value',
    Device: [
      'id uuid deviceSerial clientId ownerRef hardwareVersion manufacturer deviceCode productName testMode state',
      'lastSeen lastSeenRelease latestInstall latestTrace events registeredBy cohort group attribute attributes',
      'attributesUpdatedAt createdAt updatedAt',
    ].join(' '),
  }).map(([type, fields]) => [type, new Set(fields.split(' '))]),
);

/** Whether a device may ask for a field of an object type. */
export function isFieldOfDevices(type: string, field: string): boolean {
  return FIELDS_OF_DEVICES.get(type)?.has(field) ?? false;
}

/** Guards a field that is not for devices. Throws FORBIDDEN. */
export function assertNoDevice(viewer: Viewer | undefined): void {
  if (viewer?.role === 'DEVICE') throw new AppError('FORBIDDEN', 'A device may read itself and report for itself.');
}

interface Report {
  readonly deviceSerial: string;
  readonly attributes: readonly { readonly scope: string }[];
  readonly lastSeen?: Date | null;
  readonly lastSeenRelease?: unknown;
  readonly group?: unknown;
}

/** How far ahead the clock of a device may be: lastSeen never goes back, so a far time would stay for ever. */
const CLOCK_AHEAD_MS = 86_400_000;

const SCOPES_OF_DEVICES: readonly string[] = ['INVENTORY', 'MONITOR'];

/**
 * Whether these reports may be made: a device reports for itself, of what it measures, and when it was seen. Throws
 * FORBIDDEN, and NOT_FOUND for another device whether there is one or not.
 */
export function assertMayReport(
  viewer: Viewer,
  { reports, createMissing }: { readonly reports: readonly Report[]; readonly createMissing: boolean },
): void {
  if (viewer.role !== 'DEVICE') return;
  if (createMissing) throw forbidden('input.createMissing', 'a device creates none');
  for (const [index, { deviceSerial, attributes, lastSeen, lastSeenRelease, group }] of reports.entries()) {
    const path = `input.reports[${index}]`;
    if (deviceSerial !== viewer.name) {
      const field = `${path}.deviceSerial`;
      throw new AppError('NOT_FOUND', `${field}: there is no device "${deviceSerial}"`, { field });
    }
    if (lastSeen && lastSeen.getTime() > Date.now() + CLOCK_AHEAD_MS) {
      throw badInput(`${path}.lastSeen`, 'more than a day ahead; is the clock of the device right?');
    }
    for (const [name, value] of Object.entries({ lastSeenRelease, group })) {
      if (value !== undefined && value !== null) throw forbidden(`${path}.${name}`, 'a device does not set it');
    }
    for (const [place, { scope }] of attributes.entries()) {
      if (SCOPES_OF_DEVICES.includes(scope)) continue;
      throw forbidden(`${path}.attributes[${place}].scope`, `a device writes ${SCOPES_OF_DEVICES.join(' and ')}`);
    }
  }
}

function forbidden(field: string, message: string): AppError {
  return new AppError('FORBIDDEN', `${field}: ${message}`, { field });
}
