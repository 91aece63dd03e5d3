/**
 * What changes do, in plain maps and loops, written from the descriptions of the API and without a look at the
 * statements. Times are counted in steps: each change is one.
 */
export type ModelScope = 'INVENTORY' | 'TAGS';
type ModelValue = string | number | boolean | string[] | number[];

export interface ModelAttributeInput {
  readonly name: string;
  readonly value: ModelValue;
  readonly scope: ModelScope;
  readonly description?: string | null;
}

export interface ModelFields {
  readonly ownerRef?: string | null;
  readonly hardwareVersion?: string | null;
  readonly testMode?: boolean;
  readonly state?: 'ACTIVE' | 'DISABLED';
  readonly lastSeen?: Date | null;
  readonly lastSeenRelease?: { readonly version: string; readonly revision?: string | null } | null;
  readonly cohort?: string;
}

export type ModelSelector =
  { readonly deviceSerials: string[] } | { readonly filter: { readonly testMode: boolean } } | { readonly all: true };

interface Bulk {
  readonly devices: ModelSelector;
  readonly dryRun: boolean;
  readonly maxAffected?: number | null;
}

export type Change =
  | ({
      readonly kind: 'createDevice';
      readonly deviceSerial: string;
      readonly group?: string | null;
      readonly attributes?: readonly ModelAttributeInput[] | null;
      readonly ifExists: 'ERROR' | 'KEEP' | 'UPDATE';
    } & ModelFields)
  | ({ readonly kind: 'updateDevice'; readonly deviceSerial: string } & ModelFields)
  | { readonly kind: 'deleteDevice'; readonly deviceSerial: string }
  | {
      readonly kind: 'setDeviceAttributes';
      readonly deviceSerial: string;
      readonly attributes: readonly ModelAttributeInput[];
      readonly mode: 'MERGE' | 'REPLACE';
      readonly scope: ModelScope;
    }
  | {
      readonly kind: 'removeDeviceAttributes';
      readonly deviceSerial: string;
      readonly names: readonly string[];
      readonly scope: ModelScope;
    }
  | {
      readonly kind: 'reportAttributes';
      readonly reports: readonly {
        readonly deviceSerial: string;
        readonly attributes: readonly ModelAttributeInput[];
        readonly lastSeen?: Date | null;
        readonly lastSeenRelease?: { readonly version: string; readonly revision?: string | null } | null;
        readonly group?: string | null;
      }[];
      readonly createMissing: boolean;
    }
  | { readonly kind: 'setDeviceGroup'; readonly deviceSerial: string; readonly group: string }
  | { readonly kind: 'removeDeviceFromGroup'; readonly deviceSerial: string; readonly group: string }
  | ({ readonly kind: 'moveDevicesToCohort'; readonly cohort: string } & Bulk)
  | ({ readonly kind: 'moveDevicesToGroup'; readonly group: string | null } & Bulk)
  | ({ readonly kind: 'setAttributesOfDevices'; readonly attributes: readonly ModelAttributeInput[] } & Bulk)
  | ({ readonly kind: 'deleteDevices' } & Bulk)
  | {
      readonly kind: 'createCohort';
      readonly name: string;
      readonly slug: string;
      readonly ifExists: 'ERROR' | 'KEEP' | 'UPDATE';
    }
  | { readonly kind: 'updateCohort'; readonly slug: string; readonly newSlug: string }
  | { readonly kind: 'deleteCohort'; readonly slug: string }
  | {
      readonly kind: 'deployRelease';
      readonly cohort: string;
      readonly release: { readonly version: string; readonly revision?: string | null };
    }
  | { readonly kind: 'createGroup'; readonly name: string; readonly ifExists: 'ERROR' | 'KEEP' }
  | { readonly kind: 'renameGroup'; readonly name: string; readonly newName: string }
  | { readonly kind: 'deleteGroup'; readonly name: string };

export interface ModelDevice {
  ownerRef: string | null;
  hardwareVersion: string | null;
  testMode: boolean;
  state: string;
  lastSeen: Date | null;
  release: [string, string | null] | null;
  cohort: string;
  group: string | null;
  updatedAt: number;
  attributesUpdatedAt: number | null;
  /** By `scope/api/name`. */
  attributes: Map<string, { value: ModelValue; changedAt: number; description: string | null }>;
}

