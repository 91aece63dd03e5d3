/** Counts of devices by value of one attribute or one field: for the whole project, or for many parents at once. */
import { commaSeparated, integerLiteral, sql, type SqlFragment } from '../database/sql.js';
import { groupRows } from '../database/rows-by-key.js';
import { badInput } from '../errors.js';
import type { ScalarValue } from '../model/attribute-value.js';
import { facetByAttribute } from './facet-by-attribute.js';
import { type FacetField, facetByField } from './facet-by-field.js';
import type { AttributeName } from './filter.js';
import { type CountedDevices, findDevices } from './found-devices.js';
import { type AttributeKeyInput, parseAttributeKey } from './parse-attribute-key.js';
import { runCount } from './run-count.js';
import type { SearchContext } from './search.js';
import { SearchRun } from './search-run.js';
import { warnAboutFacet } from './warnings.js';

/** What devices are counted by. */
type FacetKey = { readonly field: FacetField } | { readonly attribute: AttributeName };

export interface FacetRequest {
  readonly by: FacetKey;
  /** Most buckets. */
  readonly first: number;
}

export interface Facet {
  /** Largest first, equal counts in order of value. */
  readonly buckets: readonly FacetBucket[];
  readonly otherCount: number;
  readonly missingCount: number;
}

interface FacetBucket {
  readonly value: ScalarValue;
  readonly deviceCount: number;
}

/** A FacetKey as the schema lets it through. */
interface FacetKeyInput {
  readonly field?: FacetField | null;
  readonly attribute?: AttributeKeyInput | null;
}

const MAX_BUCKETS = 500;

/** Throws BAD_USER_INPUT with the path. */
export function parseFacet(by: FacetKeyInput, first: number | null): FacetRequest {
  const field = by.field ?? undefined;
  const attribute = by.attribute ?? undefined;
  if ((field === undefined) === (attribute === undefined)) {
    throw badInput('by', 'give exactly one of field and attribute');
  }
  if (first === null || first < 1 || first > MAX_BUCKETS) {
    throw badInput('first', `a number from 1 to ${MAX_BUCKETS}, got ${first}`);
  }
  return {
    by: attribute === undefined ? { field: field! } : { attribute: parseAttributeKey(attribute, 'by.attribute') },
    first,
  };
}

export const EMPTY_FACET: Facet = { buckets: [], otherCount: 0, missingCount: 0 };

interface FacetRow {
  readonly parent: string;
  readonly found: number;
  readonly present: number;
  readonly beyond: number | null;
  /** Null, as the value: this parent has no bucket. */
  readonly n: number | null;
  readonly number: number | null;
  readonly text: string | null;
  readonly flag: boolean | null;
}

/**
 * The facet of each parent, by its id, or of the whole project under WHOLE_PROJECT, in one statement. A parent without
 * devices is absent: EMPTY_FACET is its answer.
 */
export async function facetsOfDevices(
  context: SearchContext,
  counted: CountedDevices,
  { by, first }: FacetRequest,
): Promise<ReadonlyMap<string, Facet>> {
  const { attributeKeys, database, projectId } = context;
  const run = new SearchRun(context.report, 'search.facet');
  // Sent together: each trip to the database is time that the caller waits.
  const [found, keys] = await Promise.all([
    findDevices(context, counted, run),
    'field' in by ? [] : attributeKeys.byNames(run.watch(database), projectId, [by.attribute.name]),
  ]);
  if ('attribute' in by) warnAboutFacet(context, by.attribute, keys);
  const { definitions, totals } =
    'field' in by ? facetByField(by.field, projectId, found) : facetByAttribute(by.attribute, keys, projectId, found);
  const rows = await runCount<FacetRow>(
    run.watch(database),
    'search.facet',
    sql`with ${commaSeparated([...definitions, sql`shown as (${largest(first, counted.parents === undefined)})`])}
        select t.parent, t.found::integer as found, t.present::integer as present, t.beyond::integer as beyond,
               s.n::integer as n, s.number, s.text || coalesce(s.rest, '') as text, s.flag
        from (${totals}) t left join shown s on s.parent = t.parent
        order by t.parent, ${LARGEST_FIRST}`,
    'wholeLists',
  );
  run.end({ shape: found.shape, estimates: [], rows: rows.length });
  return new Map([...groupRows(rows, ({ parent }) => parent)].map(([parent, own]) => [parent, toFacet(own)]));
}

/** No two buckets of a parent tie. A text of the same beginning without a rest is the shorter one. */
const LARGEST_FIRST = sql`s.n desc, s.kind, s.number, s.text, s.rest nulls first, s.flag`;

function largest(first: number, isOneSet: boolean): SqlFragment {
  // A limit lets the database keep only the largest while it reads; a window has to sort all.
  if (isOneSet) return sql`select s.* from bucket s order by ${LARGEST_FIRST} limit ${integerLiteral(first)}`;
  return sql`select s.* from (select s.*, row_number() over (partition by s.parent order by ${LARGEST_FIRST}) as place
                              from bucket s) s
             where s.place <= ${integerLiteral(first)}`;
}

function toFacet(rows: readonly FacetRow[]): Facet {
  const [{ found, present, beyond }] = rows as readonly [FacetRow];
  const buckets = rows.flatMap(({ n, number, text, flag }): FacetBucket[] => {
    const value = number ?? text ?? flag;
    return n === null || value === null ? [] : [{ value, deviceCount: n }];
  });
  const shown = buckets.reduce((sum, { deviceCount }) => sum + deviceCount, 0);
  return { buckets, otherCount: beyond ?? present - shown, missingCount: found - present };
}
