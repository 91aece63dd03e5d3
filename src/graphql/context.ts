import type { AttributeKeys } from '../attributes/keys.js';
import { maySeePlans } from '../auth/policy.js';
import type { AuditedReports, ChangeContext } from '../changes/change-context.js';
import type { Database } from '../database/query.js';
import { createLoaders, type Loaders } from '../loaders/loaders.js';
import type { Logger } from '../logger.js';
import { ownerOf, type Viewer } from '../model/viewer.js';
import { Frequencies } from '../search/shapes/frequencies.js';
import { extensionsOf, type SearchExtensions } from '../search/extensions.js';
import { SearchReport } from '../search/search-report.js';

/** What the transport knows of a request. */
interface RequestFacts {
  readonly viewer: Viewer;
  readonly requestId: string;
  /** Of the server: lines about the request name its id themselves. */
  readonly logger: Logger;
  /** Whether the caller asked how his searches are carried out. */
  readonly asksForPlan: boolean;
  /** Aborted when the client is gone, so that nothing more is done for it. */
  readonly signal?: AbortSignal | undefined;
}

/** Everything that resolvers work with; made for each request and dropped with it. */
export interface RequestContext extends Omit<RequestFacts, 'logger' | 'asksForPlan' | 'signal'> {
  readonly database: Database;
  /** Where devices get their tokens. */
  readonly tokenUrl: string;
  /** Start of the operation; relative times count back from it. */
  readonly instant: Date;
  /** For searches and for changes of the viewer's project. */
  readonly changes: ChangeContext;
  /** Everything that fields load by key. */
  loaders: Loaders;
  /** To be called after each change, so that nothing is answered from what was loaded before it. */
  renewLoaders(): void;
  /** What the answer is to say beside data and errors; undefined if there is nothing. */
  answerExtensions(): Promise<SearchExtensions> | undefined;
}

interface ContextOptions {
  readonly database: Database;
  readonly attributeKeys: AttributeKeys;
  /** Asked for each request: the address is known when the server listens. */
  readonly tokenUrl: () => string;
  /** Longest time of all statements of one operation. Absent: each has a limit of its own alone. */
  readonly operationTimeoutMs?: number;
  /** Whose reports leave entries in the audit log. Absent: those that come with keys. */
  readonly auditedReports?: AuditedReports;
}

export function createContextFactory(options: ContextOptions) {
  const { database: shared, attributeKeys, tokenUrl, operationTimeoutMs, auditedReports = 'keys' } = options;
  const frequencies = new Frequencies();
  return ({ viewer, requestId, logger, asksForPlan, signal }: RequestFacts): RequestContext => {
    const database = shared.forOperation({ signal, timeoutMs: operationTimeoutMs, owner: ownerOf(viewer) });
    const instant = new Date();
    const { projectId } = viewer;
    const report = new SearchReport({ wantsPlan: asksForPlan && maySeePlans(viewer) });
    const audit = { role: viewer.role, principalId: viewer.principalId, requestId, reports: auditedReports };
    const changes = { database, attributeKeys, frequencies, projectId, instant, report, actor: viewer.name, audit };
    return {
      viewer,
      requestId,
      database,
      tokenUrl: tokenUrl(),
      instant,
      changes,
      loaders: createLoaders(changes),
      // Apollo hands resolvers a copy of this object, so it has to be the copy that is changed: no closure, no getter.
      renewLoaders() {
        this.loaders = createLoaders(changes);
      },
      answerExtensions() {
        if (!report.wantsPlan && report.warnings.length === 0) return undefined;
        return extensionsOf(report, { database, projectId }, (error) =>
          logger.warn({ requestId, err: error }, 'the nearest names of an unknown attribute could not be read'),
        );
      },
    };
  };
}
