// `npm start`: builds what is not up to date, then runs the server in this very process, so that signals and the exit
// code are the server's own.

import { ensureBuilt } from './build.mjs';

try {
  // On stderr: stdout carries only what the server says.
  const built = await ensureBuilt();
  if (built.length > 0) console.error(`built ${built.join(' and ')}`);
} catch (fault) {
  console.error(fault.message);
  process.exit(1);
}
process.setSourceMapsEnabled(true);
await import('../dist/src/main.js');
