import type { ServerResponse } from 'node:http';
import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { AppError, ERROR_CODES } from '../errors.js';
import { createExecutor } from '../graphql/execution/executor.js';
import type { ErrorFormatter } from '../graphql/format-error.js';
import { createDocumentGuard, DOCUMENT_LIMITS } from '../graphql/limits.js';
import { type Logger, withoutRedaction } from '../logger.js';
import { parseJson } from '../model/json.js';
import { ownerOf, type Viewer } from '../model/viewer.js';
import { turns } from '../turns.js';
import { Allowances } from './allowances.js';
import { createApollo, MOST_ERRORS } from './apollo.js';
import { DocumentStore } from './document-store.js';
import { HttpError, methodNotAllowed, tooLarge } from './http-error.js';
import { createKnownOperations } from './known-operations.js';
import { chooseMediaType } from './media-type.js';
import { logOperation } from './operation-log.js';
import { createOperationRules, type ExtensionsSource } from './operation-rules.js';
import { assertExactNumbers, assertSaneJson, parseRequestBody } from './request-body.js';
import { requestScopes } from './request-scope.js';
import type { ServerLimits } from './server-limits.js';
import { type Traces, traceRequest } from './traces.js';
import { namePersistedQuery, type TrustedDocuments } from './trusted-documents.js';

/** Where GraphQL is answered. */
export const ENDPOINT = '/graphql';
const ENDPOINT_METHODS = ['GET', 'POST'];
/** Asks for `extensions.plan`. */
const PLAN_HEADER = 'x-fleetgraph-plan';

/** What the transport asks of the context of an operation. */
export interface OperationContext extends ExtensionsSource {
  readonly requestId: string;
}

export interface EndpointOptions<Context extends OperationContext> {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  /** Throws UNAUTHENTICATED for what is not a valid credential. */
  readonly authenticate: (authorization: string | undefined) => Promise<Viewer>;
  /** Called once for each operation. */
  readonly createContext: (request: RequestFacts) => Context | Promise<Context>;
  readonly limits: ServerLimits;
  /** Absent: any document is answered. */
  readonly trustedDocuments?: TrustedDocuments | undefined;
  /** Absent: no traces. */
  readonly traces?: Traces | undefined;
  readonly plannedExecution?: PlannedExecution<Context> | undefined;
}

/** Execution by plans (src/graphql/execution). Absent: by graphql-js, and always by way of Apollo. */
interface PlannedExecution<Context> {
  /** Whether guards of fields may refuse the viewer, so that each has to be asked. */
  readonly isGuarded: (context: Context) => boolean;
}

/** What the transport knows of a request. */
export interface RequestFacts {
  readonly viewer: Viewer;
  readonly requestId: string;
  readonly logger: Logger;
  /** Whether the caller asked how his searches are carried out. */
  readonly asksForPlan: boolean;
  /** Aborted when the client is gone before it was answered. */
  readonly signal: AbortSignal;
}

/** The two ways of an operation: that of Apollo, and a short one which leaves to it what it does not know. */
async function createOperations<Context extends OperationContext>(
  { schema, logger, limits, trustedDocuments, plannedExecution }: EndpointOptions<Context>,
  allowances: Allowances,
  formatError: ErrorFormatter,
) {
  const rules = createOperationRules({ schema, limits: limits.operation, allowances });
  const documents = new DocumentStore();
  const execute = plannedExecution && createExecutor({ ...plannedExecution, schema, maxCoercionErrors: MOST_ERRORS });
  const maxTokens = limits.document.tokens;
  const options = { schema, logger, formatError, rules, documents, maxTokens, trustedDocuments, execute };
  const apollo = createApollo<Context>(options);
  await apollo.start();
  return { apollo, answerKnown: execute && createKnownOperations({ documents, rules, execute }) };
}

