import { GraphiQL } from 'graphiql';
import 'graphiql/style.css';
import { sendOperation, WrongKey, type Viewer } from './endpoint';
import { READY_TABS } from './ready-tabs';
import { relaxDefaults } from './introspection';
import { provideWorkers } from './workers';

interface ExplorerProps {
  readonly sessionKey: string;
  readonly viewer: Viewer;
  /** The reader wants another key, or the server no longer takes this one. */
  readonly onLeave: (fault: string | null) => void;
}

provideWorkers();

// GraphiQL takes the first tab's query from the tab, but its variables only from here.
const isFirstVisit = localStorage.getItem('graphiql:tabState') === null;

interface Operation {
  readonly query: string;
  readonly operationName?: string | null | undefined;
}

/**
 * GraphiQL learns of the operations in a tab a little after the tab is shown; who is quicker would run the new document
 * under the name of the old one's operation. Without a name the server takes the only operation.
 */
function withoutStaleName(operation: Operation): Operation {
  const { query, operationName } = operation;
  const defined = [...query.matchAll(/\b(?:query|mutation|subscription)\s+(\w+)/g)].map(([, name]) => name);
  return operationName && !defined.includes(operationName) ? { ...operation, operationName: undefined } : operation;
}

/** GraphiQL with the key on every request and the ready tabs. */
export function Explorer({ sessionKey, viewer, onLeave }: ExplorerProps) {
  return (
    <GraphiQL
      fetcher={async (operation: Operation, options?: { headers?: Record<string, string> }) => {
        try {
          return relaxDefaults(await sendOperation(sessionKey, withoutStaleName(operation), options?.headers));
        } catch (fault) {
          if (fault instanceof WrongKey) onLeave(fault.message);
          throw fault;
        }
      }}
      defaultTabs={[...READY_TABS]}
      initialVariables={isFirstVisit ? READY_TABS[0]?.variables : undefined}
      defaultEditorToolsVisibility="variables"
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>
        <span className="viewer" title={`Project ${viewer.project.name}, key ${viewer.name}, role ${viewer.role}`}>
          <strong>{viewer.project.name}</strong> {viewer.name} <span className="viewer-role">{viewer.role}</span>
        </span>
        <button type="button" className="change-key" onClick={() => onLeave(null)}>
          Change key
        </button>
      </GraphiQL.Logo>
    </GraphiQL>
  );
}
