import type { StatementRunner } from '../../../src/database/query.js';
import { sql } from '../../../src/database/sql.js';
import { SearchReport, type SearchWarning } from '../../../src/search/search-report.js';
import { SearchRun } from '../../../src/search/search-run.js';

const warning = (name: string): SearchWarning => ({ code: 'UNKNOWN_ATTRIBUTE', message: `no ${name}`, name });

describe('a report', () => {
  test('keeps equal warnings once, and a hundred in all', () => {
    const report = new SearchReport({ wantsPlan: false });
    for (let turn = 0; turn < 2; turn += 1) {
      for (let index = 0; index < 100; index += 1) report.warn(warning(`n${index}`));
    }
    expect(report.warnings).toHaveLength(100);
    expect(report.hasMoreWarnings).toBe(false);
    report.warn(warning('another'));
    expect(report.warnings).toHaveLength(100);
    expect(report.hasMoreWarnings).toBe(true);
  });

  test('keeps a hundred entries of the plan, where one is wanted', () => {
    const entry = { search: 'search.devices', shape: 'walk', estimates: [], rows: 1, ms: 2, statements: 3 };
    const [wanted, unwanted] = [true, false].map((wantsPlan) => new SearchReport({ wantsPlan }));
    for (let index = 0; index < 150; index += 1) {
      wanted!.plan({ ...entry, rows: index });
      unwanted!.plan(entry);
    }
    expect(wanted!.plans.map(({ rows }) => rows)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(unwanted!.plans).toEqual([]);
  });
});

describe('a run', () => {
  test('reports the statements that were watched, and the time', async () => {
    const names: string[] = [];
    const send = async (name: string) => {
      names.push(name);
      return [];
    };
    const executor: StatementRunner = { rows: send, lookUp: send };
    const report = new SearchReport({ wantsPlan: true });
    const run = new SearchRun(report, 'search.devices');
    await run.watch(executor).rows('one', sql`select 1`);
    await run.watch(executor).lookUp('two', sql`select 2`);
    await executor.rows('three', sql`select 3`);
    const estimates = [{ term: 'os eq', count: 2_001, exact: false }];
    run.end({ shape: 'walk', estimates, rows: 7 });
    expect(names).toEqual(['one', 'two', 'three']);
    expect(report.plans).toEqual([
      { search: 'search.devices', shape: 'walk', estimates, rows: 7, ms: expect.any(Number), statements: 2 },
    ]);
    expect(report.plans[0]!.ms).toBeGreaterThanOrEqual(0);
  });

  test('of an operation without a report measures for nobody', () => {
    expect(() => new SearchRun(undefined, 'search.count').end({ shape: 'all', estimates: [], rows: 0 })).not.toThrow();
  });
});
