/** Reports of devices like those of the fleet. */
import type { AttributeScope, AttributeValue } from '../../src/model/attribute-value.js';
import type { FleetDevice } from '../search/fleet-device.js';
import type { RandomSource } from '../search/random-source.js';

export interface Report {
  readonly deviceSerial: string;
  readonly lastSeen: Date;
  readonly attributes: readonly ReportedAttribute[];
}

interface ReportedAttribute {
  readonly name: string;
  readonly scope: AttributeScope;
  readonly value: AttributeValue;
}

const UNIQUE = new Set(['mac', 'hostname', 'addresses']);

/** A device that nobody has reported before: another one's values, but what must be unique is its own. */
export function newReport(random: RandomSource, devices: readonly FleetDevice[], serial: string): Report {
  const attributes = attributesOf(random.pick(devices)).map((attribute) =>
    UNIQUE.has(attribute.name) ? { ...attribute, value: ownValue(random, attribute.value) } : attribute,
  );
  return { deviceSerial: serial, lastSeen: new Date('2026-11-01T12:00:00.000Z'), attributes };
}

/** The same device again, with this share of its values changed to what others of that name and type have. */
export function changedReport(
  random: RandomSource,
  devices: readonly FleetDevice[],
  report: Report,
  share: number,
): Report {
  return {
    ...report,
    lastSeen: new Date('2026-11-01T13:00:00.000Z'),
    attributes: report.attributes.map((attribute) => {
      if (!random.chance(share)) return attribute;
      if (typeof attribute.value === 'boolean') return { ...attribute, value: !attribute.value };
      if (UNIQUE.has(attribute.name)) return { ...attribute, value: ownValue(random, attribute.value) };
      return { ...attribute, value: otherValue(random, devices, attribute) };
    }),
  };
}

function attributesOf(device: FleetDevice): ReportedAttribute[] {
  return [...device.attributes].flatMap(([name, values]) => values.map(({ scope, value }) => ({ name, scope, value })));
}

function otherValue(random: RandomSource, devices: readonly FleetDevice[], { name, value }: ReportedAttribute) {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const other = random.pick(devices).attributes.get(name)?.[0]?.value;
    if (other === undefined || typeof other !== typeof value) continue;
    if (JSON.stringify(other) !== JSON.stringify(value)) return other;
  }
  return value;
}

function ownValue(random: RandomSource, value: AttributeValue): AttributeValue {
  const own = (text: string) => `${text.slice(0, 6)}${random.below(2 ** 31)}-${random.below(2 ** 31)}`;
  return Array.isArray(value) ? (value as readonly string[]).map(own) : own(String(value));
}
