import type * as DeviceList from 'ios-device-list';

/** Code of the model to market name, by manufacturer in lower case. A manufacturer is added with its own list. */
let namesByManufacturer: ReadonlyMap<string, ReadonlyMap<string, string>> | undefined;

/** On first demand: to load the list takes a twentieth of the server's start, and many are never asked. */
function loadNames(): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const { devices } = require('ios-device-list') as typeof DeviceList;
  const appleNames = devices().flatMap(({ Identifier, Generation }) =>
    [Identifier ?? []].flat().map((code): [string, string] => [code, Generation]),
  );
  return new Map([['apple', new Map(appleNames)]]);
}

/** Market name of a model: Apple's iPhone1,1 is iPhone. Null if the manufacturer or the code is unknown. */
export function productName(manufacturer: string | null, deviceCode: string | null): string | null {
  if (manufacturer === null || deviceCode === null) return null;
  namesByManufacturer ??= loadNames();
  return namesByManufacturer.get(manufacturer.toLowerCase())?.get(deviceCode) ?? null;
}
