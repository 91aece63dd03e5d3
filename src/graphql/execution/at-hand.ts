/** Values that came with their object, so that no resolver has to be called for them. */
import type { GraphQLField } from 'graphql';
import { Extensions } from 'type-graphql';

/** The value of a field as its resolver would give it, completed or not but no promise; undefined if it is not there. */
type ReadAtHand<Source, Arguments> = (source: Source, args: Arguments, typeName: string) => unknown;

const AT_HAND = 'valueAtHand';

/**
 * Tells how a field's value is read off its object where it came with it. The resolver must give the same: it is called
 * where the value did not come, where it turns out to be wrong, and by graphql-js. Not for fields that are `@Authorized`.
 */
export function AtHand<Source, Arguments = unknown>(read: ReadAtHand<Source, Arguments>) {
  return Extensions({ [AT_HAND]: read });
}

export function readerAtHand(field: GraphQLField<unknown, unknown>): ReadAtHand<unknown, unknown> | undefined {
  return field.extensions[AT_HAND] as ReadAtHand<unknown, unknown> | undefined;
}
