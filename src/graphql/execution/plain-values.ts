/** Completion of values below which there are no resolvers: no paths, no promises, no objects but those of the answer. */
import { type GraphQLLeafType, GraphQLBoolean, GraphQLFloat, GraphQLID, GraphQLInt, GraphQLString } from 'graphql';

/** Of a value that needs the careful way: a fault, a promise, null where there must be none. */
export const NOT_PLAIN = Symbol('not plain');

/** Arguments of the plan's fields in one execution. */
export interface Arguments<Field> {
  of(field: Field): unknown;
}

/** The completed value, or NOT_PLAIN. Throws what a scalar's own `serialize` throws. */
export type Reader<Field> = (value: unknown, given: Arguments<Field>) => unknown;

/** The value of a field of an object as it is there, or NOT_PLAIN. */
export type Getter<Field> = (source: object, given: Arguments<Field>) => unknown;

const MAX_INT = 2_147_483_647;

/** What built-in scalars answer as it is; they serialize everything else themselves. */
const AS_IT_IS = new Map<GraphQLLeafType, (value: unknown) => boolean>([
  [GraphQLString, (value) => typeof value === 'string'],
  [GraphQLID, (value) => typeof value === 'string'],
  [GraphQLBoolean, (value) => typeof value === 'boolean'],
  [GraphQLInt, (value) => Number.isInteger(value) && Math.abs(value as number) <= MAX_INT],
  [GraphQLFloat, (value) => Number.isFinite(value)],
]);

export function compileLeafReader(type: GraphQLLeafType): Reader<never> {
  const isAnswer = AS_IT_IS.get(type) ?? (() => false);
  return (value) => {
    if (value === null || value === undefined) return null;
    if (isAnswer(value)) return value;
    if (!isPlain(value)) return NOT_PLAIN;
    return type.serialize(value) ?? NOT_PLAIN;
  };
}

export function readNonNull<Field>(read: Reader<Field>): Reader<Field> {
  return (value, given) => read(value, given) ?? NOT_PLAIN;
}

export function readList<Field>(read: Reader<Field>): Reader<Field> {
  return (value, given) => {
    if (value === null || value === undefined) return null;
    if (!Array.isArray(value)) return NOT_PLAIN;
    const items: unknown[] = [];
    for (const item of value) {
      const completed = read(item, given);
      if (completed === NOT_PLAIN) return NOT_PLAIN;
      items.push(completed);
    }
    return items;
  };
}

interface Property<Field> {
  readonly responseName: string;
  readonly get: Getter<Field>;
  readonly read: Reader<Field>;
}

export function readProperties<Field>(properties: readonly Property<Field>[]): Reader<Field> {
  return (source, given) => {
    if (source === null || source === undefined) return null;
    if (typeof source !== 'object' || !isPlain(source)) return NOT_PLAIN;
    const answer: Record<string, unknown> = {};
    for (const { responseName, get, read } of properties) {
      const value = get(source, given);
      const completed = value === NOT_PLAIN ? NOT_PLAIN : read(value, given);
      if (completed === NOT_PLAIN) return NOT_PLAIN;
      answer[responseName] = completed;
    }
    return answer;
  };
}

/** A field without a resolver. graphql-js calls a method. */
export function getProperty(name: string): Getter<never> {
  return (source) => {
    const value = (source as Record<string, unknown>)[name];
    return typeof value === 'function' ? NOT_PLAIN : value;
  };
}

/** Neither a fault nor a promise, which are no values of their own. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return !(value instanceof Error) && typeof (value as { then?: unknown }).then !== 'function';
}
