/** Tests of attributes as conditions on the row `o` of device_document. All are two-valued, so that NOT is the complement. */
import type { AttributeKey } from '../attributes/keys.js';
import { POSTING_KIND_OF, type PostingKind } from '../attributes/postings.js';
import { allOf, anyOf, FALSE, sql, type SqlFragment } from '../database/sql.js';
import type { ScalarValue } from '../model/attribute-value.js';
import { compileValueTest, foldCase } from './compile-tests.js';
import type { ValueTest } from './filter.js';

/** The document has a value under one of the keys. */
export function documentHas(keys: readonly AttributeKey[]): SqlFragment {
  const ids = keys.map(({ id }) => String(id));
  if (ids.length === 0) return FALSE;
  return ids.length === 1 ? sql`o.attributes ? ${ids[0]}::text` : sql`o.attributes ?| ${ids}::text[]`;
}

/** The scalar under the key, or one element of the array under it, meets all tests. */
export function documentMeets(key: AttributeKey, tests: readonly ValueTest[], ignoreCase: boolean): SqlFragment {
  const kind = POSTING_KIND_OF[key.type];
  const meets = (value: SqlFragment) => tests.map((test) => compileValueTest(kind, { value }, test, ignoreCase));
  if (isArray(key)) {
    const conditions = meets(elementOf(kind));
    return conditions.includes(FALSE) ? FALSE : sql`exists (select from ${elements(key)} where ${allOf(conditions)})`;
  }
  const conditions = meets(typed(kind, sql`(o.attributes -> ${String(key.id)}::text ->> 0)`));
  // Null where there is no such value.
  return conditions.includes(FALSE) ? FALSE : sql`(${allOf(conditions)}) is true`;
}

/** The whole array under the key is, in that order, one of these, which have elements of the key's type. */
export function documentEquals(
  key: AttributeKey,
  arrays: readonly (readonly (string | number)[])[],
  ignoreCase: boolean,
): SqlFragment {
  if (key.type === 'NUMBER_ARRAY') {
    const own = inOrder(elementOf('number'), elements(key));
    return anyOf(arrays.map((array) => sql`${own} = ${array}::double precision[]`));
  }
  if (ignoreCase) {
    const own = inOrder(foldCase(elementOf('text')), elements(key));
    return anyOf(
      arrays.map((array) => {
        const operand = sql`unnest(${array}::text[]) with ordinality as e(one, n)`;
        return sql`${own} = ${inOrder(foldCase(sql`e.one`), operand)}`;
      }),
    );
  }
  return anyOf(arrays.map((array) => sql`(${valueOf(key)} = ${JSON.stringify(array)}::jsonb) is true`));
}

/** The array under the key has all of these elements, one at least, which are of its type. */
export function documentHasAll(key: AttributeKey, wanted: readonly ScalarValue[], ignoreCase: boolean): SqlFragment {
  const kind = POSTING_KIND_OF[key.type];
  const fold = (text: SqlFragment) => (ignoreCase && kind === 'text' ? foldCase(text) : text);
  const own = fold(elementOf(kind));
  const operand = kind === 'text' ? sql`${wanted}::text[]` : sql`${wanted}::double precision[]`;
  const all = sql`array(select distinct ${fold(sql`w.one`)} from unnest(${operand}) as w(one))`;
  return sql`exists (select from ${elements(key)} where ${own} = any(${all})
                     having count(distinct ${own}) = cardinality(${all}))`;
}

function isArray({ type }: AttributeKey): boolean {
  return type === 'STRING_ARRAY' || type === 'NUMBER_ARRAY';
}

/** As jsonb; null if there is none. */
function valueOf({ id }: AttributeKey): SqlFragment {
  return sql`o.attributes -> ${String(id)}::text -> 0`;
}

/** Rows `e` (one, n) of the elements of an array, as text; none if there is no such array. */
function elements(key: AttributeKey): SqlFragment {
  return sql`jsonb_array_elements_text(${valueOf(key)}) with ordinality as e(one, n)`;
}

function elementOf(kind: PostingKind): SqlFragment {
  return typed(kind, sql`e.one`);
}

function typed(kind: PostingKind, text: SqlFragment): SqlFragment {
  switch (kind) {
    case 'text':
      return sql`${text} collate "C"`;
    case 'number':
      return sql`${text}::double precision`;
    case 'boolean':
      return sql`${text}::boolean`;
  }
}

function inOrder(element: SqlFragment, rows: SqlFragment): SqlFragment {
  return sql`array(select ${element} from ${rows} order by e.n)`;
}
