import { createCohort } from '../../../src/changes/cohort.js';
import { createGroup } from '../../../src/changes/group.js';
import { ensureReleases } from '../../../src/changes/release-look-up.js';
import type { AppError } from '../../../src/errors.js';
import { COHORT_LIST, countList, GROUP_LIST, pageOfList, RELEASE_LIST } from '../../../src/search/lists.js';
import { parsePage } from '../../../src/search/page.js';
import { parseTextFilter } from '../../../src/search/parse-filter.js';
import { createFleet, createProject, type Fleet } from '../../support/fleet.js';
import { byCodePoint, type TextFilterInput } from '../../support/matches.js';

let fleet: Fleet;
const names = ['b', 'B', 'a', 'a-1', 'a_1', 'A', 'Z', '0', 'lab', 'Lab-2', 'x'.repeat(60)];
const slugs = ['b', 'a', 'a-1', 'a_1', '0', 'lab', 'z9'];

beforeAll(async () => {
  fleet = await createFleet();
  const other = { ...fleet.context(), projectId: await createProject(fleet.database, 'other') };
  for (const context of [fleet.context(), other]) {
    for (const slug of slugs) await createCohort(context, { name: `Cohort ${slug} %`, slug, ifExists: 'ERROR' });
    for (const name of names) await createGroup(context, { name, ifExists: 'ERROR' });
    // Made at three instants, so that several are of the same millisecond.
    for (const instant of [1_000, 2_000, 3_000]) {
      const releases = ['1.0', '2.0', 'Beta'].flatMap((version) =>
        [null, 'r'].map((revision) => ({ version: `${version}.${instant}`, revision })),
      );
      await fleet.database.transaction('test.releases', (transaction) =>
        ensureReleases(transaction, context.projectId, releases, new Date(instant)),
      );
    }
  }
});
afterAll(() => fleet.stop());

const context = () => ({ database: fleet.database, projectId: fleet.projectId });

/** All rows, page by page, from either end. */
async function walk<Row>(
  kind: Parameters<typeof pageOfList<Row>>[1],
  filters: Parameters<typeof pageOfList<Row>>[2],
  size: number,
  backward: boolean,
): Promise<Row[]> {
  const walked: Row[] = [];
  for (let cursor: string | undefined; ;) {
    const input = backward ? { last: size, before: cursor } : { first: size, after: cursor };
    const page = await pageOfList(context(), kind, filters, parsePage(input));
    if (backward) walked.unshift(...page.rows);
    else walked.push(...page.rows);
    expect(backward ? page.hasNextPage : page.hasPreviousPage).toBe(cursor !== undefined);
    if (!(backward ? page.hasPreviousPage : page.hasNextPage)) return walked;
    cursor = page.cursorOf(backward ? page.rows[0]! : page.rows.at(-1)!);
  }
}

describe.each([
  ['forward', false],
  ['backward', true],
])('pages %s', (_, backward) => {
  test.each([1, 2, 3, 100])('of %d hold all cohorts by slug, groups by name, both by code point', async (size) => {
    const cohorts = await walk(COHORT_LIST, {}, size, backward);
    expect(cohorts.map(({ slug }) => slug)).toEqual([...slugs, 'default'].toSorted(byCodePoint));
    const groups = await walk(GROUP_LIST, {}, size, backward);
    expect(groups.map(({ name }) => name)).toEqual(names.toSorted(byCodePoint));
  });

  test.each([1, 4, 100])('of %d hold all releases, newest first', async (size) => {
    const releases = await walk(RELEASE_LIST, {}, size, backward);
    expect(releases).toHaveLength(18);
    const expected = releases.toSorted(
      (a, b) => b.createdAt.getTime() - a.createdAt.getTime() || Number(b.id) - Number(a.id),
    );
    expect(releases).toEqual(expected);
  });
});

const group = (input: TextFilterInput) => ({ name: parseTextFilter(input, 'group', 'name') });

test.each<[TextFilterInput, string[]]>([
  [{ eq: 'lab' }, ['lab']],
  [{ eq: 'LAB', ignoreCase: true }, ['lab']],
  [{ ne: 'lab', startsWith: 'l' }, []],
  [{ startsWith: 'L', ignoreCase: true }, ['Lab-2', 'lab']],
  [{ contains: '_' }, ['a_1']],
  [{ contains: '%' }, []],
  [{ in: ['a', 'A', 'unknown'] }, ['A', 'a']],
  [{ notIn: names.filter((name) => name !== 'Z') }, ['Z']],
  [{ notIn: [] }, names.toSorted(byCodePoint)],
  [{ in: [] }, []],
  [{ matches: '^[A-Z]$' }, ['A', 'B', 'Z']],
  [{ exists: true, endsWith: '1' }, ['a-1', 'a_1']],
  [{ exists: false }, []],
])('groups are found by name: %j', async (input, expected) => {
  expect((await walk(GROUP_LIST, group(input), 2, false)).map(({ name }) => name)).toEqual(expected);
  expect(await countList(context(), GROUP_LIST, group(input))).toBe(expected.length);
});

test('cohorts are found by name and slug together', async () => {
  const filters = {
    name: parseTextFilter({ contains: 'Cohort a' }, 'cohort', 'name'),
    slug: parseTextFilter({ notIn: ['a'] }, 'cohort', 'slug'),
  };
  expect((await walk(COHORT_LIST, filters, 1, true)).map(({ slug }) => slug)).toEqual(['a-1', 'a_1']);
  expect(await countList(context(), COHORT_LIST, filters)).toBe(2);
});

test('a cursor is refused by another list, filter or project, and goes on in its own', async () => {
  const page = await pageOfList(context(), GROUP_LIST, group({ ne: 'a' }), parsePage({ first: 1 }));
  const after = page.cursorOf(page.rows[0]!);
  const outcome = (work: Promise<unknown>) =>
    work.then(
      () => 'accepted',
      (error: AppError) => `${error.code} ${error.field}`,
    );
  const input = parsePage({ first: 1, after });
  expect(await outcome(pageOfList(context(), GROUP_LIST, group({ ne: 'a' }), input))).toBe('accepted');
  expect(await outcome(pageOfList(context(), GROUP_LIST, group({ ne: 'b' }), input))).toBe('CURSOR_MISMATCH after');
  expect(await outcome(pageOfList(context(), GROUP_LIST, {}, input))).toBe('CURSOR_MISMATCH after');
  expect(await outcome(pageOfList(context(), COHORT_LIST, {}, input))).toBe('CURSOR_MISMATCH after');
  const elsewhere = { ...context(), projectId: '999' };
  expect(await outcome(pageOfList(elsewhere, GROUP_LIST, group({ ne: 'a' }), input))).toBe('CURSOR_MISMATCH after');
  const before = parsePage({ last: 1, before: 'bm9uc2Vuc2U' });
  expect(await outcome(pageOfList(context(), GROUP_LIST, {}, before))).toBe('BAD_USER_INPUT before');
});
