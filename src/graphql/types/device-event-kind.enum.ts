import { stringEnum } from './string-enum.js';

export type DeviceEventKind = keyof typeof DeviceEventKind;
export const DeviceEventKind = stringEnum('DeviceEventKind', 'What happened to a device.', {
  INSTALL: 'A release was installed on the device.',
  TRACE: 'The device left a trace of a fault, such as a crash report.',
});
