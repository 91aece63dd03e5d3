import { EVERYTHING, type Filter } from './filter.js';

/**
 * The same filter with `not` only before single terms, and without `and` in `and` or `or` in `or`: so that terms which
 * lead to devices stand where they can be seen. Every term is true or false of a device, never unknown, which makes it
 * the same.
 */
export function normalForm(filter: Filter): Filter {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return joined(filter.kind, filter.parts.map(normalForm));
    case 'not':
      return negated(filter.part);
    default:
      return filter;
  }
}

function negated(filter: Filter): Filter {
  switch (filter.kind) {
    case 'and':
      return joined('or', filter.parts.map(negated));
    case 'or':
      return joined('and', filter.parts.map(negated));
    case 'not':
      return normalForm(filter.part);
    default:
      return { kind: 'not', part: filter };
  }
}

function joined(kind: 'and' | 'or', parts: readonly Filter[]): Filter {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.parts : [part]));
  const [only, another] = flat;
  if (only !== undefined && another === undefined) return only;
  return flat.length === 0 && kind === 'and' ? EVERYTHING : { kind, parts: flat };
}
