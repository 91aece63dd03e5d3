import {
  ApolloServer,
  type ApolloServerOptionsWithGateway,
  type ApolloServerPlugin,
  type BaseContext,
} from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { createExecutor } from '../graphql/execution/executor.js';
import type { ErrorFormatter } from '../graphql/format-error.js';
import { pathOfLiteral } from '../graphql/literal-path.js';
import type { Logger } from '../logger.js';
import { setAnswerStatus } from './answer-status.js';
import type { DocumentStore } from './document-store.js';
import { noteOperation } from './operation-log.js';
import type { ExtensionsSource, OperationRules } from './operation-rules.js';
import { requestScopes } from './request-scope.js';
import type { TrustedDocuments } from './trusted-documents.js';

/** Enough to see all that is wrong with a document or with variables; thousands would be an amplifier. */
export const MOST_ERRORS = 5;

interface ApolloOptions {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  readonly formatError: ErrorFormatter;
  readonly rules: OperationRules;
  readonly documents: DocumentStore;
  readonly maxTokens: number;
  /** Absent: any document is answered, and clients may leave out the text of one that they sent before. */
  readonly trustedDocuments?: TrustedDocuments | undefined;
  /** Absent: operations are executed by graphql-js. */
  readonly execute?: ReturnType<typeof createExecutor> | undefined;
}

/** Apollo, which carries an operation from its text to its answer, without what it would bring along. */
export function createApollo<Context extends ExtensionsSource>({
  schema,
  logger,
  formatError,
  rules,
  documents,
  maxTokens,
  trustedDocuments,
  execute,
}: ApolloOptions): ApolloServer<Context> {
  return new ApolloServer<Context>({
    ...(execute === undefined ? { schema } : { gateway: gatewayTo(schema, execute) }),
    // Signals are the process's own matter: Apollo would end it with requests in flight.
    stopOnTerminationSignals: false,
    // To those with a key the schema is documentation; strangers get no answer at all.
    introspection: true,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    // Of persisted queries: the least used are forgotten above 30 MB.
    cache: 'bounded',
    ...(trustedDocuments && { persistedQueries: trustedDocuments.persistedQueries() }),
    documentStore: documents,
    parseOptions: { maxTokens },
    validationOptions: { maxErrors: MOST_ERRORS },
    executionOptions: { maxCoercionErrors: MOST_ERRORS },
    formatError,
    logger: {
      debug: (message?: unknown) => logger.debug(String(message)),
      info: (message?: unknown) => logger.info(String(message)),
      warn: (message?: unknown) => logger.warn(String(message)),
      error: (message?: unknown) => logger.error(String(message)),
    },
    plugins: [
      // It would wrap every field of every answer.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ruled(rules),
    ],
  });
}

/** Apollo's one way to another execution. */
function gatewayTo<Context extends BaseContext>(
  schema: GraphQLSchema,
  execute: NonNullable<ApolloOptions['execute']>,
): NonNullable<ApolloServerOptionsWithGateway<Context>['gateway']> {
  let tell: ((loaded: { apiSchema: GraphQLSchema; coreSupergraphSdl: string }) => void) | undefined;
  return {
    onSchemaLoadOrUpdate(callback) {
      tell = callback;
      return () => (tell = undefined);
    },
    async load() {
      tell?.({ apiSchema: schema, coreSupergraphSdl: '' });
      return {
        executor: async ({ document, operation, request, context: contextValue }) => {
          const begun = requestScopes.getStore()?.begun;
          if (begun !== undefined) return begun.result;
          const { operationName, variables = {} } = request;
          return execute({ document, operation, operationName, variables, contextValue });
        },
      };
    },
    async stop() {},
  };
}

/** Keeps the rules where an operation goes Apollo's way, and tells the scope of the request what became of it. */
function ruled<Context extends ExtensionsSource>(rules: OperationRules): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      const scope = requestScopes.getStore();
      let cost = scope?.begun?.cost;
      return {
        async didEncounterErrors({ document, errors }) {
          if (document === undefined) return;
          // Validation knows the node but not the way to it.
          for (const { nodes, extensions } of errors) {
            const field = nodes?.[0] && pathOfLiteral(document, nodes[0]);
            if (field !== undefined) extensions.field ??= field;
          }
        },
        async didResolveOperation({ document, operation, request }) {
          noteOperation(scope, operation);
          // An unknown operationName is refused a step later.
          if (operation === undefined || scope?.begun !== undefined) return;
          const known = { document, operation, variables: request.variables ?? {} };
          cost = rules.costOf(known);
          await rules.admit(known, cost, scope);
        },
        async willSendResponse({ contextValue, response: { body, http } }) {
          if (body.kind !== 'single') return;
          const { singleResult } = body;
          setAnswerStatus(http, singleResult);
          const code = singleResult.errors?.[0]?.extensions?.code;
          if (scope !== undefined && typeof code === 'string') scope.errorCode = code;
          const extensions = await rules.extensionsOf(cost, contextValue);
          if (extensions !== undefined) singleResult.extensions = { ...singleResult.extensions, ...extensions };
        },
      };
    },
  };
}
