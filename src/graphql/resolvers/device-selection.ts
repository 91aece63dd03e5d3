/** From what an operation selects of devices to what is read of them. */
import type { GraphQLResolveInfo } from 'graphql';
import { DeviceReading } from '../../search/device-reading.js';
import { selectedFields } from '../selected-fields.js';

export interface DeviceSelection {
  readonly reading: DeviceReading;
  /** How often attributes are asked of each device. */
  readonly attributeFieldCount: number;
}

/** Columns that fields are made of which are no columns of their name. Other fields need no more than the id. */
const COLUMNS_OF_FIELDS: Readonly<Record<string, readonly string[]>> = {
  productName: ['manufacturer', 'deviceCode'],
  lastSeenRelease: ['lastSeenReleaseId'],
};

/** By the field's node, or by its nodes: a document that is kept has the same each time. */
const kept = new WeakMap<object, DeviceSelection>();

/** What the operation will ask of the devices to which the paths lead from a field's object. */
export function selectionOfDevices(
  info: GraphQLResolveInfo,
  ...paths: readonly (readonly string[])[]
): DeviceSelection {
  const { fieldNodes } = info;
  // Without a plan only the nodes themselves are the same.
  const key = fieldNodes.length === 1 ? fieldNodes[0]! : fieldNodes;
  let selection = kept.get(key);
  if (selection === undefined) {
    selection = readSelection(info, paths);
    kept.set(key, selection);
  }
  return selection;
}

function readSelection(info: GraphQLResolveInfo, paths: readonly (readonly string[])[]): DeviceSelection {
  const selected = (...below: string[]) => paths.flatMap((path) => [...selectedFields(info, ...path, ...below)]);
  const fields = selected();
  const names = new Set(fields.map(([name]) => name));
  const parent = (name: 'cohort' | 'group') => {
    if (!names.has(name)) return undefined;
    const columns = new Set(selected(name).map(([column]) => column));
    return { columns, deviceCount: columns.has('deviceCount') };
  };
  const ofAttributes = fields.flatMap(([name, nodes]) => (name === 'attributes' || name === 'attribute' ? nodes : []));
  const reading = new DeviceReading({
    columns: new Set([...names].flatMap((name) => COLUMNS_OF_FIELDS[name] ?? name)),
    cohort: parent('cohort'),
    group: parent('group'),
    attributes: ofAttributes.length > 0,
  });
  return { reading, attributeFieldCount: ofAttributes.length };
}
