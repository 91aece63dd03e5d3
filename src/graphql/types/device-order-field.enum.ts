import type { OrderField } from '../../search/fields.js';
import { stringEnum } from './string-enum.js';

export type DeviceOrderField = OrderField;
export const DeviceOrderField = stringEnum<OrderField>(
  'DeviceOrderField',
  'A field of the device to sort by. Text sorts by Unicode code point, so capitals come before small letters.',
  {
    ID: 'The order in which devices were created; the default order, ascending.',
    DEVICE_SERIAL: 'deviceSerial.',
    LAST_SEEN: 'lastSeen; null if the device was never seen.',
    CREATED_AT: 'createdAt.',
    UPDATED_AT: 'updatedAt.',
    ATTRIBUTES_UPDATED_AT: 'attributesUpdatedAt; null if the device never had an attribute.',
    HARDWARE_VERSION: 'hardwareVersion; may be null.',
    MANUFACTURER: 'manufacturer; may be null.',
    DEVICE_CODE: 'deviceCode; may be null.',
    OWNER_REF: 'ownerRef; may be null.',
    STATE: 'state, by its name: ACTIVE before DISABLED when ascending.',
  },
);
