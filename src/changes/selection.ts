/** Which devices a bulk change is about. */
import { LostRace } from '../database/database-error.js';
import type { Executor } from '../database/query.js';
import { sql, type SqlFragment } from '../database/sql.js';
import { badInput, limitExceeded } from '../errors.js';
import { parseGlobalId } from '../model/global-id.js';
import { LIMITS } from '../model/limits.js';
import { parseDeviceSerial } from '../model/names.js';
import { describe } from '../model/text.js';
import type { Filter } from '../search/filter.js';
import { meansEverything } from '../search/means-everything.js';
import { parseFilter } from '../search/parse-filter.js';
import { compileCondition, type SearchContext } from '../search/search.js';

export type Selection =
  | { readonly kind: 'serials'; readonly serials: readonly string[] }
  /** As the caller gave them, with the internal id; null for an id of another type, which no device has. */
  | { readonly kind: 'ids'; readonly ids: ReadonlyMap<string, string | null> }
  | { readonly kind: 'filter'; readonly filter: Filter }
  | { readonly kind: 'all' };

/**
 * Exactly one of deviceSerials, ids, filter and all. A mistake must not widen the choice: null, an empty list, `all:
 * false` and a filter that holds for every device are BAD_USER_INPUT.
 */
export function parseSelector(input: object, field: string): Selection {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  const [choice, ...others] = given;
  if (choice === undefined || others.length > 0) {
    throw badInput(field, `give exactly one of deviceSerials, ids, filter and all; got ${given.length}`);
  }
  const [name, value]: [string, unknown] = choice;
  const path = `${field}.${name}`;
  if (value === null) throw badInput(path, 'must not be null');
  switch (name) {
    case 'deviceSerials': {
      const serials = listOf(value, path).map((serial, index) => parseDeviceSerial(serial, `${path}[${index}]`));
      return { kind: 'serials', serials: [...new Set(serials)] };
    }
    case 'ids': {
      const ids = listOf(value, path).map((id, index): [string, string | null] => {
        const node = parseGlobalId(id, `${path}[${index}]`);
        return [String(id), node.type === 'Device' ? node.id : null];
      });
      return { kind: 'ids', ids: new Map(ids) };
    }
    case 'filter': {
      const filter = parseFilter(value, path);
      if (meansEverything(filter, new Date()))
        throw badInput(path, 'holds for every device; name the whole project with `all: true`');
      return { kind: 'filter', filter };
    }
    case 'all':
      if (value !== true) throw badInput(path, 'can only be true');
      return { kind: 'all' };
    default:
      throw badInput(path, 'there is no such field of DeviceSelector');
  }
}

function listOf(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) throw badInput(path, `a list, got ${describe(value)}`);
  if (value.length === 0) throw badInput(path, 'an empty list selects nothing');
  if (value.length > LIMITS.selectedDevices) {
    throw limitExceeded(path, `at most ${LIMITS.selectedDevices} elements, got ${value.length}`);
  }
  return value;
}

/** The selection as a condition on the row `d` of `device`. */
export async function compileSelection(context: SearchContext, selection: Selection): Promise<SqlFragment> {
  const inProject = sql`d.project_id = ${context.projectId}`;
  switch (selection.kind) {
    case 'serials':
      return sql`${inProject} and d.device_serial = any(${selection.serials}::text[])`;
    case 'ids':
      return sql`${inProject} and d.id = any(${internalIds(selection.ids)}::bigint[])`;
    case 'filter':
      return compileCondition(context, selection.filter);
    case 'all':
      return inProject;
  }
}

function internalIds(ids: ReadonlyMap<string, string | null>): string[] {
  return [...ids.values()].filter((id) => id !== null);
}

interface Unknown {
  readonly unknownSerials: readonly string[];
  readonly unknownIds: readonly string[];
}

const NONE: Unknown = { unknownSerials: [], unknownIds: [] };

/**
 * Of the serials and ids that were named: those that no device of the project has, in the order given. `matchedCount` tells how
 * many devices the transaction has found by them: mostly all. Throws LostRace if it does not fit, as devices came or went meanwhile.
 */
export async function findUnknown(
  executor: Executor,
  projectId: string,
  selection: Selection,
  matchedCount?: number,
): Promise<Unknown> {
  if (selection.kind === 'serials') {
    const { serials } = selection;
    if (matchedCount === serials.length) return NONE;
    const rows = await executor.rows<{ serial: string }>(
      'changes.unknownSerials',
      sql`select wanted.serial from unnest(${serials}::text[]) with ordinality as wanted(serial, n)
          where not exists (select 1 from device d where d.project_id = ${projectId} and d.device_serial = wanted.serial)
          order by wanted.n`,
    );
    assertSame(serials.length - rows.length, matchedCount);
    return { ...NONE, unknownSerials: rows.map(({ serial }) => serial) };
  }
  if (selection.kind === 'ids') {
    const rows = await executor.rows<{ id: string }>(
      'changes.knownIds',
      sql`select id from device where project_id = ${projectId} and id = any(${internalIds(selection.ids)}::bigint[])`,
    );
    assertSame(rows.length, matchedCount);
    const known = new Set(rows.map(({ id }) => id));
    const unknown = [...selection.ids].filter(([, id]) => id === null || !known.has(id));
    return { ...NONE, unknownIds: unknown.map(([globalId]) => globalId) };
  }
  return NONE;
}

function assertSame(found: number, matchedCount: number | undefined): void {
  if (matchedCount !== undefined && found !== matchedCount) throw new LostRace('a device that was named');
}
