/** What an answer says beside data and errors: `extensions.warnings` and `extensions.plan`. */
import type { Database } from '../database/query.js';
import { nearestNames } from './nearest-names.js';
import type { PlanEntry, SearchReport, SearchWarning } from './search-report.js';

/** Either is absent where there is nothing to say. */
export interface SearchExtensions {
  readonly warnings?: readonly (ShownWarning | WarningsLeftOut)[];
  readonly plan?: readonly PlanEntry[];
}

interface ShownWarning extends SearchWarning {
  /** With UNKNOWN_ATTRIBUTE: known names that may have been meant, the likest first. */
  readonly nearest?: readonly string[];
}

/** Stands last, for those that are too many. */
interface WarningsLeftOut {
  readonly code: 'WARNINGS_LEFT_OUT';
  readonly message: string;
  /** How many at least. */
  readonly count: number;
}

const MOST_SHOWN = 20;

/**
 * Reads the nearest names once for the whole operation, and only if a name is unknown. That is advice: if it cannot be
 * had, `onFault` is told, and the warnings come without it.
 */
export async function extensionsOf(
  report: SearchReport,
  { database, projectId }: { readonly database: Database; readonly projectId: string },
  onFault: (error: unknown) => void,
): Promise<SearchExtensions> {
  const plan = report.wantsPlan ? { plan: report.plans } : {};
  const { warnings, hasMoreWarnings } = report;
  if (warnings.length === 0) return plan;
  const shown = warnings.slice(0, MOST_SHOWN);
  const unknown = new Set(shown.filter(isUnknownEverywhere).map(({ name }) => name));
  const nearest = await nearestNames(database, projectId, [...unknown]).catch((error: unknown) => {
    onFault(error);
    return new Map<string, readonly string[]>();
  });
  const advised = shown.map((warning) =>
    isUnknownEverywhere(warning) ? withNearest(warning, nearest.get(warning.name) ?? []) : warning,
  );
  const count = warnings.length - shown.length;
  if (count === 0) return { warnings: advised, ...plan };
  const message = `${hasMoreWarnings ? 'at least ' : ''}${count} more warnings are left out`;
  return { warnings: [...advised, { code: 'WARNINGS_LEFT_OUT', message, count }], ...plan };
}

function isUnknownEverywhere({ code, scopes }: SearchWarning): boolean {
  return code === 'UNKNOWN_ATTRIBUTE' && scopes === undefined;
}

function withNearest(warning: SearchWarning, nearest: readonly string[]): ShownWarning {
  if (nearest.length === 0) return { ...warning, nearest };
  const names = nearest.map((name) => `"${name}"`).join(' or ');
  return { ...warning, message: `${warning.message}; did you mean ${names}?`, nearest };
}
