import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';

/** Nodes by the name of their field. */
type Fields = ReadonlyMap<string, readonly FieldNode[]>;

/**
 * The fields that are selected of a field's object, or of the objects to which `path` leads from there; of
 * whatever type, and those that `@skip` leaves out among them. For reading with the object what will be asked of it.
 */
export function selectedFields({ fieldNodes, fragments }: GraphQLResolveInfo, ...path: string[]): Fields {
  return path.reduce<Fields>(
    (fields, name) => fieldsBelow(fields.get(name) ?? [], fragments),
    fieldsBelow(fieldNodes, fragments),
  );
}

/**
 * The same function, that reads each field of a document once for as long as the document is kept. What it reads must not
 * depend on variables.
 */
export function oncePerField<Value extends object>(
  read: (info: GraphQLResolveInfo) => Value,
): (info: GraphQLResolveInfo) => Value {
  const kept = new WeakMap<object, Value>();
  return (info) => {
    const { fieldNodes } = info;
    // A plan keeps the list of the nodes; without one only the nodes themselves are the same.
    const key = fieldNodes.length === 1 ? fieldNodes[0]! : fieldNodes;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const value = read(info);
    kept.set(key, value);
    return value;
  };
}

function fieldsBelow(nodes: readonly FieldNode[], fragments: GraphQLResolveInfo['fragments']): Fields {
  const fields = new Map<string, FieldNode[]>();
  const collect = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const { value } = selection.name;
        fields.set(value, [...(fields.get(value) ?? []), selection]);
      } else {
        const target = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection;
        if (target !== undefined) collect(target.selectionSet);
      }
    }
  };
  for (const { selectionSet } of nodes) if (selectionSet !== undefined) collect(selectionSet);
  return fields;
}
