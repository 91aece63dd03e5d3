import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import type { DeviceClients } from '../auth/device-clients.js';
import { AppError } from '../errors.js';
import { createErrorFormatter } from '../graphql/format-error.js';
import type { Viewer } from '../model/viewer.js';
import { discardBody } from './discard-body.js';
import { addEndpoint, ENDPOINT, type EndpointOptions, type OperationContext } from './endpoint.js';
import { answerBrokenRequest, isTooLarge, sendError } from './error-answer.js';
import { allowOrigins, SECURITY_HEADERS } from './cross-origin.js';
import { addHealthRoutes, isHealthRoute } from './health.js';
import { HttpError } from './http-error.js';
import { addMetrics, type MetricsSnapshot } from './metrics.js';
import { addTokenRoute } from './oauth.js';
import { addPlaygroundRoutes } from './playground.js';
import { chooseRequestId, requestScopes, type RequestScope } from './request-scope.js';

/** Below the 10 s after which a supervisor kills, so that the database can still be closed in order. */
const DRAIN_MS = 8_000;

/** Above the minute of common proxies: one that uses a connection again must not find it just closed. */
const KEEP_ALIVE_MS = 72_000;

export interface HttpServerOptions<Context extends OperationContext> extends EndpointOptions<Context> {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Address by which clients reach the server, where it is not the one listened on. */
  readonly publicUrl?: string | undefined;
  /** To whom the token endpoint issues tokens. */
  readonly deviceClients: DeviceClients;
  readonly isDatabaseReady: () => Promise<boolean>;
  /** Connections to the database by state, for `/metrics`. */
  readonly poolState?: () => object;
  /** The metrics of all processes that answer on this address. Absent: there is only this one. */
  readonly gatherMetrics?: ((projectId: string) => Promise<readonly MetricsSnapshot[]>) | undefined;
  /** Pages of other origins that may call; `*` for all. Absent: none. */
  readonly corsOrigins?: readonly string[] | undefined;
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

  let isStopping = false;
  const fastify = Fastify({
    bodyLimit: limits.bodyBytes,
    genReqId: (request) => chooseRequestId(request.headers['x-request-id']),
    requestIdHeader: false,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    // The hook below answers in GraphQL's form instead.
    return503OnClosing: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
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
  // Hooks that wait for nothing call back: a promise for each of them and each request is a tenth of a small one's time.
  fastify.addHook('onRequest', (request, reply, done) => {
    request.scope = { requestId: request.id };
    void reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
    const isRefused = isStopping && !isHealthRoute(request.url);
    done(isRefused ? new AppError('UNAVAILABLE', 'The server is stopping.') : undefined);
  });
  if (options.corsOrigins !== undefined) await allowOrigins(fastify, options.corsOrigins);
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    // A connection that stays open for a next request would hold up the stop.
    if (isStopping) void reply.header('connection', 'close');
    done();
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

  const apollo = await addEndpoint(fastify, options, formatError);
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

function addressOf(fastify: FastifyInstance): string {
  const { address, family, port } = fastify.server.address() as AddressInfo;
  // The wildcard is where to listen, not where to go.
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
