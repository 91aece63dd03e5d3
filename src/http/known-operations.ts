import { type ExecutionResult, getOperationAST } from 'graphql';
import type { createExecutor } from '../graphql/execution/executor.js';
import type { DocumentStore } from './document-store.js';
import { noteOperation } from './operation-log.js';
import type { ExtensionsSource, Operation, OperationRules } from './operation-rules.js';
import type { RequestScope } from './request-scope.js';

interface KnownOperationsOptions {
  readonly documents: DocumentStore;
  readonly rules: OperationRules;
  readonly execute: ReturnType<typeof createExecutor>;
}

/**
 * The short way of operations whose document is known to be valid: most of what a request costs in Apollo's pipeline is spent
 * on what such a request does not have. Only answers without errors come from it. All else is Apollo's to say, which goes on
 * from what `scope.begun` tells has been done, or begins anew where nothing was.
 *
 * `body` is that of a POST request. Answers the JSON, or undefined for what is left to Apollo.
 */
export function createKnownOperations({ documents, rules, execute }: KnownOperationsOptions) {
  return async (
    body: unknown,
    scope: RequestScope,
    createContext: () => ExtensionsSource | Promise<ExtensionsSource>,
  ): Promise<string | undefined> => {
    const known = findOperation(documents, body);
    if (known === undefined) return undefined;
    noteOperation(scope, known.operation);
    let cost: number;
    try {
      cost = rules.costOf(known);
      await rules.admit(known, cost, scope);
    } catch {
      // Apollo comes to the same refusal, and says it.
      return undefined;
    }
    const contextValue = await createContext();
    const operationName = known.operation.name?.value;
    // An async function, so that whatever fails becomes Apollo's.
    const result = (async (): Promise<ExecutionResult> => execute({ ...known, operationName, contextValue }))();
    scope.begun = { cost, contextValue, result };
    const { data, errors } = await result.catch(() => ({ data: null, errors: [] }));
    if (errors !== undefined) return undefined;
    return `${JSON.stringify({ data, extensions: await rules.extensionsOf(cost, contextValue) })}\n`;
  };
}

/** Undefined unless the request is in every way as it should be, and asks for no more than the operation's answer. */
function findOperation(documents: DocumentStore, body: unknown): Operation | undefined {
  if (!isRecord(body)) return undefined;
  const { query, variables = null, operationName = null, extensions = null } = body;
  if (typeof query !== 'string' || (operationName !== null && typeof operationName !== 'string')) return undefined;
  if (variables !== null && !isRecord(variables)) return undefined;
  if (extensions !== null && (!isRecord(extensions) || 'persistedQuery' in extensions)) return undefined;
  const document = documents.findByText(query);
  const operation = document && getOperationAST(document, operationName);
  return operation ? { document, operation, variables: variables ?? {} } : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
