import { spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killOwners, query, startOwner } from './owner-process.js';
import { makeTestFolder } from './test-folder.js';

/** `nobody` on Linux. A number without a name would do as well. */
const PLAIN = { uid: 65_534, gid: 65_534 };
/** Not in any list of users. */
const NAMELESS = { uid: 54_321, gid: 54_321 };

let folder: string;

beforeAll(async () => {
  folder = await makeTestFolder();
});

afterAll(async () => {
  killOwners();
  await rm(folder, { recursive: true, force: true });
});

/** Only root can become others, and they must reach the project, the temporary folder and Node. */
function canBecome(user: { uid: number; gid: number }): boolean {
  if (process.getuid?.() !== 0) return false;
  const script = `for (const path of ${JSON.stringify([__filename, join(tmpdir(), '.')])}) require('node:fs').statSync(path)`;
  return spawnSync(process.execPath, ['-e', script], { ...user, cwd: '/' }).status === 0;
}

/** Whether the kernel lets this user have a namespace; many containers do not. */
function canMap(user: { uid: number; gid: number }): boolean {
  return spawnSync('unshare', ['--user', '--map-user=1', '--map-group=1', 'true'], { ...user, cwd: '/' }).status === 0;
}

async function folderOf(name: string, user: { uid: number; gid: number }): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  await chown(path, user.uid, user.gid);
  return path;
}

describe('the account that runs the embedded Postgres', () => {
  (canBecome(PLAIN) ? it : it.skip)('is a plain user who started it, without a HOME', async () => {
    const dataDir = await folderOf('plain', PLAIN);
    const owner = await startOwner({ dataDir, user: PLAIN });
    expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await owner.end('SIGTERM');
  });

  (canBecome(NAMELESS) && canMap(NAMELESS) ? it : it.skip)(
    'may be a user whom the list of users does not name',
    async () => {
      const dataDir = await folderOf('nameless', NAMELESS);
      const owner = await startOwner({ dataDir, user: NAMELESS });
      expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }]);
      await owner.end('SIGTERM');
    },
  );

  (canBecome(PLAIN) ? it : it.skip)('is the owner of existing data when root starts it later', async () => {
    const dataDir = await folderOf('later', PLAIN);
    const plain = await startOwner({ dataDir, user: PLAIN });
    await query(plain.url, 'create table kept as select 42 as answer');
    await plain.end('SIGTERM');
    await chmod(dataDir, 0o700);

    const root = await startOwner({ dataDir });
    expect(await query(root.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await root.end('SIGTERM');
    expect((await stat(join(dataDir, 'postgres', 'data', 'base'))).uid).toBe(PLAIN.uid);

    const again = await startOwner({ dataDir, user: PLAIN });
    expect(again.owned).toBe(true);
    await again.end('SIGTERM');
  });

  (canBecome(PLAIN) ? it : it.skip)('must have a right to the data folder, and is told so', async () => {
    const dataDir = join(folder, 'of-root');
    await mkdir(dataDir, { mode: 0o700 });
    await expect(startOwner({ dataDir, user: PLAIN })).rejects.toThrow("another user's: start as that user");
  });

  (process.getuid?.() === 0 ? it : it.skip)('is never root', async () => {
    const dataDir = join(folder, 'root');
    const owner = await startOwner({ dataDir });
    // Where the server's process reads a file, root in its own right could read what nobody else may.
    const rows = await query<{ me: string }>(owner.url, "select pg_read_file('/proc/self/uid_map') as me");
    const mapped = !/^\s*0\s+0\s+4294967295\s*$/.test(rows[0]?.me ?? '');
    const owned = (await stat(join(dataDir, 'postgres', 'data'))).uid !== 0;
    expect(mapped || owned).toBe(true);
    await owner.end('SIGTERM');
  });
});
