import * as nodeModule from 'node:module';

/** Node 22.14 and newer. */
interface SourceMapsSupport {
  readonly setSourceMapsSupport?: (enabled: boolean, options: { readonly nodeModules: boolean }) => void;
}

/**
 * Has stacks tell the lines of the sources, for modules that are loaded from now on. Those of packages stay as they are
 * where Node can leave them out: their maps took 15 MB.
 */
export function mapSources(): void {
  const { setSourceMapsSupport } = nodeModule as SourceMapsSupport;
  if (setSourceMapsSupport === undefined) process.setSourceMapsEnabled(true);
  else setSourceMapsSupport(true, { nodeModules: false });
}
