import { registerEnumType } from 'type-graphql';

/**
 * Registers an enum whose values are their own names, as rows carry them. With the union of the domain as `Value`, an
 * enum that lacks one of its values, or the description of one, does not type-check.
 */
export function stringEnum<Value extends string>(
  name: string,
  description: string,
  values: Readonly<Record<Value, string>>,
): { readonly [One in Value]: One } {
  const names = Object.keys(values) as Value[];
  const enumObject = Object.fromEntries(names.map((value) => [value, value])) as { [One in Value]: One };
  const valuesConfig = Object.fromEntries(names.map((value) => [value, { description: values[value] }])) as {
    [One in Value]: { description: string };
  };
  registerEnumType(enumObject, { name, description, valuesConfig });
  return enumObject;
}
