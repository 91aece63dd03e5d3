import { GraphQLError, GraphQLScalarType } from 'graphql';

/** Only answered, never taken: what comes in has a type of its own. */
export const Json = new GraphQLScalarType<never, unknown>({
  name: 'JSON',
  description: 'Any JSON value, whose form depends on what it tells of. Only in answers.',
  parseValue() {
    throw new GraphQLError('JSON is not an input.');
  },
  serialize: (value) => value,
});
