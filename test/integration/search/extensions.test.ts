/** What an answer's extensions are made of, with names by the thousand. */
import { extensionsOf } from '../../../src/search/extensions.js';
import { SearchReport } from '../../../src/search/search-report.js';
import { sql } from '../../../src/database/sql.js';
import { createFleet, type Fleet } from '../../support/fleet.js';

let fleet: Fleet;

beforeAll(async () => {
  fleet = await createFleet();
  await fleet.database.rows(
    'test.names',
    sql`insert into attribute_key (project_id, scope, source, name, type)
        select ${fleet.projectId}::integer, scope, 'api', name, 'STRING'
        from unnest(array['INVENTORY', 'TAGS']) as s(scope),
             (select 'sensor ' || lpad(n::text, 4, '0') as name from generate_series(1, 5999) n
              union all select 'long ' || repeat('x', 1000) union all select 'zebra') names`,
  );
});
afterAll(() => fleet?.stop());

function reportOf(...names: readonly string[]): SearchReport {
  const report = new SearchReport({ wantsPlan: false });
  for (const name of names) report.warn({ code: 'UNKNOWN_ATTRIBUTE', message: `no ${name}`, name });
  return report;
}

async function nearestTo(...names: readonly string[]) {
  fleet.statements.length = 0;
  const faults: unknown[] = [];
  const { warnings } = await extensionsOf(reportOf(...names), fleet, (fault) => faults.push(fault));
  expect(faults).toEqual([]);
  return warnings!.map((warning) => ('nearest' in warning ? warning.nearest : warning));
}

test('the nearest of some thousand names are found by one statement, each once', async () => {
  expect(await nearestTo('Sensor 4242', 'sensor 0017x')).toEqual([
    ['sensor 4242', expect.any(String), expect.any(String)],
    ['sensor 0017', expect.any(String), expect.any(String)],
  ]);
  expect(fleet.statements.map(({ name }) => name)).toEqual(['search.knownNames']);
});

test('only the first five thousand names are read', async () => {
  expect(await nearestTo('sensor_4999')).toEqual([['sensor 4999', expect.any(String), expect.any(String)]]);
  expect(await nearestTo('zebar')).toEqual([[]]);
});

test('only the first five names that can be compared are advised on, and others cost no statement', async () => {
  const long = 'sensor'.padEnd(1_024, '1');
  const names = Array.from({ length: 7 }, (_, index) => `sensor 000${index}.`);
  const nearest = await nearestTo(long, ...names);
  expect(nearest.map((one) => (one as readonly string[]).length)).toEqual([0, 3, 3, 3, 3, 3, 0, 0]);
  await nearestTo(long);
  expect(fleet.statements).toEqual([]);
});

test('a hundred warnings and more are counted as at least so many', async () => {
  const report = reportOf(...Array.from({ length: 101 }, (_, index) => `${index}`.padEnd(100)));
  const { warnings } = await extensionsOf(report, fleet, () => undefined);
  expect(warnings!.at(-1)).toEqual({
    code: 'WARNINGS_LEFT_OUT',
    message: 'at least 80 more warnings are left out',
    count: 80,
  });
});

test('warnings do without the nearest names where these cannot be read, and the fault is told', async () => {
  const other = await createFleet();
  await other.stop();
  const faults: unknown[] = [];
  const { warnings } = await extensionsOf(reportOf('sensor'), other, (fault) => faults.push(fault));
  expect(warnings).toEqual([{ code: 'UNKNOWN_ATTRIBUTE', message: 'no sensor', name: 'sensor', nearest: [] }]);
  expect(faults).toHaveLength(1);
});