/** The GraphQL endpoint; answers Apollo, which is to be stopped behind the server. */
export async function addEndpoint<Context extends OperationContext>(
  fastify: FastifyInstance,
  options: EndpointOptions<Context>,
  formatError: ErrorFormatter,
): Promise<ApolloServer<Context>> {
  const { authenticate, createContext, logger, limits, trustedDocuments, traces } = options;
  const allowances = new Allowances(limits.allowance);
  const { apollo, answerKnown } = await createOperations(options, allowances, formatError);
  const assertDocument = createDocumentGuard(limits.document);
  const operationLogger = withoutRedaction(logger);

  // Nothing of a stranger's request is read, and every method is asked for a key alike.
  const admit = async (request: FastifyRequest, reply: FastifyReply) => {
    const { scope } = request;
    const viewer = await authenticate(request.headers.authorization);
    request.viewer = viewer;
    scope.viewerName = viewer.name;
    scope.projectId = viewer.projectId;
    const credential = ownerOf(viewer);
    scope.credential = credential;
    // A request by itself, so that what never becomes an operation is not free.
    allowances.charge(credential, 1);
    const place = allowances.begin(credential);
    scope.place = place;
    // Also of one whose body never came whole. An operation that has begun holds its place until its work is done.
    reply.raw.once('close', () => {
      if (scope.isBegun !== true) place.end();
    });
    if (!ENDPOINT_METHODS.includes(request.method)) throw methodNotAllowed(ENDPOINT_METHODS.join(', '));
  };

  /** Answers the media type of the answer. */
  const prepare = async (request: FastifyRequest): Promise<string> => {
    await turns.wait(request.scope.credential ?? '');
    const mediaType = chooseMediaType(request.headers.accept);
    if (mediaType === undefined) {
      const message = 'Answers are application/graphql-response+json or application/json.';
      throw new HttpError('BAD_REQUEST', message, { status: 406 });
    }
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
    return mediaType;
  };

  // Bytes, so that nothing but parseRequestBody decides what is JSON.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes, done) => done(null, bytes));

  const contextOf = ({ viewer, id: requestId, headers }: FastifyRequest, reply: FastifyReply) => {
    if (viewer === null) throw new AppError('UNAUTHENTICATED', ERROR_CODES.UNAUTHENTICATED.advice);
    const asksForPlan = headers[PLAN_HEADER] === '1';
    return createContext({ viewer, requestId, logger, asksForPlan, signal: goneSignal(reply.raw) });
  };
  const askApollo = fastifyApolloHandler<Context>(apollo, {
    context: async (request, reply) => {
      const { begun } = request.scope;
      return begun === undefined ? contextOf(request, reply) : (begun.contextValue as Context);
    },
  });

  const answer = async (request: FastifyRequest, reply: FastifyReply, mediaType: string): Promise<unknown> => {
    if (answerKnown !== undefined && request.method === 'POST' && isPlainJson(request.headers['content-type'])) {
      const json = await answerKnown(request.body, request.scope, () => contextOf(request, reply));
      if (json !== undefined) {
        void reply.header('content-type', `${mediaType}; charset=utf-8`);
        return json;
      }
    }
    // An address is made of it, which fails if it is none; HTTP/1.0 has none. Nothing else looks at it.
    request.headers.host = 'localhost';
    // Apollo chooses by the same header, but only after a mutation was executed, and with another preference.
    request.headers.accept = mediaType;
    return askApollo.call(fastify, request, reply);
  };

  fastify.route({
    method: fastify.supportedMethods,
    url: ENDPOINT,
    onRequest: admit,
    async handler(request, reply) {
      const { scope } = request;
      const mediaType = await prepare(request);
      if (traces !== undefined) traceRequest(traces, request, reply);
      void reply.header('cache-control', 'no-store');
      scope.isBegun = true;
      try {
        // The document was parsed in the turn before; now it is validated.
        await turns.wait(scope.credential ?? '');
        return await requestScopes.run(scope, answer, request, reply, mediaType);
      } finally {
        scope.place?.end();
      }
    },
    onResponse(request, reply, done) {
      logOperation(operationLogger, request.scope, reply.statusCode, reply.elapsedTime);
      done();
    },
  });
  return apollo;
}

/** As nearly all clients say it. No page of another origin can send it unasked, and it says nothing that Apollo would refuse. */
function isPlainJson(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/json(?:; ?charset=utf-8)?$/i.test(contentType);
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
