import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyInstance } from 'fastify';
import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { ERROR_CODES } from '../errors.js';
import { roleIncludes, type Viewer } from '../model/viewer.js';
import { HttpError } from './http-error.js';
import type { RequestScope } from './request-scope.js';

/** Names of operations that have series of their own: each costs some thirty, and callers choose them. */
const MOST_NAMES_OF_PROJECT = 100;
const MOST_NAMES = 1_000;
const LONGEST_NAME = 64;
const OTHER = 'other';
const ANONYMOUS = 'anonymous';

const DURATION_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const STATEMENT_BUCKETS = [0, 1, 2, 3, 5, 8, 13, 21, 34];
/** Percentiles of the event loop's delay that are shown; the last is the longest. */
const PERCENTILES = [50, 99, 100];
/** How often a timer looks how late it is. */
const TIMER_MS = 10;

/** The metrics of one process as plain data, which processes can send each other. */
export type MetricsSnapshot = readonly object[];

interface MetricsOptions {
  readonly endpoint: string;
  readonly authenticate: (authorization: string | undefined) => Promise<Viewer>;
  /** Connections to the database by state. Absent: not shown. */
  readonly poolState?: (() => object) | undefined;
  /** The metrics of all processes that answer on this address, with those of one project. Absent: there is only this one. */
  readonly gatherMetrics?: ((projectId: string) => Promise<readonly MetricsSnapshot[]>) | undefined;
}

/**
 * `/metrics`, in Prometheus's text form, for keys of role READER; and what counts the requests to the endpoint for it. The
 * numbers are of the whole process, but for those by operation, which are of the key's project: callers choose the names.
 * Answers what tells the metrics of this process, with those of a project.
 */
export function addMetrics(
  fastify: FastifyInstance,
  { endpoint, authenticate, poolState, gatherMetrics }: MetricsOptions,
): (projectId: string) => Promise<MetricsSnapshot> {
  const registry = new Registry();
  const { observe, registryOf } = createOperationMetrics(registry);
  if (poolState !== undefined) addPool(registry, poolState);
  const stopWatching = addEventLoop(registry);
  const metricsOf = (projectId: string) => Registry.merge([registry, registryOf(projectId)]);

  fastify.addHook('onResponse', (request, reply, done) => {
    if (request.routeOptions.url === endpoint) observe(request.scope, reply.statusCode, reply.elapsedTime);
    done();
  });
  fastify.addHook('onClose', async () => stopWatching());
  fastify.route({
    method: ['GET', 'HEAD'],
    url: '/metrics',
    handler: async (request, reply) => {
      const viewer = await authenticate(request.headers.authorization);
      if (!roleIncludes(viewer.role, 'READER')) {
        throw new HttpError('FORBIDDEN', 'This needs a key of role READER.', { status: 403 });
      }
      void reply.type(registry.contentType).header('cache-control', 'no-store');
      if (gatherMetrics === undefined) return metricsOf(viewer.projectId).metrics();
      return AggregatorRegistry.aggregate([...(await gatherMetrics(viewer.projectId))]).metrics();
    },
  });
  return (projectId) => metricsOf(projectId).getMetricsAsJSON();
}

function createOperationMetrics(registry: Registry) {
  const registers = [registry];
  const requests = new Counter({
    name: 'fleetgraph_requests_total',
    help: 'Requests to the GraphQL endpoint, by HTTP status.',
    labelNames: ['status'],
    registers,
  });
  const errors = new Counter({
    name: 'fleetgraph_errors_total',
    help: 'Answers with an error, by the code of the first one.',
    labelNames: ['code'],
    registers,
  });
  const projects = new Map<string, OperationHistograms>();
  let names = 0;
  const takeName = (): boolean => {
    if (names >= MOST_NAMES) return false;
    names += 1;
    return true;
  };
  const histogramsOf = (projectId: string): OperationHistograms => {
    const known = projects.get(projectId);
    if (known !== undefined) return known;
    const made = createHistograms(takeName);
    projects.set(projectId, made);
    return made;
  };
  const observe = (scope: RequestScope, status: number, durationMs: number): void => {
    requests.inc({ status });
    const { errorCode, projectId } = scope;
    if (errorCode !== undefined) errors.inc({ code: Object.hasOwn(ERROR_CODES, errorCode) ? errorCode : OTHER });
    // Strangers and broken requests would blur how long operations take.
    if (scope.isOperation !== true || projectId === undefined) return;
    const { duration, statements, labelOf } = histogramsOf(projectId);
    const operation = labelOf(scope.operationName);
    duration.observe({ operation }, durationMs / 1_000);
    statements.observe({ operation }, scope.statementCount ?? 0);
  };
  return { observe, registryOf: (projectId: string) => histogramsOf(projectId).registry };
}

interface OperationHistograms {
  readonly registry: Registry;
  readonly duration: Histogram<'operation'>;
  readonly statements: Histogram<'operation'>;
  readonly labelOf: (name: string | undefined) => string;
}

/** Of one project. `takeName` tells whether there is room for one more name in the process. */
function createHistograms(takeName: () => boolean): OperationHistograms {
  const registry = new Registry();
  const registers = [registry];
  const duration = new Histogram({
    name: 'fleetgraph_operation_duration_seconds',
    help: 'Time from request to answer, by name of the operation.',
    labelNames: ['operation'],
    buckets: DURATION_BUCKETS,
    registers,
  });
  const statements = new Histogram({
    name: 'fleetgraph_operation_statements',
    help: 'SQL statements of an operation, by its name.',
    labelNames: ['operation'],
    buckets: STATEMENT_BUCKETS,
    registers,
  });
  return { registry, duration, statements, labelOf: createLabels(takeName) };
}

/** The first names that come have labels of their own until the process ends. */
function createLabels(takeName: () => boolean) {
  const known = new Set<string>();
  return (name: string | undefined): string => {
    if (name === undefined) return ANONYMOUS;
    if (known.has(name)) return name;
    if (known.size >= MOST_NAMES_OF_PROJECT || name.length > LONGEST_NAME || !takeName()) return OTHER;
    known.add(name);
    return name;
  };
}

function addPool(registry: Registry, poolState: () => object): void {
  const gauge = new Gauge({
    name: 'fleetgraph_database_pool',
    help: 'Connections to the database that are open and idle, and callers that wait for one.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(poolState())) gauge.set({ state }, Number(count));
    },
  });
}

/** Answers what ends the watch. */
function addEventLoop(registry: Registry): () => void {
  const delay = monitorEventLoopDelay({ resolution: TIMER_MS });
  delay.enable();
  const gauge = new Gauge({
    name: 'fleetgraph_event_loop_delay_seconds',
    help: 'How late timers were since the last look at these metrics, by percentile.',
    labelNames: ['percentile'],
    // Of several processes the slowest.
    aggregator: 'max',
    registers: [registry],
    collect() {
      for (const percentile of PERCENTILES) {
        // Node counts from one timer to the next.
        const lateMs = Math.max(0, delay.percentile(percentile) / 1e6 - TIMER_MS);
        gauge.set({ percentile }, lateMs / 1_000);
      }
      delay.reset();
    },
  });
  return () => void delay.disable();
}
