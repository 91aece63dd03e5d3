/** The demonstration fleet: 240 invented devices, the same at every first start but for the times. */
import type { ChangeContext } from '../changes/change-context.js';
import { createCohort, deployRelease } from '../changes/cohort.js';
import { recordDeviceEvent } from '../changes/device-event.js';
import { changeDevices, type DeviceChange } from '../changes/devices.js';
import type { AttributeWrite } from '../changes/attributes.js';

const DEVICE_COUNT = 240;
const HOUR_MS = 3_600_000;

const RELEASES = [
  { version: '2.3.0', revision: '4be8ac1' },
  { version: '2.4.0', revision: '91d0f3e' },
  { version: '2.5.0-rc.1', revision: 'c07a552' },
] as const;

const COHORTS = [
  { slug: 'default', release: RELEASES[0] },
  { slug: 'beta', name: 'Beta', release: RELEASES[1] },
  { slug: 'canary', name: 'Canary', release: RELEASES[2] },
] as const;

const MODELS = [
  {
    type: 'gateway',
    manufacturer: 'Acme',
    code: 'GW-200',
    os: 'Debian 12',
    memory: 4_194_304,
    ports: ['22', '443', '8883'],
  },
  {
    type: 'raspberrypi4',
    manufacturer: 'Raspberry Pi',
    code: 'RPi4B',
    os: 'Debian 12',
    memory: 8_388_608,
    ports: ['22', '9100'],
  },
  { type: 'beaglebone', manufacturer: 'BeagleBoard', code: 'BBB-C', os: 'Debian 11', memory: 524_288, ports: ['22'] },
  { type: 'watch', manufacturer: 'Apple', code: 'Watch6,9', os: 'watchOS 11', memory: 1_048_576, ports: [] },
  { type: 'phone', manufacturer: 'Apple', code: 'iPhone14,5', os: 'iOS 18', memory: 4_194_304, ports: [] },
] as const;

const GROUPS = ['berlin', 'lisbon', 'oslo', 'test-bench'] as const;

/** Fills an empty project. */
export async function createDemoFleet(context: ChangeContext): Promise<void> {
  for (const cohort of COHORTS) {
    if ('name' in cohort) await createCohort(context, { name: cohort.name, slug: cohort.slug, ifExists: 'KEEP' });
    await deployRelease(context, { cohort: cohort.slug, release: cohort.release });
  }
  const now = new Date();
  const random = createRandom(20_190_429);
  const devices = Array.from({ length: DEVICE_COUNT }, (_, index) => demoDevice(index + 1, random, now));
  await context.database.transaction('demo.createFleet', (transaction) =>
    changeDevices(transaction, context, devices, { ifMissing: 'create', ifPresent: 'keep' }, now),
  );
  for (const { deviceSerial } of devices.filter((_, index) => index % 30 === 0)) {
    await recordDeviceEvent(context, {
      deviceSerial,
      kind: 'INSTALL',
      at: new Date(now.getTime() - 48 * HOUR_MS),
      release: RELEASES[1],
      title: 'Update installed',
    });
    await recordDeviceEvent(context, {
      deviceSerial,
      kind: 'TRACE',
      at: new Date(now.getTime() - 3 * HOUR_MS),
      release: RELEASES[1],
      title: 'Watchdog reset in mqtt_loop',
    });
  }
}

type Random = () => number;

function demoDevice(number: number, random: Random, now: Date): DeviceChange {
  const model = pick(MODELS, random);
  const cohort = number % 20 === 0 ? COHORTS[2] : number % 5 === 0 ? COHORTS[1] : COHORTS[0];
  const group = pick(GROUPS, random);
  const hex = (digits: number) =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  return {
    deviceSerial: `DEMO-${String(number).padStart(4, '0')}`,
    path: `demo[${number}]`,
    fields: {
      ownerRef: `customer-${1 + Math.floor(random() * 12)}`,
      hardwareVersion: pick(['proto', 'evt1', 'hwrev1', 'hwrev2'], random),
      manufacturer: model.manufacturer,
      deviceCode: model.code,
      testMode: group === 'test-bench',
    },
    lastSeen: new Date(now.getTime() - Math.floor(random() ** 3 * 30 * 24 * HOUR_MS)),
    lastSeenRelease: random() < 0.8 ? cohort.release : RELEASES[0],
    cohort: cohort.slug,
    ...(random() < 0.6 && { group }),
    attributes: [
      inventory('device_type', model.type, 'Type of the device'),
      inventory('hostname', `${model.type}-${hex(4)}`),
      inventory('os', model.os, 'Operating system'),
      inventory('mac', `02:00:${hex(2)}:${hex(2)}:${hex(2)}:${hex(2)}`, 'MAC address'),
      inventory('ip_addr', `10.${number % 8}.${Math.floor(random() * 256)}.${1 + Math.floor(random() * 254)}`),
      inventory('ports', model.ports, 'Open ports'),
      inventory('mem_total_kb', model.memory, 'Memory in kB'),
      inventory('disk_free_percent', [round(random() * 100), round(random() * 100)]),
      inventory('cpu_load', round(random() ** 2 * 4)),
      inventory('temperature', round(35 + random() * 40), 'Of the board, in °C'),
      ...(random() < 0.3 ? [inventory('battery', Math.floor(random() * 101), 'Charge in percent')] : []),
      ...(random() < 0.05 ? [inventory('rack_temperature_alarm', true)] : []),
      { scope: 'TAGS', name: 'room', value: pick(['lab', 'roof', 'basement', 'office'], random) },
    ],
  };
}

function inventory(name: string, value: AttributeWrite['value'], description?: string): AttributeWrite {
  return { scope: 'INVENTORY', name, value, ...(description !== undefined && { description }) };
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[Math.floor(random() * items.length)]!;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A small generator (mulberry32) with a seed, so that everybody's first screen looks the same. */
function createRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
