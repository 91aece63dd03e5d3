import { defaultFieldResolver, type GraphQLField, type GraphQLFieldResolver } from 'graphql';

type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** Resolvers of guarded fields as they were before. */
const bare = new WeakMap<object, Resolver | undefined>();

/**
 * Lets only some viewers use a field: `guard` throws for others. Viewers for whom no guard throws are served without: asking
 * for each field of each object would cost more than to read it.
 */
export function guardField<Context>(field: GraphQLField<unknown, Context>, guard: (context: Context) => void): void {
  const { resolve } = field;
  bare.set(field, resolve as Resolver | undefined);
  field.resolve = (source, args, context, info) => {
    guard(context);
    return (resolve ?? defaultFieldResolver)(source, args, context, info);
  };
}

/** The resolver of a field for those whom guards let pass; undefined if the field is a plain property. */
export function resolverWithoutGuard(field: GraphQLField<unknown, unknown>): Resolver | undefined {
  return bare.has(field) ? bare.get(field) : field.resolve;
}
