import { Kind, type ASTNode, type DocumentNode, type SelectionSetNode, type ValueNode } from 'graphql';

/**
 * The path of an argument's value, or of a part of it, as errors name it: `filter.attributes[0].gt`. Undefined for
 * nodes that are no part of an argument of a field.
 */
export function pathOfLiteral(document: DocumentNode, node: ASTNode): string | undefined {
  const visitSet = (set: SelectionSetNode): string | undefined =>
    firstOf(set.selections, (selection) => {
      const path =
        selection.kind === Kind.FIELD
          ? firstOf(selection.arguments ?? [], (argument) =>
              argument === node ? argument.name.value : visitValue(argument.value, argument.name.value),
            )
          : undefined;
      if (path !== undefined || selection.kind === Kind.FRAGMENT_SPREAD || !selection.selectionSet) return path;
      return visitSet(selection.selectionSet);
    });

  const visitValue = (value: ValueNode, path: string): string | undefined => {
    if (value === node) return path;
    if (value.kind === Kind.LIST) {
      return firstOf(value.values, (element, index) => visitValue(element, `${path}[${index}]`));
    }
    if (value.kind !== Kind.OBJECT) return undefined;
    return firstOf(value.fields, (field) => {
      const inner = `${path}.${field.name.value}`;
      return field === node ? inner : visitValue(field.value, inner);
    });
  };

  return firstOf(document.definitions, (definition) =>
    definition.kind === Kind.OPERATION_DEFINITION || definition.kind === Kind.FRAGMENT_DEFINITION
      ? visitSet(definition.selectionSet)
      : undefined,
  );
}

function firstOf<Item, Result>(items: readonly Item[], find: (item: Item, index: number) => Result | undefined) {
  for (const [index, item] of items.entries()) {
    const result = find(item, index);
    if (result !== undefined) return result;
  }
  return undefined;
}
