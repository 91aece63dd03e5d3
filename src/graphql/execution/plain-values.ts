/** Completion of values below which there are no resolvers: no paths, no promises, no objects but those of the answer. */
import { type GraphQLLeafType, GraphQLBoolean, GraphQLFloat, GraphQLID, GraphQLInt, GraphQLString } from 'graphql';

/** Of a value that needs the careful way: a fault, a promise, null where there must be none. */
export const NOT_PLAIN = Symbol('not plain');

/** The completed value, or NOT_PLAIN. Throws what a scalar's own `serialize` throws. */
export type Reader = (value: unknown) => unknown;

const MAX_INT = 2_147_483_647;

/** What built-in scalars answer as it is; they serialize everything else themselves. */
const AS_IT_IS = new Map<GraphQLLeafType, (value: unknown) => boolean>([
  [GraphQLString, (value) => typeof value === 'string'],
  [GraphQLID, (value) => typeof value === 'string'],
  [GraphQLBoolean, (value) => typeof value === 'boolean'],
  [GraphQLInt, (value) => Number.isInteger(value) && Math.abs(value as number) <= MAX_INT],
  [GraphQLFloat, (value) => Number.isFinite(value)],
]);

export function compileLeafReader(type: GraphQLLeafType): Reader {
  const isAnswer = AS_IT_IS.get(type) ?? (() => false);
  return (value) => {
    if (value === null || value === undefined) return null;
    if (isAnswer(value)) return value;
    if (!isPlain(value)) return NOT_PLAIN;
    return type.serialize(value) ?? NOT_PLAIN;
  };
}

export function readNonNull(read: Reader): Reader {
  return (value) => read(value) ?? NOT_PLAIN;
}

export function readList(read: Reader): Reader {
  return (value) => {
    if (value === null || value === undefined) return null;
    if (!Array.isArray(value)) return NOT_PLAIN;
    const items: unknown[] = [];
    for (const item of value) {
      const completed = read(item);
      if (completed === NOT_PLAIN) return NOT_PLAIN;
      items.push(completed);
    }
    return items;
  };
}

type Property =
  | { readonly responseName: string; readonly constant: unknown }
  | { readonly responseName: string; readonly name: string; readonly read: Reader };

export function readProperties(properties: readonly Property[]): Reader {
  return (source) => {
    if (source === null || source === undefined) return null;
    if (typeof source !== 'object' || !isPlain(source)) return NOT_PLAIN;
    const answer: Record<string, unknown> = {};
    for (const property of properties) {
      const completed = 'constant' in property ? property.constant : readProperty(source, property);
      if (completed === NOT_PLAIN) return NOT_PLAIN;
      answer[property.responseName] = completed;
    }
    return answer;
  };
}

function readProperty(source: object, { name, read }: { readonly name: string; readonly read: Reader }): unknown {
  const value = (source as Record<string, unknown>)[name];
  // graphql-js calls it.
  return typeof value === 'function' ? NOT_PLAIN : read(value);
}

/** Neither a fault nor a promise, which are no values of their own. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return !(value instanceof Error) && typeof (value as { then?: unknown }).then !== 'function';
}
