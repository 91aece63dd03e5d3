import { chmod, mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new temporary folder that others may enter, since Postgres may have to run as another user than root. */
export async function makeTestFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'fleetgraph-embedded-')));
  await chmod(folder, 0o755);
  return folder;
}