/** The code with which a change is refused. */
export class Refusal extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

export class ProjectModel {
  readonly devices = new Map<string, ModelDevice>();
  readonly cohorts = new Map([['default', 'default']]);
  defaultCohort = 'default';
  readonly groups = new Set<string>();
  readonly releases = new Set<string>();
  readonly keys = new Set<string>();

  /**
   * Makes the change, as this step, and returns what the caller is told. It works on a copy of its own where nothing is
   * to change: give it a clone for a dry run, and throw away one that refused.
   */
  apply(change: Change, step: number): unknown {
    switch (change.kind) {
      case 'createDevice': {
        const present = this.devices.has(change.deviceSerial);
        if (present && change.ifExists === 'ERROR') throw new Refusal('CONFLICT');
        if (present && change.ifExists === 'KEEP') return { created: false, changed: false };
        const { lastSeenRelease, ...fields } = change;
        return this.#changeDevice({ ...fields, lastSeenRelease, attributes: change.attributes ?? [] }, step);
      }
      case 'updateDevice':
        this.#find(change.deviceSerial);
        return this.#changeDevice(change, step);
      case 'deleteDevice':
        return { deleted: this.devices.delete(change.deviceSerial) };
      case 'setDeviceAttributes': {
        if (change.mode === 'REPLACE' && change.attributes.some(({ scope }) => scope !== change.scope)) {
          throw new Refusal('BAD_USER_INPUT');
        }
        this.#find(change.deviceSerial);
        const { deviceSerial, attributes } = change;
        const replaced = change.mode === 'REPLACE' ? { replaceScope: change.scope } : {};
        return this.#changeDevice({ deviceSerial, attributes, ...replaced }, step);
      }
      case 'removeDeviceAttributes': {
        const device = this.#find(change.deviceSerial);
        const removed = change.names.filter((name) => device.attributes.delete(`${change.scope}/api/${name}`));
        if (removed.length > 0) device.attributesUpdatedAt = step;
        return { created: false, changed: removed.length > 0 };
      }
      case 'reportAttributes': {
        for (const { deviceSerial } of change.reports) {
          if (!change.createMissing) this.#find(deviceSerial);
        }
        const results = change.reports.map(({ lastSeen, lastSeenRelease, group, ...report }) =>
          // A report tells what was seen; null tells nothing.
          this.#changeDevice(
            {
              ...report,
              ...(lastSeen && { lastSeen }),
              ...(lastSeenRelease && { lastSeenRelease }),
              ...(typeof group === 'string' && { group }),
            },
            step,
          ),
        );
        const createdCount = results.filter(({ created }) => created).length;
        const unchangedCount = results.filter(({ changed }) => !changed).length;
        return { createdCount, updatedCount: results.length - createdCount - unchangedCount, unchangedCount };
      }
      case 'setDeviceGroup':
        this.#find(change.deviceSerial);
        return this.#changeDevice({ deviceSerial: change.deviceSerial, group: change.group }, step);
      case 'removeDeviceFromGroup':
        if (this.#find(change.deviceSerial).group !== change.group) throw new Refusal('NOT_FOUND');
        return this.#changeDevice({ deviceSerial: change.deviceSerial, group: null }, step);
      case 'moveDevicesToCohort':
        this.#select(change);
        if (!this.cohorts.has(change.cohort)) throw new Refusal('NOT_FOUND');
        return this.#bulk(change, (device) => {
          if (device.cohort === change.cohort) return false;
          Object.assign(device, { cohort: change.cohort, updatedAt: step });
          return true;
        });
      case 'moveDevicesToGroup':
        return this.#bulk(change, (device) => {
          if (change.group !== null) this.groups.add(change.group);
          if (device.group === change.group) return false;
          Object.assign(device, { group: change.group, updatedAt: step });
          return true;
        });
      case 'setAttributesOfDevices':
        return this.#bulk(change, (device) => this.#write(device, change.attributes, step).changed);
      case 'deleteDevices':
        return this.#bulk(change, (_, serial) => this.devices.delete(serial));
      case 'createCohort': {
        const created = !this.cohorts.has(change.slug);
        if (!created && change.ifExists === 'ERROR') throw new Refusal('CONFLICT');
        if (created || change.ifExists === 'UPDATE') this.cohorts.set(change.slug, change.name);
        return { created, name: this.cohorts.get(change.slug) };
      }
      case 'updateCohort': {
        const name = this.cohorts.get(change.slug);
        if (name === undefined) throw new Refusal('NOT_FOUND');
        if (change.newSlug !== change.slug && this.cohorts.has(change.newSlug)) throw new Refusal('CONFLICT');
        this.cohorts.delete(change.slug);
        this.cohorts.set(change.newSlug, name);
        if (this.defaultCohort === change.slug) this.defaultCohort = change.newSlug;
        // A cohort's name is its own; its devices do not change with it.
        for (const device of this.devices.values()) {
          if (device.cohort === change.slug) device.cohort = change.newSlug;
        }
        return { slug: change.newSlug };
      }
      case 'deleteCohort': {
        if (!this.cohorts.has(change.slug)) return { deleted: false, movedDeviceCount: 0 };
        if (change.slug === this.defaultCohort) throw new Refusal('CONFLICT');
        this.cohorts.delete(change.slug);
        const moved = [...this.devices.values()].filter(({ cohort }) => cohort === change.slug);
        for (const device of moved) Object.assign(device, { cohort: this.defaultCohort, updatedAt: step });
        return { deleted: true, movedDeviceCount: moved.length };
      }
      case 'deployRelease':
        if (!this.cohorts.has(change.cohort)) throw new Refusal('NOT_FOUND');
        this.#release(change.release);
        return {};
      case 'createGroup': {
        const created = !this.groups.has(change.name);
        if (!created && change.ifExists === 'ERROR') throw new Refusal('CONFLICT');
        this.groups.add(change.name);
        return { created };
      }
      case 'renameGroup': {
        if (!this.groups.has(change.name)) throw new Refusal('NOT_FOUND');
        if (change.newName !== change.name && this.groups.has(change.newName)) throw new Refusal('CONFLICT');
        this.groups.delete(change.name);
        this.groups.add(change.newName);
        for (const device of this.devices.values()) {
          if (device.group === change.name) device.group = change.newName;
        }
        return {};
      }
      case 'deleteGroup': {
        if (!this.groups.delete(change.name)) return { deleted: false, releasedDeviceCount: 0 };
        const released = [...this.devices.values()].filter(({ group }) => group === change.name);
        for (const device of released) Object.assign(device, { group: null, updatedAt: step });
        return { deleted: true, releasedDeviceCount: released.length };
      }
    }
  }

  #find(serial: string): ModelDevice {
    const device = this.devices.get(serial);
    if (device === undefined) throw new Refusal('NOT_FOUND');
    return device;
  }

  #release(release: { version: string; revision?: string | null }): [string, string | null] {
    this.releases.add(`${release.version}/${release.revision ?? ''}`);
    return [release.version, release.revision ?? null];
  }

  /** Makes the device if it is not there. */
  #changeDevice(
    change: ModelFields & {
      deviceSerial: string;
      group?: string | null;
      attributes?: readonly ModelAttributeInput[];
      replaceScope?: ModelScope;
    },
    step: number,
  ): { created: boolean; changed: boolean } {
    if (change.cohort !== undefined && !this.cohorts.has(change.cohort)) throw new Refusal('NOT_FOUND');
    const present = this.devices.get(change.deviceSerial);
    const device: ModelDevice = present ?? {
      ownerRef: null, hardwareVersion: null, testMode: false, state: 'ACTIVE', lastSeen: null, release: null,
      cohort: this.defaultCohort, group: null, updatedAt: step, attributesUpdatedAt: null, attributes: new Map(),
    }; // prettier-ignore
    this.devices.set(change.deviceSerial, device);
    const before = ownState(device);
    for (const field of ['ownerRef', 'hardwareVersion', 'testMode', 'state', 'cohort', 'group'] as const) {
      if (change[field] !== undefined) Object.assign(device, { [field]: change[field] });
    }
    if (typeof change.group === 'string') this.groups.add(change.group);
    const release = change.lastSeenRelease && this.#release(change.lastSeenRelease);
    const { lastSeen } = change;
    // A late report is overtaken: neither its time nor its release is the last.
    const isLate = lastSeen instanceof Date && device.lastSeen !== null && lastSeen < device.lastSeen;
    if (release !== undefined && !isLate) device.release = release;
    const ownChanged = ownState(device) !== before;
    if (ownChanged) device.updatedAt = step;
    const seenBefore = device.lastSeen?.getTime();
    if (lastSeen !== undefined && !isLate) device.lastSeen = lastSeen;
    const seenChanged = device.lastSeen?.getTime() !== seenBefore;
    let written = { changed: false };
    if (change.attributes !== undefined) written = this.#write(device, change.attributes, step, change.replaceScope);
    return {
      created: present === undefined,
      changed: present === undefined || ownChanged || seenChanged || written.changed,
    };
  }

  #write(
    device: ModelDevice,
    inputs: readonly ModelAttributeInput[],
    step: number,
    replaceScope?: ModelScope,
  ): { changed: boolean } {
    let valuesChanged = false;
    let describedAnew = false;
    for (const { name, scope, value, description } of inputs) {
      const identity = `${scope}/api/${name}`;
      const present = device.attributes.get(identity);
      const isEqual = present !== undefined && JSON.stringify(present.value) === JSON.stringify(value);
      const next = {
        value,
        changedAt: isEqual ? present.changedAt : step,
        description: description === undefined ? (present?.description ?? null) : description,
      };
      if (!isEqual) valuesChanged = true;
      if (present !== undefined && next.description !== present.description) describedAnew = true;
      device.attributes.set(identity, next);
      if (!isEqual || next.description !== present.description) this.keys.add(`${identity}/${typeOf(value)}`);
    }
    for (const identity of device.attributes.keys()) {
      const isKept = inputs.some(({ name, scope }) => identity === `${scope}/api/${name}`);
      if (replaceScope === undefined || isKept || !identity.startsWith(`${replaceScope}/`)) continue;
      device.attributes.delete(identity);
      valuesChanged = true;
    }
    if (valuesChanged) device.attributesUpdatedAt = step;
    return { changed: valuesChanged || describedAnew };
  }

  #select({ devices, dryRun, maxAffected }: Bulk): [string, ModelDevice][] {
    const selected = [...this.devices].filter(([serial, device]) => {
      if ('deviceSerials' in devices) return devices.deviceSerials.includes(serial);
      return 'filter' in devices ? device.testMode === devices.filter.testMode : true;
    });
    if (!dryRun && typeof maxAffected === 'number' && selected.length > maxAffected) {
      throw new Refusal('TOO_MANY_AFFECTED');
    }
    return selected;
  }

  #bulk(bulk: Bulk, change: (device: ModelDevice, serial: string) => boolean): unknown {
    const named = 'deviceSerials' in bulk.devices ? [...new Set(bulk.devices.deviceSerials)] : [];
    const unknownSerials = named.filter((serial) => !this.devices.has(serial));
    const selected = this.#select(bulk);
    const changedCount = selected.filter(([serial, device]) => change(device, serial)).length;
    return { matchedCount: selected.length, changedCount, unknownSerials, unknownIds: [], dryRun: bulk.dryRun };
  }

  clone(): ProjectModel {
    const copy = new ProjectModel();
    copy.defaultCohort = this.defaultCohort;
    copy.cohorts.clear();
    for (const [slug, name] of this.cohorts) copy.cohorts.set(slug, name);
    for (const name of this.groups) copy.groups.add(name);
    for (const name of this.releases) copy.releases.add(name);
    for (const key of this.keys) copy.keys.add(key);
    for (const [serial, device] of this.devices) {
      const attributes = new Map([...device.attributes].map(([name, one]) => [name, { ...one }]));
      copy.devices.set(serial, { ...device, attributes });
    }
    return copy;
  }
}

function ownState({ ownerRef, hardwareVersion, testMode, state, cohort, group, release }: ModelDevice): string {
  return JSON.stringify([ownerRef, hardwareVersion, testMode, state, cohort, group, release]);
}

function typeOf(value: ModelValue): string {
  if (!Array.isArray(value)) return (typeof value).toUpperCase();
  return value.length === 0 ? 'EMPTY_ARRAY' : `${(typeof value[0]).toUpperCase()}_ARRAY`;
}
