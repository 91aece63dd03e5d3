import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';

/** By the field's nodes, which a plan keeps for as long as its document is answered by it. */
const kept = new WeakMap<object, ReadonlySet<string>>();

/**
 * Names of the fields that are selected of a field's object, of whatever type; those that `@skip` leaves out are among
 * them. For reading with the object what will be asked of it.
 */
export function selectedFields({ fieldNodes, fragments }: GraphQLResolveInfo): ReadonlySet<string> {
  const known = kept.get(fieldNodes);
  if (known !== undefined) return known;
  const names = new Set<string>();
  const collect = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        names.add(selection.name.value);
      } else {
        const target = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection;
        if (target !== undefined) collect(target.selectionSet);
      }
    }
  };
  for (const { selectionSet } of fieldNodes) if (selectionSet !== undefined) collect(selectionSet);
  kept.set(fieldNodes, names);
  return names;
}
