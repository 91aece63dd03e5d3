// Filled in by the build with the names of the bundled files.
declare const WORKER_FILES: { readonly editor: string; readonly json: string; readonly graphql: string };

/** Tells the editor where its workers are: it checks and completes in them, off the page's thread. */
export function provideWorkers(): void {
  Object.assign(globalThis, {
    MonacoEnvironment: {
      getWorker(_id: string, label: string): Worker {
        const name =
          label === 'json' ? WORKER_FILES.json : label === 'graphql' ? WORKER_FILES.graphql : WORKER_FILES.editor;
        return new Worker(new URL(`playground/${name}`, document.baseURI));
      },
    },
  });
}
