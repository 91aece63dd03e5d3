// The command-line tool from the sources' folder: builds what is not up to date, then runs it with the same arguments.

import { ensureBuilt } from './build.mjs';

try {
  await ensureBuilt();
} catch (fault) {
  console.error(fault.message);
  process.exit(1);
}
// npm runs scripts in the package's folder; a relative file name means the folder where the user stands.
const { INIT_CWD: callersFolder, npm_lifecycle_event: script } = process.env;
if (script === 'import' && callersFolder !== undefined) process.chdir(callersFolder);
process.setSourceMapsEnabled(true);
await import('../dist/src/cli/fleetgraph.js');
