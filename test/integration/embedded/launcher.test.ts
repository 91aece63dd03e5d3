import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/database/embedded/launcher.js';
import { createLogger } from '../../../src/logger.js';
import { countServerProcesses, query, serverPid, until } from './owner-process.js';
import { makeTestFolder } from './test-folder.js';

const logger = createLogger('silent');
let folder: string;
let started: EmbeddedPostgres[] = [];

beforeAll(async () => {
  folder = await makeTestFolder();
});

afterEach(async () => {
  for (const server of started.toReversed()) await server.stop();
  started = [];
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'shared'), volatile: true, logger, ...options });
  started.push(server);
  return server;
}

describe('the embedded Postgres', () => {
  it('keeps its data from stop to start', async () => {
    const first = await start();
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    await expect(query(first.url, 'select 1')).rejects.toThrow();

    const second = await start();
    expect(second.owned).toBe(true);
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('leaves no process behind when it is stopped', async () => {
    const server = await start();
    expect(await countServerProcesses(join(folder, 'shared'))).toBeGreaterThan(1);
    await server.stop();
    expect(await countServerProcesses(join(folder, 'shared'))).toBe(0);
  });

  it('listens on 127.0.0.1 only and asks for the password', async () => {
    const server = await start();
    expect(await query(server.url, "select current_setting('listen_addresses') as tcp")).toEqual([
      { tcp: '127.0.0.1' },
    ]);
    expect(await query(server.url, "select current_setting('unix_socket_directories') as socket")).toEqual([
      { socket: '' },
    ]);
    const stranger = new URL(server.url);
    stranger.password = 'guessed';
    await expect(query(stranger.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('keeps the password in a file that only its owner reads', async () => {
    const server = await start();
    const path = join(folder, 'shared', 'postgres', 'password');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toBe(new URL(server.url).password);
  });

  it('joins the live server of its folder without owning it', async () => {
    const owner = await start();
    const guest = await start();
    expect([owner.owned, guest.owned]).toEqual([true, false]);
    expect(guest.url).toBe(owner.url);
    await guest.stop();
    expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('takes another port when the preferred one is in use', async () => {
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve));
    const address = occupant.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const moved = await start({ port });
      expect(new URL(moved.url).port).not.toBe(String(port));
      await moved.stop();
    } finally {
      await new Promise((resolve) => occupant.close(resolve));
    }

    const asWished = await start({ port });
    expect(new URL(asWished.url).port).toBe(String(port));
  });

  it('removes a lock whose process number is now that of another program', async () => {
    const pgData = join(folder, 'shared', 'postgres', 'data');
    await (await start()).stop();
    await writeFile(join(pgData, 'postmaster.pid'), `${process.pid}\n${pgData}\n1\n5432\n\n127.0.0.1\n\nready\n`);
    const server = await start();
    expect(server.owned).toBe(true);
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('restarts a server that was killed, and gives up when it is killed again at once', async () => {
    const reasons: string[] = [];
    const dataDir = join(folder, 'shared');
    const server = await start({ onUnexpectedExit: (reason) => reasons.push(reason) });
    const first = await serverPid(dataDir);
    process.kill(first, 'SIGKILL');
    await until(() =>
      query(server.url, 'select 1').then(
        async () => (await serverPid(dataDir)) !== first,
        () => false,
      ),
    );
    expect(reasons).toEqual([]);

    process.kill(await serverPid(dataDir), 'SIGKILL');
    await until(async () => reasons.length > 0);
    expect(reasons).toEqual([expect.stringContaining('ended again soon after a restart')]);
  });

  it('removes what an interrupted first start has left', async () => {
    const dataDir = join(folder, 'interrupted');
    // Numbers of processes stay below this.
    const remnant = join(dataDir, 'postgres.new-999999999-abc');
    await mkdir(remnant, { recursive: true });
    await start({ dataDir });
    await expect(stat(remnant)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('refuses the data of another major version and says what to set', async () => {
    const dataDir = join(folder, 'old');
    await (await start({ dataDir })).stop();
    await writeFile(join(dataDir, 'postgres', 'data', 'PG_VERSION'), '9\n');
    await expect(start({ dataDir })).rejects.toThrow(/made by Postgres 9, .*set PG_BIN_DIR/);
  });

  it('says what to set when there are no programs in the given folder', async () => {
    await expect(start({ binDir: folder })).rejects.toThrow(/no program .*initdb.*PG_BIN_DIR.*DATABASE_URL/);
  });

  it('says what to set when the data folder cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(start({ dataDir: join(folder, 'file', 'data') })).rejects.toThrow(/cannot be made: set DATA_DIR/);
  });
});
