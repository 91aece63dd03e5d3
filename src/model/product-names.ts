import { devices } from 'ios-device-list';

/** Code of the model to market name, by manufacturer in lower case. A manufacturer is added with its own list. */
const NAMES_BY_MANUFACTURER = new Map([['apple', appleNames()]]);

function appleNames(): ReadonlyMap<string, string> {
  return new Map(
    devices().flatMap(({ Identifier, Generation }) =>
      [Identifier ?? []].flat().map((code): [string, string] => [code, Generation]),
    ),
  );
}

/** Market name of a model: Apple's iPhone1,1 is iPhone. Null if the manufacturer or the code is unknown. */
export function productName(manufacturer: string | null, deviceCode: string | null): string | null {
  if (manufacturer === null || deviceCode === null) return null;
  return NAMES_BY_MANUFACTURER.get(manufacturer.toLowerCase())?.get(deviceCode) ?? null;
}
