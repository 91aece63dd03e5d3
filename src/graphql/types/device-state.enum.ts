import { stringEnum } from './string-enum.js';

export type DeviceState = keyof typeof DeviceState;
export const DeviceState = stringEnum(
  'DeviceState',
  'Whether a device is in service. A disabled device is found and counted like any other unless a filter says otherwise.',
  {
    ACTIVE: 'In service. Every device starts like this.',
    DISABLED: 'Taken out of service by updateDevice; keeps its data, cohort and group.',
  },
);
