import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { DeviceClients } from '../auth/device-clients.js';
import { AppError, ERROR_CODES } from '../errors.js';
import { createErrorFormatter } from '../graphql/format-error.js';
import { createDocumentGuard, DOCUMENT_LIMITS } from '../graphql/limits.js';
import type { Logger } from '../logger.js';
import { parseJson } from '../model/json.js';
import { turns } from '../turns.js';
import { ownerOf, type Viewer } from '../model/viewer.js';
import { Allowances } from './allowances.js';
import type { ExtensionsSource } from './answer-extensions.js';
import { createApollo, type PlannedExecution } from './apollo.js';
import { discardBody } from './discard-body.js';
import { answerBrokenRequest, isTooLarge, sendError } from './error-answer.js';
import { allowOrigins, SECURITY_HEADERS } from './cross-origin.js';
import { addHealthRoutes, isHealthRoute } from './health.js';
import { HttpError, methodNotAllowed, tooLarge } from './http-error.js';
import { chooseMediaType } from './media-type.js';
import { addMetrics, type MetricsSnapshot } from './metrics.js';
import { logOperation } from './operation-log.js';
import { addTokenRoute } from './oauth.js';
import { addPlaygroundRoutes } from './playground.js';
import { assertExactNumbers, assertSaneJson, parseRequestBody } from './request-body.js';
import { chooseRequestId, requestScopes, type RequestScope } from './request-scope.js';
import type { ServerLimits } from './server-limits.js';
import { type Traces, traceRequest } from './traces.js';
import { namePersistedQuery, type TrustedDocuments } from './trusted-documents.js';

const ENDPOINT = '/graphql';
const ENDPOINT_METHODS = ['GET', 'POST'];
/** Asks for `extensions.plan`. */
const PLAN_HEADER = 'x-fleetgraph-plan';

/** Below the 10 s after which a supervisor kills, so that the database can still be closed in order. */
const DRAIN_MS = 8_000;

/** What the transport asks of the context of an operation. */
interface OperationContext extends ExtensionsSource {
  readonly requestId: string;
}

export interface HttpServerOptions<Context extends OperationContext> {
  readonly schema: GraphQLSchema;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Address by which clients reach the server, where it is not the one listened on. */
  readonly publicUrl?: string | undefined;
  readonly logger: Logger;
  /** Throws UNAUTHENTICATED for what is not a valid credential. */
  readonly authenticate: (authorization: string | undefined) => Promise<Viewer>;
  /** To whom the token endpoint issues tokens. */
  readonly deviceClients: DeviceClients;
  /** Called once for each operation. */
  readonly createContext: (request: RequestFacts) => Context | Promise<Context>;
  readonly isDatabaseReady: () => Promise<boolean>;
  /** Connections to the database by state, for `/metrics`. */
  readonly poolState?: () => object;
  /** The metrics of all processes that answer on this address. Absent: there is only this one. */
  readonly gatherMetrics?: ((projectId: string) => Promise<readonly MetricsSnapshot[]>) | undefined;
  readonly limits: ServerLimits;
  /** Pages of other origins that may call; `*` for all. Absent: none. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Absent: any document is answered. */
  readonly trustedDocuments?: TrustedDocuments | undefined;
  /** Absent: no traces. */
  readonly traces?: Traces | undefined;
  readonly plannedExecution?: PlannedExecution<Context> | undefined;
}

/** What the transport knows of a request. `logger` puts the request's id on each line. */
export interface RequestFacts {
  readonly viewer: Viewer;
  readonly requestId: string;
  readonly logger: Logger;
  /** Whether the caller asked how his searches are carried out. */
  readonly asksForPlan: boolean;
  /** Aborted when the client is gone before it was answered. */
  readonly signal: AbortSignal;
}

