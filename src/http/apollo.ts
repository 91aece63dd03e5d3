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
import { AppError } from '../errors.js';
import type { ErrorFormatter } from '../graphql/format-error.js';
import { pathOfLiteral } from '../graphql/literal-path.js';
import { requireSuppliedVariables } from '../graphql/supplied-variables.js';
import { createExecutor } from '../graphql/execution/executor.js';
import type { Logger } from '../logger.js';
import type { Allowances } from './allowances.js';
import { answerExtensions, type ExtensionsSource } from './answer-extensions.js';
import { answerStatus } from './answer-status.js';
import { operationCost } from './operation-cost.js';
import { operationNotes } from './operation-log.js';
import type { ServerLimits } from './server-limits.js';
import type { TrustedDocuments } from './trusted-documents.js';

/** Enough to see all that is wrong with a document; thousands would be an amplifier. */
const MOST_ERRORS = 5;

interface ApolloOptions<Context> {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  readonly formatError: ErrorFormatter;
  readonly limits: ServerLimits;
  readonly allowances: Allowances;
  /** Absent: any document is answered, and clients may leave out the text of one that they sent before. */
  readonly trustedDocuments?: TrustedDocuments | undefined;
  readonly plannedExecution?: PlannedExecution<Context> | undefined;
}

/** Execution by plans (src/graphql/execution). Absent: by graphql-js. */
export interface PlannedExecution<Context> {
  /** Whether guards of fields may refuse the viewer, so that each has to be asked. */
  readonly isGuarded: (context: Context) => boolean;
}

/** Apollo, which carries an operation from its text to its answer, without what it would bring along. */
export function createApollo<Context extends ExtensionsSource>({
  schema,
  logger,
  formatError,
  limits,
  allowances,
  trustedDocuments,
  plannedExecution,
}: ApolloOptions<Context>): ApolloServer<Context> {
  return new ApolloServer<Context>({
    ...(plannedExecution === undefined ? { schema } : { gateway: gatewayTo(schema, plannedExecution) }),
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
    parseOptions: { maxTokens: limits.document.tokens },
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
      requireSuppliedVariables(),
      checks(schema),
      operationCost(schema, limits.operation, allowances),
      answerStatus(),
      answerExtensions(),
      // Last, to see what is sent.
      operationNotes(),
    ],
  });
}

/** Apollo's one way to another execution. */
function gatewayTo<Context extends BaseContext>(
  schema: GraphQLSchema,
  { isGuarded }: PlannedExecution<Context>,
): NonNullable<ApolloServerOptionsWithGateway<Context>['gateway']> {
  const execute = createExecutor({ schema, isGuarded, maxCoercionErrors: MOST_ERRORS });
  let tell: ((loaded: { apiSchema: GraphQLSchema; coreSupergraphSdl: string }) => void) | undefined;
  return {
    onSchemaLoadOrUpdate(callback) {
      tell = callback;
      return () => (tell = undefined);
    },
    async load() {
      tell?.({ apiSchema: schema, coreSupergraphSdl: '' });
      return {
        executor: async ({ document, operation, request, context }) =>
          execute({
            document,
            operation,
            operationName: request.operationName,
            variables: request.variables ?? {},
            contextValue: context as Context,
          }),
      };
    },
    async stop() {},
  };
}

/** What can be said only once the document is known: where a literal is wrong, and whether its kind is known. */
function checks(schema: GraphQLSchema): ApolloServerPlugin<BaseContext> {
  return {
    async requestDidStart() {
      return {
        async didEncounterErrors({ document, errors }) {
          if (document === undefined) return;
          // Validation knows the node but not the way to it.
          for (const { nodes, extensions } of errors) {
            const field = nodes?.[0] && pathOfLiteral(document, nodes[0]);
            if (field !== undefined) extensions.field ??= field;
          }
        },
        async didResolveOperation({ operation }) {
          // An unknown operationName is refused a step later.
          if (operation === undefined) return;
          if (schema.getRootType(operation.operation) === undefined) {
            const message = `There are no operations of type ${operation.operation} in this schema.`;
            throw new AppError('OPERATION_RESOLUTION_FAILURE', message);
          }
        },
      };
    },
  };
}
