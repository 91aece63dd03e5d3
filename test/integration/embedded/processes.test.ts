import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../../src/database/embedded/launcher.js';
import { createLogger } from '../../../src/logger.js';
import { countServerProcesses, killOwners, query, startOwner, until } from './owner-process.js';
import { makeTestFolder } from './test-folder.js';

let folder: string;

beforeAll(async () => {
  folder = await makeTestFolder();
});

afterAll(async () => {
  killOwners();
  await rm(folder, { recursive: true, force: true });
});

describe('a process that owns the embedded Postgres', () => {
  it('leaves no server behind when it is killed, and its data is there at the next start', async () => {
    const dataDir = join(folder, 'killed');
    const first = await startOwner({ dataDir });
    await query(first.url, 'create table kept as select 42 as answer');
    expect(await countServerProcesses(dataDir)).toBeGreaterThan(1);
    await first.end('SIGKILL');
    await until(async () => (await countServerProcesses(dataDir)) === 0);

    const second = await startOwner({ dataDir });
    expect(second.owned).toBe(true);
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await second.end('SIGTERM');
    expect(await countServerProcesses(dataDir)).toBe(0);
  });

  it('starts again while the server of its killed predecessor still stops', async () => {
    const dataDir = join(folder, 'overtaken');
    const first = await startOwner({ dataDir });
    await first.end('SIGKILL');
    const second = await startOwner({ dataDir });
    await until(() =>
      query(second.url, 'select 1').then(
        () => true,
        () => false,
      ),
    );
    await second.end('SIGTERM');
  });

  it('hands the folder to a process that shared its server', async () => {
    const dataDir = join(folder, 'handed-over');
    const owner = await startOwner({ dataDir });
    const heir = await startEmbeddedPostgres({ dataDir, volatile: true, logger: createLogger('silent') });
    try {
      expect(heir.owned).toBe(false);
      await owner.end('SIGKILL');
      await until(async () => heir.owned);
      expect(await query(heir.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    } finally {
      await heir.stop();
    }
    expect(await countServerProcesses(dataDir)).toBe(0);
  });

  it('shares one cluster with others that start on the same new folder', async () => {
    const dataDir = join(folder, 'together');
    const owners = await Promise.all([1, 2, 3].map(() => startOwner({ dataDir })));
    expect(owners.filter(({ owned }) => owned)).toHaveLength(1);
    expect(new Set(owners.map(({ url }) => url)).size).toBe(1);
    for (const owner of owners) await owner.end('SIGKILL');
    await until(async () => (await countServerProcesses(dataDir)) === 0);
  });
});

describe('the surroundings of the embedded Postgres', () => {
  it('makes no difference to the encoding with LANG=C and umask 077', async () => {
    const owner = await startOwner({ dataDir: join(folder, 'ascii'), env: { LANG: 'C', LC_ALL: 'C' }, umask: '077' });
    expect(
      await query(owner.url, "select current_setting('server_encoding') as encoding, lower('ÄÉ') as lower"),
    ).toEqual([{ encoding: 'UTF8', lower: 'äé' }]);
    await owner.end('SIGTERM');
  });

  it('does not let the variables of Postgres through', async () => {
    const env = { PGDATA: '/nowhere', PGPORT: '1', PGSSLMODE: 'require', PATH: '/nowhere' };
    const owner = await startOwner({ dataDir: join(folder, 'variables'), env });
    expect(owner.owned).toBe(true);
    await owner.end('SIGTERM');
  });

  it('may include a parent folder that is closed to all others', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const owner = await startOwner({ dataDir: join(closed, 'data') });
    expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await owner.end('SIGTERM');
  });
});
