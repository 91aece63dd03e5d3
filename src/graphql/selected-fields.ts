import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';

type Fields = ReadonlyMap<string, readonly FieldNode[]>;

interface Selected {
  readonly nodes: Fields;
  readonly names: ReadonlySet<string>;
}

/** By the field's nodes, which a plan keeps for as long as its document is answered by it. */
const kept = new WeakMap<object, Map<string, Selected>>();

/**
 * Names of the fields that are selected of a field's object, or of the objects to which `path` leads from there; of
 * whatever type, and those that `@skip` leaves out among them. For reading with the object what will be asked of it.
 */
export function selectedFields(info: GraphQLResolveInfo, ...path: string[]): ReadonlySet<string> {
  return selectedAt(info, path).names;
}

/** Where one of these fields stands, for its arguments. */
export function selectedNodes(info: GraphQLResolveInfo, path: string[], name: string): readonly FieldNode[] {
  return selectedAt(info, path).nodes.get(name) ?? [];
}

function selectedAt({ fieldNodes, fragments }: GraphQLResolveInfo, path: readonly string[]): Selected {
  const ofNodes = kept.get(fieldNodes) ?? new Map<string, Selected>();
  kept.set(fieldNodes, ofNodes);
  const key = path.join('.');
  const known = ofNodes.get(key);
  if (known !== undefined) return known;
  const nodes = path.reduce<Fields>(
    (fields, name) => fieldsBelow(fields.get(name) ?? [], fragments),
    fieldsBelow(fieldNodes, fragments),
  );
  const selected = { nodes, names: new Set(nodes.keys()) };
  ofNodes.set(key, selected);
  return selected;
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
