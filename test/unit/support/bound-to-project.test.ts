import { bindingOf } from '../../support/bound-to-project.js';

const faultsOf = (text: string) => bindingOf('test.any', text).faults;

describe('a statement is bound to one project', () => {
  it.each([
    ['by a condition on its table', 'select d.id from device d where d.project_id = $1 and d.id = $2'],
    ['by a column without alias, if there is one table', 'select 1 from device where project_id = $1'],
    ['on each side of a join', 'select 1 from device d join cohort c on c.project_id = $1 and c.id = d.cohort_id where d.project_id = $1'],
    ['in a subquery too', 'select 1 from device d where d.project_id = $1 and exists (select 1 from cohort c where c.project_id = $1)'],
    ['in each branch of a union', 'select 1 from device d where d.project_id = $1 union all (select 1 from cohort c where c.project_id = $2)'],
    ['in parentheses that are ANDed', 'select 1 from device d where (d.project_id = $1 and (d.id = 1 or d.id = 2))'],
    ['where it reads an expression of its own', 'with x as (select d.id from device d where d.project_id = $1) select 1 from x, unnest($2::int[]) as n(id)'],
    ['where it is changed', 'update device d set state = $2 from cohort c where d.project_id = $1 and c.project_id = $1'],
    ['where it is deleted from', 'delete from device d using cohort c where d.project_id = $1 and c.project_id = $1'],
    ['where values are inserted', 'insert into cohort (project_id, name) values ($1, $2) on conflict do nothing'],
    ['where rows of a bound table are inserted', 'insert into cohort (name, project_id) select d.serial, d.project_id from device d where d.project_id = $1'],
    ['if it is the project itself', 'select 1 from project p where p.id = $1 for update'],
    ['whatever is said in texts and comments', "/* from cohort c */ select ' from cohort c' from device d where d.project_id = $1 -- from cohort c"],
  ])('%s', (_title, text) => {
    expect(faultsOf(text)).toEqual([]);
  }); // prettier-ignore

  it.each([
    ['without a condition', 'select 1 from device d where d.id = $1'],
    ['with one on another table', 'select 1 from device d, cohort c where d.project_id = $1'],
    ['with a join to a bound table alone', 'select 1 from device d join cohort c on c.project_id = d.project_id where d.project_id = $1'],
    ['in a left join', 'select 1 from device d left join cohort c on c.id = d.cohort_id where d.project_id = $1'],
    ['in a lateral join', 'select 1 from device d cross join lateral (select 1 from cohort c where c.id = d.cohort_id) x where d.project_id = $1'],
    ['in a subquery', 'select 1 from device d where d.project_id = $1 and exists (select 1 from cohort c where c.id = d.cohort_id)'],
    ['in a subquery that has it outside', 'select 1 from device d where d.id in (select d.id from device d) and d.project_id = $1'],
    ['with the condition in a subquery', 'select 1 from device d where exists (select 1 from cohort c where c.project_id = $1 and d.project_id = $1)'],
    ['in one branch of a union', 'select 1 from device d where d.project_id = $1 union all select 1 from device d where d.id = 1'],
    ['as one of two alternatives', 'select 1 from device d where d.project_id = $1 or d.id = $2'],
    ['as an alternative in parentheses', 'select 1 from device d where (d.project_id = $1 or d.id = $2)'],
    ['negated', 'select 1 from device d where not (d.project_id = $1)'],
    ['with another comparison', 'select 1 from device d where d.project_id <> $1'],
    ['in a change', 'update device d set state = $2 from cohort c where c.project_id = $1'],
    ['in a table to delete from', 'delete from device d using cohort c where c.project_id = $1'],
    ['in an expression', 'with x as (delete from device d where d.id = $1 returning 1) select 1 from x'],
    ['in what is inserted', 'insert into cohort (name) values ($1)'],
    ['of a subquery in what is inserted', 'insert into cohort (project_id, name) select p.id, $1 from project p where p.slug = $2'],
    ['of a table that is not known', 'select 1 from pg_class c'],
    ['of all projects', 'select 1 from project p'],
  ])('and is found %s', (_title, text) => {
    expect(faultsOf(text)).not.toEqual([]);
  }); // prettier-ignore

  it('by these parameters', () => {
    const text = 'insert into cohort (project_id, name) select $3, d.serial from device d where d.project_id = $1';
    expect([...bindingOf('test.any', text).parameters].toSorted((a, b) => a - b)).toEqual([1, 3]);
  });
});
