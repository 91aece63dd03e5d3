import type { AttributeScope } from '../model/attribute-value.js';
import type { DeviceRow } from '../search/search.js';
import type { AuditedState, AuditEntry } from './audit.js';

/** An attribute as it was or is. */
export interface AuditedAttribute {
  readonly scope: AttributeScope;
  readonly name: string;
  readonly value: unknown;
  readonly description?: string | null | undefined;
}

interface DeviceHistory {
  /** Null: the device is new. */
  readonly before: DeviceRow | null;
  /** Null: the device is gone. */
  readonly after: DeviceRow | null;
  /** Those that differ. */
  readonly attributesBefore: readonly AuditedAttribute[];
  readonly attributesAfter: readonly AuditedAttribute[];
}

const FIELDS = ['ownerRef', 'hardwareVersion', 'manufacturer', 'deviceCode', 'testMode', 'state', 'lastSeen'] as const;

/** What differs between a device before and after; all of it if it is new or gone. */
export function deviceEntry(operation: string, history: DeviceHistory): AuditEntry {
  const { before, after, attributesBefore, attributesAfter } = history;
  const { id, deviceSerial: name } = (after ?? before)!;
  return {
    operation,
    kind: 'Device',
    object: { id, name },
    ...(before !== null && { before: stateOf(before, after, attributesBefore) }),
    ...(after !== null && { after: stateOf(after, before, attributesAfter) }),
  };
}

function stateOf(device: DeviceRow, other: DeviceRow | null, attributes: readonly AuditedAttribute[]): AuditedState {
  const differs = (name: keyof DeviceRow) =>
    other === null ? device[name] !== null : textOf(device[name]) !== textOf(other[name]);
  const { cohortId, groupId, lastSeenReleaseId } = device;
  const values = {
    ...Object.fromEntries(FIELDS.filter(differs).map((name) => [name, device[name]])),
    ...(differs('groupId') && groupId === null && { group: null }),
    ...(differs('lastSeenReleaseId') && lastSeenReleaseId === null && { lastSeenRelease: null }),
    ...(attributes.length > 0 && { attributes: attributesOf(attributes) }),
  };
  return {
    values,
    ...(differs('cohortId') && { cohortId }),
    ...(differs('groupId') && groupId !== null && { groupId }),
    ...(differs('lastSeenReleaseId') && lastSeenReleaseId !== null && { releaseId: lastSeenReleaseId }),
  };
}

/** Dates are equal if they say the same. */
function textOf(value: DeviceRow[keyof DeviceRow]): string {
  return JSON.stringify(value);
}

/** By scope and name. A description, where there is one, stands beside the value: no value is an object. */
export function attributesOf(attributes: readonly AuditedAttribute[]): Record<string, unknown> {
  const scopes = new Map<AttributeScope, [string, unknown][]>();
  for (const { scope, name, value, description } of attributes) {
    const shown = description === undefined || description === null ? value : { value, description };
    const ofScope = scopes.get(scope);
    if (ofScope === undefined) scopes.set(scope, [[name, shown]]);
    else ofScope.push([name, shown]);
  }
  // fromEntries makes own properties even of names such as __proto__.
  return Object.fromEntries([...scopes].map(([scope, ofScope]) => [scope, Object.fromEntries(ofScope)]));
}
