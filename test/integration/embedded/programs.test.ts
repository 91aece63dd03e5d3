import { cp, lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findBinaries } from '../../../src/database/embedded/binaries.js';
import { killOwners, query, startOwner } from './owner-process.js';
import { makeTestFolder } from './test-folder.js';

let folder: string;

beforeAll(async () => {
  folder = await makeTestFolder();
});

afterAll(async () => {
  killOwners();
  await rm(folder, { recursive: true, force: true });
});

/** bin folders of Postgres packages of the operating system, which PG_BIN_DIR is for. */
function installedBinDirs(): string[] {
  try {
    return readdirSync('/usr/lib/postgresql').map((version) => join('/usr/lib/postgresql', version, 'bin'));
  } catch {
    return [];
  }
}

describe('the programs of the embedded Postgres', () => {
  it('run after an installation without scripts, as the missing library links are made', async () => {
    const native = dirname(dirname((await findBinaries()).postgres));
    const copy = join(folder, 'package', 'native');
    await cp(native, copy, { recursive: true, filter: async (path) => !(await lstat(path)).isSymbolicLink() });
    const list = JSON.parse(await readFile(join(copy, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
    expect(await readdir(join(copy, 'lib'))).not.toContain(list[0]?.target.split('/').pop());

    const owner = await startOwner({ dataDir: join(folder, 'data'), binDir: join(copy, 'bin') });
    expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await owner.end('SIGTERM');
    for (const { target } of list) {
      expect((await lstat(join(folder, 'package', target))).isSymbolicLink()).toBe(true);
    }
  });

  it('name the cure when a missing link cannot be made', async () => {
    const bin = join(folder, 'broken', 'native', 'bin');
    await mkdir(bin, { recursive: true });
    for (const name of ['initdb', 'postgres']) await writeFile(join(bin, name), '', { mode: 0o755 });
    const links = [{ source: 'native/gone/libx.so.1', target: 'native/gone/libx.so' }];
    await writeFile(join(bin, '..', 'pg-symlinks.json'), JSON.stringify(links));
    await expect(findBinaries(bin)).rejects.toThrow(/lack the link .*libx\.so,.*npm rebuild.*PG_BIN_DIR/);
  });

  const installed = installedBinDirs();
  (installed.length > 0 ? it.each(installed) : it.skip.each(['of the operating system']))(
    'may be those of another Postgres: %s',
    async (binDir) => {
      const owner = await startOwner({ dataDir: join(folder, `other-${installed.indexOf(binDir)}`), binDir });
      const rows = await query(owner.url, "select current_setting('server_encoding') as encoding");
      expect(rows).toEqual([{ encoding: 'UTF8' }]);
      await owner.end('SIGTERM');
    },
  );
});
