import type { StatementRunner } from '../database/query.js';
import type { PlanEntry, SearchReport } from './search-report.js';

/** Measures one search, count, facet or statistics for the plan of its operation. */
export class SearchRun {
  readonly #report: SearchReport | undefined;
  readonly #search: string;
  readonly #startMs = performance.now();
  #statements = 0;

  /** `search` is the name of its statement. */
  constructor(report: SearchReport | undefined, search: string) {
    this.#report = report;
    this.#search = search;
  }

  /** The same runner, whose statements are counted from now on. */
  watch(runner: StatementRunner): StatementRunner {
    return {
      rows: (name, statement, options) => {
        this.#statements += 1;
        return runner.rows(name, statement, options);
      },
      lookUp: (name, statement) => {
        this.#statements += 1;
        return runner.lookUp(name, statement);
      },
    };
  }

  /** Puts what was measured into the report. */
  end(findings: Pick<PlanEntry, 'shape' | 'estimates' | 'rows'>): void {
    const ms = Math.round((performance.now() - this.#startMs) * 1_000) / 1_000;
    this.#report?.plan({ search: this.#search, ...findings, ms, statements: this.#statements });
  }
}
