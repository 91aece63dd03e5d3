/** From what an operation selects of devices to what is read of them. */
import type { FieldNode, GraphQLObjectType, GraphQLResolveInfo } from 'graphql';
import { getArgumentValues } from 'graphql/execution/values.js';
import { parseAttributeName } from '../../model/names.js';
import { DeviceReading } from '../../search/device-reading.js';
import { oncePerField, selectedFields } from '../selected-fields.js';

export interface DeviceSelection {
  readonly reading: DeviceReading;
  /** Fields of each device that show attributes. */
  readonly attributeFields: readonly FieldNode[];
}

/** Columns that fields are made of which are no columns of their name. Other fields need no more than the id. */
const COLUMNS_OF_FIELDS: Readonly<Record<string, readonly string[]>> = {
  productName: ['manufacturer', 'deviceCode'],
  lastSeenRelease: ['lastSeenReleaseId'],
};

/** What the operation will ask of the device that a field answers. */
export const selectionOfDevice = oncePerField((info) => readSelection(info, [[]]));

/** The same of the devices of a connection. */
export const selectionOfPage = oncePerField((info) => readSelection(info, [['nodes'], ['edges', 'node']]));

function readSelection(info: GraphQLResolveInfo, paths: readonly (readonly string[])[]): DeviceSelection {
  const selected = (...below: string[]) =>
    new Set(paths.flatMap((path) => [...selectedFields(info, ...path, ...below).keys()]));
  const fields = selected();
  const parent = (name: 'cohort' | 'group') => {
    if (!fields.has(name)) return undefined;
    const columns = selected(name);
    return { columns, deviceCount: columns.has('deviceCount') };
  };
  const attributeFields = paths.flatMap((path) =>
    ['attributes', 'attribute'].flatMap((name) => selectedFields(info, ...path).get(name) ?? []),
  );
  const reading = new DeviceReading({
    columns: new Set([...fields].flatMap((field) => COLUMNS_OF_FIELDS[field] ?? field)),
    cohort: parent('cohort'),
    group: parent('group'),
    attributes: attributeFields.length > 0,
  });
  return { reading, attributeFields };
}

/** So many names are worth to be taken out of documents. */
const MOST_NAMES = 32;

/** Names of all attributes that the fields show; undefined: any, or many, or one of the fields has a fault to tell. */
export function attributeNamesOf(
  { schema, variableValues }: GraphQLResolveInfo,
  { attributeFields }: DeviceSelection,
): readonly string[] | undefined {
  const definitions = (schema.getType('Device') as GraphQLObjectType).getFields();
  const shown: string[] = [];
  try {
    for (const node of attributeFields) {
      const given = getArgumentValues(definitions[node.name.value]!, node, variableValues);
      const names = 'name' in given ? [given['name']] : given['names'];
      if (!Array.isArray(names) || shown.length + names.length > MOST_NAMES) return undefined;
      shown.push(...names.map((name) => parseAttributeName(name, 'name')));
    }
  } catch {
    return undefined;
  }
  return shown.length === 0 ? undefined : shown;
}
