/**
 * Equality and beginnings without letter case, along the plain index of values. Of all ways to write an operand in
 * capitals and small letters few occur: `abc` is looked for by stepping from those of `a`, `A` that some value begins
 * with to those of `ab`, `aB` and so on. Each step is one look into the index.
 */
import { INDEXED_CHARACTERS } from '../attributes/long-text.js';
import { integerLiteral, sql, type SqlFragment } from '../database/sql.js';

/** Postings of some keys of a project. */
export interface PostingScope {
  readonly projectId: string;
  readonly keyIds: readonly number[];
}

/**
 * Whether the ways to write an operand are known: its characters are ASCII, and the indexed beginning of a text decides.
 * What other letters fold from only the database can tell.
 */
export function hasCaseVariants(operand: string): boolean {
  return operand.length < INDEXED_CHARACTERS && /^[\0-\x7f]*$/.test(operand);
}

/**
 * A subquery of texts, one column: all values that equal one of the operands but for letter case, and maybe some texts
 * that longer values begin with. For operands that have case variants.
 */
export function caseVariants(operands: readonly string[], scope: PostingScope): SqlFragment {
  const steps = walk(operands, scope, sql``);
  return sql`${steps} select distinct walk.prefix from walk where walk.rest = ''`;
}

/**
 * What can follow FROM: the postings `p` whose values begin with the prefix but for letter case, each once. For prefixes
 * that have case variants and are not empty. The statement still has to say which project's and keys' postings it wants.
 */
export function prefixedPostings(prefix: string, scope: PostingScope): SqlFragment {
  // İ folds to an i with a dot above as a second character, so that a text with it may begin with i.
  const dotted = sql`union all select 'İ' where walk.rest = 'i'`;
  return sql`(${walk([prefix], scope, dotted)}
              select walk.key_id, walk.prefix,
                     left(walk.prefix, -1) || chr(ascii(right(walk.prefix, 1)) + 1) as beyond
              from walk where walk.rest = '') form
             join posting_text p on p.key_id = form.key_id and p.value >= form.prefix and p.value < form.beyond`;
}

/** Folds to k, as the only other character than K that folds to an ASCII one. */
const KELVIN_SIGN = integerLiteral(0x212a);

/** `with recursive walk(key_id, prefix, rest)`: each `prefix` begins some value of the key, `rest` is still to come. */
function walk(operands: readonly string[], { projectId, keyIds }: PostingScope, further: SqlFragment): SqlFragment {
  const folded = new Set(operands.map((operand) => operand.toLowerCase()));
  return sql`
    with recursive walk(key_id, prefix, rest) as (
      select key.id, ''::text collate "C", operand.folded collate "C"
      from unnest(${keyIds}::integer[]) as key(id) cross join unnest(${[...folded]}::text[]) as operand(folded)
      union all
      select walk.key_id, walk.prefix || form.part, substr(walk.rest, length(step.part) + 1)
      from walk
      cross join lateral (select substring(walk.rest from '^.[^a-z]*') as part) step
      cross join lateral (
        select step.part
        union all select upper(step.part) where upper(step.part) <> step.part
        union all select replace(step.part, 'k', chr(${KELVIN_SIGN})) where step.part like 'k%'
        ${further}) form(part)
      where walk.rest <> '' and starts_with((
        select p.value from posting_text p
        where p.project_id = ${projectId} and p.key_id = walk.key_id and p.value >= walk.prefix || form.part
        order by p.value limit 1), walk.prefix || form.part))`;
}