export interface HttpServer {
  /** Address of the server, without a slash at its end: the endpoint is `${url}/graphql`. */
  readonly url: string;
  /** The metrics of this process, with those of one project. */
  metricsOf(projectId: string): Promise<MetricsSnapshot>;
  /**
   * Takes no more work, lets the requests in flight finish for up to 8 s, then closes what is left. Resolves when all
   * connections are closed.
   */
  stop(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyRequest {
    scope: RequestScope;
    viewer: Viewer | null;
  }
}

/** Listens with the GraphQL endpoint, the playground and the health routes. Rejects if the address is taken. */
export async function createHttpServer<Context extends OperationContext>(
  options: HttpServerOptions<Context>,
): Promise<HttpServer> {
  const { logger, limits } = options;
  const formatError = createErrorFormatter({ logger, requestId: () => requestScopes.getStore()?.requestId ?? 'none' });
  const allowances = new Allowances(limits.allowance);
  const apollo = createApollo<Context>({ ...options, formatError, allowances });
  await apollo.start();

  let isStopping = false;
  const fastify = Fastify({
    bodyLimit: limits.bodyBytes,
    genReqId: (request) => chooseRequestId(request.headers['x-request-id']),
    requestIdHeader: false,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    // The hook below answers in GraphQL's form instead.
    return503OnClosing: false,
    requestTimeout: limits.requestTimeoutMs,
    http: {
      // Node exchanges the two times if that for the headers is the longer one.
      headersTimeout: Math.min(60_000, limits.requestTimeoutMs),
      // How often Node looks for requests that take too long to arrive.
      connectionsCheckingInterval: Math.min(5_000, limits.requestTimeoutMs),
    },
    clientErrorHandler: answerBrokenRequest,
    // Addresses that cannot be decoded; no hook runs for them.
    frameworkErrors: (error, request, reply) => {
      void reply.headers({ ...SECURITY_HEADERS, 'x-request-id': request.id });
      void sendError(error, request, reply, { scope: { requestId: request.id }, format: formatError });
    },
  });
  fastify.decorateRequest('viewer', null);
  // Set by the first hook of each request, and never read before.
  fastify.decorateRequest('scope');
  fastify.addHook('onRequest', async (request, reply) => {
    request.scope = { requestId: request.id };
    void reply.headers({ ...SECURITY_HEADERS, 'x-request-id': request.id });
    if (isStopping && !isHealthRoute(request.url)) throw new AppError('UNAVAILABLE', 'The server is stopping.');
  });
  if (options.corsOrigins !== undefined) await allowOrigins(fastify, options.corsOrigins);
  fastify.addHook('onSend', async (_request, reply) => {
    // A connection that stays open for a next request would hold up the stop.
    if (isStopping) void reply.header('connection', 'close');
  });
  fastify.setErrorHandler(async (error, request, reply) => {
    if (isTooLarge(error)) await discardBody(request.raw);
    return sendError(error, request, reply, { scope: request.scope, format: formatError });
  });
  fastify.setNotFoundHandler((request, reply) => {
    const notFound = new HttpError('NOT_FOUND', 'There is nothing at this address; GraphQL is at /graphql.', {
      status: 404,
    });
    return sendError(notFound, request, reply, { scope: request.scope, format: formatError });
  });

  addEndpoint(fastify, apollo, allowances, options);
  addHealthRoutes(fastify, { isDatabaseReady: options.isDatabaseReady, isStopping: () => isStopping });
  const metricsOf = addMetrics(fastify, { ...options, endpoint: ENDPOINT });
  addPlaygroundRoutes(fastify);
  addTokenRoute(fastify, options.deviceClients, logger);
  await fastify.listen({ host: options.host, port: options.port });

  return {
    url: options.publicUrl?.replace(/\/+$/, '') ?? addressOf(fastify),
    metricsOf,
    async stop() {
      isStopping = true;
      const deadline = setTimeout(() => fastify.server.closeAllConnections(), DRAIN_MS);
      try {
        await fastify.close();
      } finally {
        clearTimeout(deadline);
      }
      await apollo.stop();
    },
  };
}

function addEndpoint<Context extends OperationContext>(
  fastify: FastifyInstance,
  apollo: ApolloServer<Context>,
  allowances: Allowances,
  { authenticate, createContext, logger, limits, trustedDocuments, traces }: HttpServerOptions<Context>,
): void {
  const assertDocument = createDocumentGuard(limits.document);

  // Nothing of a stranger's request is read, and every method is asked for a key alike.
  const admit = async (request: FastifyRequest, reply: FastifyReply) => {
    request.viewer = await authenticate(request.headers.authorization);
    request.scope.viewerName = request.viewer.name;
    request.scope.projectId = request.viewer.projectId;
    request.scope.credential = ownerOf(request.viewer);
    // A request by itself, so that what never becomes an operation is not free.
    allowances.charge(request.scope.credential, 1);
    const place = allowances.begin(request.scope.credential);
    request.scope.place = place;
    // Also of one whose body never came whole. An operation that has begun holds its place until its work is done.
    reply.raw.once('close', () => {
      if (request.scope.isBegun !== true) place.end();
    });
    if (!ENDPOINT_METHODS.includes(request.method)) throw methodNotAllowed(ENDPOINT_METHODS.join(', '));
  };

  const prepare = async (request: FastifyRequest) => {
    await turns.wait(request.scope.credential ?? '');
    const mediaType = chooseMediaType(request.headers.accept);
    if (mediaType === undefined) {
      const message = 'Answers are application/graphql-response+json or application/json.';
      throw new HttpError('BAD_REQUEST', message, { status: 406 });
    }
    // The handler makes an address of it and fails if it is none; HTTP/1.0 has none. Nothing else looks at it.
    request.headers.host = 'localhost';
    // Apollo chooses by the same header, but only after a mutation was executed, and with another preference.
    request.headers.accept = mediaType;
    if (Buffer.isBuffer(request.body)) {
      request.body = await parseRequestBody(request.body, request.headers, limits.bodyBytes);
      namePersistedQuery(request.body);
    }
    const text = request.method === 'GET' ? queryParameter(request, 'query') : memberOf(request.body, 'query');
    if (typeof text === 'string') {
      if (text.length > DOCUMENT_LIMITS.characters) throw tooLarge('query', 'too long; send values as variables');
      trustedDocuments?.assertTrusted(text);
      assertDocument(text);
    }
    if (request.method === 'GET') assertSaneParameters(request);
  };

  // Bytes, so that nothing but parseRequestBody decides what is JSON.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes, done) => done(null, bytes));

  const answer = fastifyApolloHandler<Context>(apollo, {
    context: async (request, reply) => {
      const { viewer, id: requestId } = request;
      if (viewer === null) throw new AppError('UNAUTHENTICATED', ERROR_CODES.UNAUTHENTICATED.advice);
      return createContext({
        viewer,
        requestId,
        logger: logger.child({ requestId }),
        asksForPlan: request.headers[PLAN_HEADER] === '1',
        signal: goneSignal(reply.raw),
      });
    },
  });
  fastify.route({
    method: fastify.supportedMethods,
    url: ENDPOINT,
    onRequest: admit,
    preHandler: prepare,
    async handler(request, reply) {
      if (traces !== undefined) traceRequest(traces, request, reply);
      void reply.header('cache-control', 'no-store');
      request.scope.isBegun = true;
      try {
        // The document was parsed in the turn before; now it is validated.
        await turns.wait(request.scope.credential ?? '');
        return await requestScopes.run(request.scope, async () => answer.call(fastify, request, reply));
      } finally {
        request.scope.place?.end();
      }
    },
    onResponse: async (request, reply) => {
      logOperation(logger, request.scope, reply.statusCode, reply.elapsedTime);
    },
  });
}

/** Aborted when the connection closes before the answer was written. */
function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  // It may have gone while its key was looked up.
  if (response.destroyed) controller.abort();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** Apollo reads the variables of an address with JSON.parse, which rounds large integers and takes any depth. */
function assertSaneParameters(request: FastifyRequest): void {
  const json = queryParameter(request, 'variables');
  if (typeof json !== 'string') return;
  let variables: unknown;
  try {
    variables = parseJson(json);
  } catch {
    // Apollo refuses it in its own words.
    return;
  }
  assertSaneJson({ variables });
  assertExactNumbers({ variables });
}

/**
 * As Apollo will read it, and not as Fastify does: the two differ where bytes are not UTF-8, and what is checked must be what
 * is executed. Undefined if it is not there just once; Apollo refuses it then.
 */
function queryParameter({ url }: FastifyRequest, name: string): string | undefined {
  const values = new URL(url, 'http://localhost').searchParams.getAll(name);
  return values.length === 1 ? values[0] : undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function addressOf(fastify: FastifyInstance): string {
  const { address, family, port } = fastify.server.address() as AddressInfo;
  // The wildcard is where to listen, not where to go.
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
