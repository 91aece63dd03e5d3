/** The attributes of the benchmark's fleet: how common each is, and how its values are spread. */
import type { StoredType } from '../../src/attributes/keys.js';
import type { AttributeScope } from '../../src/model/attribute-value.js';

export interface FleetAttribute {
  /** Also the id of its key in the first project; those of project n are 100 (n - 1) higher. */
  readonly id: number;
  readonly name: string;
  readonly scope: AttributeScope;
  readonly type: StoredType;
  /** SQL over a row `f` of `bench.plan`; null where the device has none. */
  readonly value: string;
}

/** A pseudo-random number from 0 to 1 that belongs to a device and a purpose. */
export function random(purpose: number, device = 'f.n'): string {
  return `bench.random(${device}, ${purpose})`;
}

/** From 1 to `count`, the first ones far more often (Zipf); the exponent makes the first one's share larger above 1. */
export function zipf(purpose: number, count: number, exponent = 1, device = 'f.n'): string {
  return `least(${count}, floor(power(${count + 1}, power(${random(purpose, device)}, ${exponent})))::integer)`;
}

const TOWNS = `(array['oslo','lyon','turin','graz','porto','riga','gent','brno','cork','bern','nantes','vigo'])`;

export const FLEET_ATTRIBUTES: readonly FleetAttribute[] = [
  // The largest type has a quarter of the devices.
  { id: 1, name: 'device_type', scope: 'INVENTORY', type: 'STRING', value: `'type-' || lpad(f.kind::text, 2, '0')` },
  { id: 2, name: 'system', scope: 'INVENTORY', type: 'STRING', value: `'system-' || lpad(f.system::text, 2, '0')` },
  {
    id: 3,
    name: 'os_version',
    scope: 'INVENTORY',
    type: 'STRING',
    value: `(2 + f.release % 3) || '.' || (f.release % 10) || '.' || f.release`,
  },
  { id: 4, name: 'mac', scope: 'IDENTITY', type: 'STRING', value: `bench.mac(f.n)` },
  {
    id: 5,
    name: 'hostname',
    scope: 'INVENTORY',
    type: 'STRING',
    value: `'gw-' || ${TOWNS}[f.region] || '-' || bench.mixed(f.n)`,
  },
  {
    id: 6,
    name: 'kernel',
    scope: 'INVENTORY',
    type: 'STRING',
    value: `'Linux 6.' || (f.release % 13) || '.' || (f.kind * 7 % 20) || '-fleet'`,
  },
  { id: 7, name: 'cpu_model', scope: 'INVENTORY', type: 'STRING', value: `'ARM Cortex-A' || (35 + f.kind % 9 * 4)` },
  {
    id: 8,
    name: 'mem_total_kb',
    scope: 'INVENTORY',
    type: 'NUMBER',
    value: `(524288 * (1 << (f.kind % 4)) - floor(${random(8)} * 16) * 1024)::double precision`,
  },
  {
    id: 9,
    name: 'cpu_temperature',
    scope: 'MONITOR',
    type: 'NUMBER',
    value: `round((38 + 12 * (${random(9)} + ${random(10)} + ${random(11)} - 1.5) + f.kind % 5)::numeric, 1)::double precision`,
  },
  {
    id: 10,
    name: 'disk_free_mb',
    scope: 'MONITOR',
    type: 'NUMBER',
    value: `floor(30000 * power(${random(12)}, 2))::double precision`,
  },
  {
    id: 11,
    name: 'uptime_s',
    scope: 'MONITOR',
    type: 'NUMBER',
    value: `floor(-2000000 * ln(1 - ${random(13)}))::double precision`,
  },
  {
    id: 12,
    name: 'ports',
    scope: 'INVENTORY',
    type: 'NUMBER_ARRAY',
    value: `array_remove(array[22, case when ${random(14)} < 0.5 then 80 end, case when ${random(15)} < 0.4 then 443 end,
              case when ${random(16)} < 0.3 then 9100 end, case when ${random(17)} < 0.02 then 8883 end,
              case when ${random(18)} < 0.3 then 10000 + floor(${random(19)} * 5000) end], null)::double precision[]`,
  },
  {
    id: 13,
    name: 'addresses',
    scope: 'INVENTORY',
    type: 'STRING_ARRAY',
    value: `array_remove(array[bench.address(10, f.n), case when ${random(20)} < 0.4 then bench.address(172, f.n) end], null)`,
  },
  { id: 14, name: 'region', scope: 'TAGS', type: 'STRING', value: `'region-' || f.region` },
  { id: 15, name: 'site', scope: 'TAGS', type: 'STRING', value: `'site-' || lpad(${zipf(21, 2000)}::text, 4, '0')` },
  {
    id: 16,
    name: 'customer',
    scope: 'TAGS',
    type: 'STRING',
    value: `'customer-' || lpad(${zipf(22, 500)}::text, 3, '0')`,
  },
  // One name in two scopes and two types, as fleets of several generations have it.
  {
    id: 17,
    name: 'battery',
    scope: 'INVENTORY',
    type: 'NUMBER',
    value: `case when ${random(23)} < 0.6 then floor(${random(24)} * 101)::double precision end`,
  },
  {
    id: 18,
    name: 'battery',
    scope: 'MONITOR',
    type: 'NUMBER',
    value: `case when ${random(23)} between 0.6 and 0.995 then floor(${random(24)} * 101)::double precision end`,
  },
  {
    id: 19,
    name: 'battery',
    scope: 'MONITOR',
    type: 'STRING',
    value: `case when ${random(23)} > 0.995 then 'unknown' end`,
  },
  {
    id: 20,
    name: 'signal_dbm',
    scope: 'MONITOR',
    type: 'NUMBER',
    value: `(-50 - floor(40 * (${random(25)} + ${random(26)}) / 2))::double precision`,
  },
  { id: 21, name: 'encrypted', scope: 'INVENTORY', type: 'BOOLEAN', value: `${random(27)} < 0.85` },
  {
    id: 22,
    name: 'location',
    scope: 'TAGS',
    type: 'STRING',
    value: `case when ${random(28)} < 0.97 then 'hall ' || floor(${random(29)} * 400)::integer end`,
  },
  { id: 23, name: 'debug_mode', scope: 'TAGS', type: 'BOOLEAN', value: `case when ${random(30)} < 0.01 then true end` },
  {
    id: 24,
    name: 'canary',
    scope: 'TAGS',
    type: 'STRING',
    value: `case when ${random(31)} < 0.003 then 'wave-' || f.n % 3 end`,
  },
  {
    id: 25,
    name: 'recall',
    scope: 'TAGS',
    type: 'STRING',
    value: `case when ${random(32)} < 0.001 then 'notice-' || f.n % 2 end`,
  },
];
